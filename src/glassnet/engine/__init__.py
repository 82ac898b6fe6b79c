"""Engines: the seam, the reference, and numerical differences that judge them."""
