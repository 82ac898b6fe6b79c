"""Figures, one family a file; ``glassnet.report`` names the functions."""
