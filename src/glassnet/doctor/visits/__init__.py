"""Visits: networks of other libraries, translated so that the same rules judge them."""
