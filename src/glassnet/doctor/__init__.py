"""The doctor: why a network does not learn, with the evidence and the remedy."""
