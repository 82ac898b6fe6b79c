"""How the error fades on its way to the first layer of a deep sigmoid network, and not with relu.

After Nielsen, Neural Networks and Deep Learning (2015), chapter 5.

python examples/vanishing_error.py [--quick]
"""

import sys

import numpy as np
from sklearn.datasets import load_digits

import glassnet as gn


def delta_norms(activation: str, init: str, steps: int) -> np.ndarray:
    """‖δ[l]‖ of the hidden layers, the mean over the first steps."""
    X, y = load_digits(return_X_y=True)
    hidden = [gn.Dense(30, activation, init=init) for _ in range(4)]
    net = gn.Network(64, [*hidden, gn.Dense(10, "softmax")], loss="cross_entropy", seed=0)
    norms = gn.LayerNorms(interval=1)
    batch = 100
    gn.train(
        net,
        X[: steps * batch] / 16,
        y[: steps * batch],
        optimizer=gn.SGD(learning_rate=0.01),
        epochs=1,
        batch_size=batch,
        observers=[norms],
    )
    return np.mean([row["delta"][:4] for row in norms.rows], axis=0)


def main() -> None:
    """Compare the two."""
    steps = 5 if "--quick" in sys.argv else 15
    print("‖δ‖ in layer         1        2        3        4")
    for activation, init in (("logistic", "lecun"), ("relu", "he_normal")):
        norms = delta_norms(activation, init, steps)
        print(f"{activation:12s}", " ".join(f"{norm:8.5f}" for norm in norms))
        per_layer = (norms[3] / norms[0]) ** (1 / 3)
        print(f"{'':12s} falls by a factor of {per_layer:.1f} per layer towards the input")
        assert (per_layer > 3) == (activation == "logistic")


if __name__ == "__main__":
    main()
