"""Signals: numbers made of z, a, δ, dW, W, losses and data by pure functions."""
