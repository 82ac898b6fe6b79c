"""The words of the case file for losses, as objects, and the targets as such a loss reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.doctor import keras_errors as errors
from bench.doctor import keras_losses as keras
from bench.doctor.cases import BadCase
from glassnet.arrays import Array

_NAMES = {
    "mean_squared_error": "mse", "mean_absolute_error": "mae", "binary_crossentropy": "bce",
    "binary_cross_entropy": "bce", "categorical_crossentropy": "cce", "crossentropy": "cce",
    "cross_entropy": "cce", "ce": "cce", "sparse_categorical_crossentropy": "scce",
    "sparse_cce": "scce", "kullback_leibler_divergence": "kld", "kl_divergence": "kld",
    "huber_loss": "huber", "log_cosh": "logcosh", "mean_absolute_percentage_error": "mape",
    "mean_squared_logarithmic_error": "msle", "sum_squared_error": "sse", "mse_sum": "sse",
    "root_mean_squared_error": "rmse", "cosine_similarity": "cosine",
    "cosine_proximity": "cosine", "log_loss": "bce", "logloss": "bce", "l1": "mae", "l2": "mse",
}  # fmt: skip
_SUFFIXES = ("_sum", "_bcast", "_bc", "_from_logits", "_logits")


_SIGNS = (
    ("binary c", "bce"), ("raw outputs", "scce"), ("sparse", "scce"), ("categorical c", "cce"),
    ("y log(clip", "ce_reg"), ("mse", "mse"), ("squared err", "mse"), ("mae", "mae"),
    ("absolute err", "mae"), ("poisson", "poisson"), ("hinge", "hinge"), ("huber", "huber"),
)  # fmt: skip
_ODD = (("summed", "_sum"), ("broadcast", "_bcast"), ("logits", "_logits"), ("scores", "_logits"))
_OWN = {
    "mse": "squared_error", "sse": "squared_error", "mae": "absolute_error", "huber": "huber",
    "bce": "binary_cross_entropy", "cce": "cross_entropy", "scce": "cross_entropy",
    "nll": "cross_entropy", "ce_reg": "cross_entropy", "poisson": "poisson",
}  # fmt: skip


@dataclass(frozen=True)
class Read:
    """What a word for a loss means in one program.

    Attributes
    ----------
    loss : str or Loss
    cost_factor : float
        How many times J is here what it is there; the optimizer makes up for it.
    y : (m, n_L)
        Targets as the loss takes them.
    activation : str or None
        Of the output layer, where the word says that the outputs are scores.
    """

    loss: Any
    cost_factor: float
    y: Array
    activation: str | None = None


def read_loss(word: str, phi: str, units: int, y: Array) -> Read:
    """The loss of a word over an output layer, and y in as many columns as that has."""
    base, suffix = _parts(word)
    # (m, 1) targets under n outputs are repeated; under one output, (m,) against (m, 1) is m × m.
    crossed = suffix in ("_bcast", "_bc") and units == 1
    targets = _columns(base, y, units)
    if suffix in ("_logits", "_from_logits"):
        return _of_scores(base, units, targets)
    plain = None if crossed or suffix == "_sum" else _plain(base, phi, units, targets)
    if plain is not None:
        return Read(*plain, targets)
    loss = _keras(base, summed=suffix == "_sum")
    if loss is None:
        raise BadCase(f"no loss is known as {word!r}.")
    return Read(keras.Broadcast(loss) if crossed else loss, 1.0, targets)


def understood(word: str, words: str) -> str:
    """The word, or one that says the same as the sentence beside it if the word is not known.

    Examples
    --------
    >>> understood("bce", ""), understood("xent2", "categorical CE summed over the batch")
    ('bce', 'cce_sum')
    """
    base, _ = _parts(word)
    if base in _OWN or _keras(base, summed=False) is not None:
        return word
    told = words.lower()
    for sign, name in _SIGNS:
        if sign in told:
            odd = next((ending for said, ending in _ODD if said in told), "")
            return name + odd
    return word


def own_name(word: str) -> str | None:
    """What glassnet calls the loss; None where it has none, or reads scores.

    Examples
    --------
    >>> own_name("categorical_crossentropy"), own_name("hinge")
    ('cross_entropy', None)
    """
    base, suffix = _parts(word)
    return None if "logits" in suffix else _OWN.get(base)


def _parts(word: str) -> tuple[str, str]:
    """The loss, and what is odd about it.

    Examples
    --------
    >>> _parts("Binary crossentropy bcast")
    ('bce', '_bcast')
    """
    name = word.strip().lower().replace("-", "_").replace(" ", "_")
    name = _NAMES.get(name, name)
    for ending in _SUFFIXES:
        if name.endswith(ending):
            base = name.removesuffix(ending)
            return _NAMES.get(base, base), ending
    return name, ""


def _columns(base: str, y: Array, units: int) -> Array:
    if base == "scce" and y.shape[1] == 1:
        return (y == np.arange(units)).astype(float) if units > 1 else y
    if y.shape[1] == 1:
        return np.repeat(y, units, axis=1)
    if units == 1 and base in ("mse", "bce"):
        # One output against several columns: but for a constant, the loss against their mean.
        return y.mean(axis=1, keepdims=True)
    if y.shape[1] != units:
        raise BadCase(f"{y.shape[1]} target columns cannot stand against {units} outputs.")
    return y


def _of_scores(base: str, units: int, y: Array) -> Read:
    if base == "bce":
        return Read("binary_cross_entropy", float(units), y, "logistic")
    if base in ("cce", "scce") and units > 1:
        return Read("cross_entropy", 1.0, y, "softmax")
    raise BadCase(f"no loss of scores is known as {base!r} with {units} outputs.")


def _plain(base: str, phi: str, units: int, y: Array) -> tuple[Any, float] | None:
    """glassnet's own loss where it means the same, and how many times larger it is."""
    fractions = bool(((y >= 0) & (y <= 1)).all())
    if base == "mse":
        return "squared_error", units / 2
    if base == "mae":
        return "absolute_error", float(units)
    if base == "huber":
        return "huber", float(units)
    if base == "bce" and phi == "logistic" and fractions:
        return "binary_cross_entropy", float(units)
    if base in ("cce", "scce") and phi == "softmax" and units > 1 and fractions:
        return "cross_entropy", 1.0
    return None


def _keras(base: str, *, summed: bool) -> Any:
    makers: dict[str, Any] = {
        "mse": lambda: errors.MeanError(2, summed),
        "mae": lambda: errors.MeanError(1, summed),
        "bce": lambda: keras.BinaryCrossEntropy(summed),
        "cce": lambda: keras.CrossEntropy(summed),
        "scce": lambda: keras.CrossEntropy(summed, "after"),
        "ce_reg": lambda: keras.CrossEntropy(summed, "never", 1e-10, 1.0),
        "nll": lambda: keras.CrossEntropy(summed, "never"),
        "poisson": lambda: keras.Poisson(summed),
    }
    alone: dict[str, Any] = {
        "sse": lambda: errors.MeanError(2, summed=True),
        "msle": errors.LogError, "mape": errors.PercentageError, "logcosh": errors.LogCosh,
        "hinge": errors.Hinge, "squared_hinge": lambda: errors.Hinge(2),
        "kld": errors.KullbackLeibler, "rmse": errors.RootMeanSquare,
        "categorical_hinge": errors.CategoricalHinge, "cosine": errors.Cosine,
    }  # fmt: skip
    if base in makers:
        return makers[base]()
    return alone[base]() if base in alone and not summed else None
