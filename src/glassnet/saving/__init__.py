"""Models in files: networks, estimators and table models, whole, checked and without code."""
