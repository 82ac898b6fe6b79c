"""Training: the loop, what watches it, its history and its checkpoints."""
