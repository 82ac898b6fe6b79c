"""Feedforward networks trained by explicit backpropagation, with every number open to see."""

__version__ = "0.1.0"
