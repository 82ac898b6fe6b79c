"""Exclusive or: the smallest thing that one layer cannot learn, and a hidden layer can.

python examples/exclusive_or.py [--quick]
"""

import sys

import numpy as np

import glassnet as gn

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([0, 1, 1, 0])


def learned(hidden: int, epochs: int, seed: int) -> np.ndarray:
    """Outputs of a network with so many hidden units, trained on the four rows."""
    layers = [gn.Dense(hidden, "tanh")] if hidden else []
    net = gn.Network(2, [*layers, gn.Dense(1, "logistic")], loss="binary_cross_entropy", seed=seed)
    gn.train(net, X, y, optimizer=gn.Adam(learning_rate=0.05), epochs=epochs, batch_size=4)
    return gn.predict(net, X)[:, 0]


def main() -> None:
    """Train without and with a hidden layer."""
    epochs = 300 if "--quick" in sys.argv else 2000
    alone, with_hidden = learned(0, epochs, seed=0), learned(8, epochs, seed=0)
    print("x1 x2  y   one layer  8 hidden units")
    for row, target, one, two in zip(X, y, alone, with_hidden, strict=True):
        print(f" {row[0]:.0f}  {row[1]:.0f}  {target}   {one:9.3f}  {two:14.3f}")
    assert ((with_hidden > 0.5) == y).all()
    assert np.abs(alone - 0.5).max() < 0.2  # the best a line can do is to say one half


if __name__ == "__main__":
    main()
