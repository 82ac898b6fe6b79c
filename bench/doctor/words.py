"""The words of the case file for activations, initializers and optimizers, as objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.doctor import keras_optimizers as keras
from bench.doctor.cases import BadCase
from bench.doctor.keras_parts import Around, Decay, OneUnitSoftmax, Step, Uniform, piecewise
from glassnet.network import initializers, rectifiers
from glassnet.optim import optimizers
from glassnet.optim.contracts import Optimizer

_ACTIVATIONS = {
    "linear": "identity", "identity": "identity", "none": "identity", "sigmoid": "logistic",
    "logistic": "logistic", "tanh": "tanh", "relu": "relu", "softmax": "softmax", "selu": "selu",
    "gelu": "gelu", "silu": "silu", "swish": "silu", "mish": "mish", "softplus": "softplus",
    "softsign": "softsign", "exponential": "exp", "exp": "exp", "sin": "sin", "square": "square",
}  # fmt: skip
_INITIALIZERS: dict[str, Any] = {
    "zeros": initializers.Zeros, "zero": initializers.Zeros,
    "ones": lambda: initializers.Constant(1.0), "one": lambda: initializers.Constant(1.0),
    "glorot_uniform": initializers.GlorotUniform, "xavier_uniform": initializers.GlorotUniform,
    "xavier": initializers.GlorotUniform, "glorot_normal": initializers.GlorotNormal,
    "xavier_normal": initializers.GlorotNormal, "he_normal": initializers.HeNormal,
    "he_uniform": initializers.HeUniform, "kaiming_normal": initializers.HeNormal,
    "kaiming_uniform": initializers.HeUniform, "lecun_normal": initializers.LecunNormal,
    "lecun_uniform": initializers.LecunUniform, "orthogonal": initializers.Orthogonal,
    "glorot": initializers.GlorotUniform, "he": initializers.HeNormal,
    "lecun": initializers.LecunNormal, "uniform": Uniform, "random_uniform": Uniform,
    "normal": Around, "random_normal": Around,
    "truncated_normal": lambda: Around(truncated=True),
}  # fmt: skip


def _plain(word: Any) -> str:
    return str(word).strip().lower().replace("-", "_").replace(" ", "_")


def activation(word: Any, units: int) -> Any:
    """φ of a word such as "sigmoid", or of a pair such as ["leaky_relu", 0.1]."""
    name, *numbers = word if isinstance(word, list | tuple) else (word,)
    name = _plain(name or "linear")
    if name == "softmax" and units == 1:
        return OneUnitSoftmax()
    if name in ("leaky_relu", "leakyrelu", "lrelu", "prelu"):
        return rectifiers.LeakyReLU(*(numbers or [0.3]))  # Keras's own default
    if name in ("step", "heaviside", "threshold", "binary_step"):
        return Step()
    if name == "elu":
        return rectifiers.ELU(*numbers)
    if name in ("hard_sigmoid", "hard_tanh", "relu6"):
        return piecewise(name)
    if name not in _ACTIVATIONS or numbers:
        raise BadCase(f"no activation is known as {word!r}.")
    return _ACTIVATIONS[name]


def initializer(word: Any) -> Any:
    """W ~ … of a word, of a number, or of a list such as ["uniform", -1, 1].

    "normal" alone is N(0, 0.05²) and "uniform" alone U(−0.05, 0.05), as Keras has them.
    """
    if isinstance(word, int | float):
        return initializers.Constant(float(word))
    name, *numbers = word if isinstance(word, list | tuple) else (word,)
    name, numbers = _plain(name), [float(number) for number in numbers]
    if name in ("const", "constant") and len(numbers) == 1:
        return initializers.Constant(numbers[0])
    if name in ("normal", "random_normal", "truncated_normal") and numbers:
        mean, std = numbers if len(numbers) == 2 else (0.0, numbers[0])
        return Around(mean, std, truncated=name == "truncated_normal")
    if name in ("uniform", "random_uniform") and numbers:
        low, high = numbers if len(numbers) == 2 else (-numbers[0], numbers[0])
        return Uniform(low, high)
    if name == "orthogonal":
        return initializers.Orthogonal(*numbers)
    if name not in _INITIALIZERS or numbers:
        raise BadCase(f"no initializer is known as {word!r}.")
    return _INITIALIZERS[name]()


def optimizer(training: Mapping[str, Any], cost_factor: float) -> Optimizer:
    """The optimizer of a program whose cost here is ``cost_factor`` times that of Keras.

    Steps along the gradient are then made as much shorter, and Adam's ε as much larger: the
    parameters move the same.
    """
    name, c = _plain(training["opt"]).removesuffix("optimizer").rstrip("_"), cost_factor
    made = _by_rate(name, training, c) or _by_memory(name, training, c)
    if made is None:
        raise BadCase(f"no optimizer is known as {training['opt']!r}.")
    times = float(training.get("grad_sign", 1)) * float(training.get("grad_scale", 1))
    return made if times == 1 else keras.Misled(made.learning_rate, made, times)


def _by_rate(name: str, training: Mapping[str, Any], c: float) -> Optimizer | None:
    """Those whose steps grow with the gradient."""
    momentum = float(training.get("momentum") or (0.9 if name in ("momentum", "nesterov") else 0))
    if name not in ("sgd", "gd", "gradient_descent", "gradientdescent", "momentum", "nesterov"):
        return None
    rate = float(training.get("lr", 0.01)) / c
    if not momentum:
        return optimizers.SGD(rate)
    if name == "nesterov" or training.get("nesterov"):
        return optimizers.Nesterov(rate, momentum)
    return optimizers.Momentum(rate, momentum)


def _by_memory(name: str, training: Mapping[str, Any], c: float) -> Optimizer | None:
    """Those whose steps do not."""
    rate = float(training.get("lr", 0.001))
    epsilon = float(training.get("epsilon", training.get("eps", 1e-7))) * c
    betas = [float(training.get("beta_1", 0.9)), float(training.get("beta_2", 0.999))]
    decay = float(training.get("weight_decay", 0.004))
    makers: dict[str, Any] = {
        "adam": lambda: optimizers.Adam(rate, *betas, epsilon=epsilon),
        "adamw": lambda: optimizers.AdamW(rate, *betas, epsilon=epsilon, weight_decay=decay),
        "rmsprop": lambda: optimizers.RMSprop(rate, float(training.get("rho", 0.9)), epsilon),
        "adagrad": lambda: keras.Adagrad(rate, epsilon * c),
        "adadelta": lambda: keras.Adadelta(rate, float(training.get("rho", 0.95)), epsilon * c),
        "adamax": lambda: keras.Adamax(rate, *betas, epsilon=epsilon),
        "nadam": lambda: keras.Nadam(rate, *betas, epsilon=epsilon),
    }
    return makers[name]() if name in makers else None


def schedule(training: Mapping[str, Any]) -> Any:
    """Constant, or the decay of Keras's first optimizers."""
    decay = float(training.get("decay") or 0.0)
    return Decay(decay) if decay else "constant"
