"""Inspection: what goes on in a network, and what it is equal to."""
