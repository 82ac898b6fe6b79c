"""Definitions: activations, losses, initializers, penalties, layers and the network they make."""
