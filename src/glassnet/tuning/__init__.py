"""The search for an architecture: a space, trials on equal folds, and the driver that asks."""
