"""PyTorch: a network as a module, a module as a network, and a folder that needs no glassnet."""
