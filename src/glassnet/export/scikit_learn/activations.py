"""Each activation in scikit-learn's networks: its name there, or None where it has none."""

from __future__ import annotations

HIDDEN: dict[str, str | None] = {
    "identity": "identity",
    "logistic": "logistic",
    "tanh": "tanh",
    "relu": "relu",
    "leaky_relu": None,
    "elu": None,
    "selu": None,
    "gelu": None,
    "silu": None,
    "mish": None,
    "softplus": None,
    "softsign": None,
    "exp": None,
    "sin": None,
    "cos": None,
    "square": None,
    "softmax": None,
}

# Of the output layer: of a classifier, and of a regressor.
OF_CLASSES = ("logistic", "softmax")
OF_NUMBERS = ("identity", "exp")
