"""The doctor: why a network does not learn, with the evidence and the remedy."""

from glassnet.doctor.visits.watch import watch

__all__ = ["watch"]
