"""The data sets of the cases, and the sentences that say how they are prepared."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.doctor.cases import BadCase
from glassnet.arrays import Array

_NUMBER = r"(-?\d+(?:\.\d*)?(?:e-?\d+)?)"
_VERBS = "standard|min|divide|multiply|subtract|add|scale|log|one|cent|clip|round|shift"


@lru_cache(maxsize=64)
def columns(folder: Path, csv: str) -> tuple[Array, Array]:
    """X and y of a file with a header x0, …, y0, ….  -> (m, n₀), (m, k)"""
    path = folder / csv if (folder / csv).is_file() else folder / Path(csv).name
    if not path.is_file():
        raise BadCase(f"the data set {csv!r} is not in the data folder.")
    with path.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
    try:
        values = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    except ValueError:  # an empty cell, or text: nan
        values = np.atleast_2d(np.genfromtxt(path, delimiter=",", skip_header=1))
    inputs = np.array([name.strip().startswith("x") for name in names])
    return values[:, inputs], values[:, ~inputs]


def prepared(values: Array, sentence: Any) -> Array:
    """The columns as a sentence of a case says, such as "min-max to [0,1]".  (m, k) -> (m, k')

    Examples
    --------
    >>> prepared(np.array([[1.0], [3.0]]), "min-max to [0,1]; multiply by 10").tolist()
    [[0.0], [10.0]]
    """
    if sentence is None or str(sentence).strip().lower() in ("", "none", "nothing", "as it is"):
        return values
    for part in re.split(rf";|,? then |,? and (?={_VERBS})", str(sentence)):
        values = _step(values, part.strip().lower().removesuffix("."))
    return values


def _step(values: Array, words: str) -> Array:
    only = re.fullmatch(r"(.*?) (?:the |of the )?(first|second|third|last) column(?: only)?", words)
    if only:
        k = {"first": 0, "second": 1, "third": 2, "last": values.shape[1] - 1}[only[2]]
        parts = [values[:, :k], _step(values[:, k : k + 1], only[1]), values[:, k + 1 :]]
        return np.concatenate(parts, axis=1)
    for pattern, act in _SENTENCES:
        match = re.match(pattern, words)
        if match:
            with np.errstate(all="ignore"):  # nan of a logarithm stays nan
                return act(values, *(float(text) for text in match.groups()))
    raise BadCase(f"no preparation of data is known as {words!r}.")


def standardised(v: Array) -> Array:
    """Each column less its mean, over its standard deviation; a constant one becomes 0."""
    deviation = v.std(axis=0)
    return (v - v.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)


def _min_max(v: Array, low: float = 0.0, high: float = 1.0) -> Array:
    span = v.max(axis=0) - v.min(axis=0)
    return low + (high - low) * (v - v.min(axis=0)) / np.where(span > 0, span, 1.0)


def one_hot(v: Array, classes: float) -> Array:
    """Class numbers as rows with a single 1; numbers that are none of them as rows of 0."""
    numbers = v[:, 0] if v.shape[1] == 1 else v.argmax(axis=1).astype(float)
    known = np.unique(numbers)
    if known.min() < 0 or known.max() >= classes:  # such as 1 … 4, or −1 and 1
        numbers = np.searchsorted(known, numbers).astype(float)
    return (numbers[:, None] == np.arange(int(classes))).astype(float)


def _class_numbers(v: Array) -> Array:
    return v.argmax(axis=1)[:, None].astype(float) if v.shape[1] > 1 else v


_TO = rf"\s*(?:to|into|in)?\s*\[\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\]"
_SENTENCES: tuple[tuple[str, Callable[..., Array]], ...] = (
    (r"standardi[sz]e|z-?score|zero mean|mean 0", standardised),
    (
        r"unit variance|(?:divide|scale) by (?:the |its |their )?(?:sd|std|standard)",
        lambda v: v / np.where(v.std(axis=0) > 0, v.std(axis=0), 1.0),
    ),
    (
        r"(?:l2-?)?normali[sz]e (?:each )?rows?|unit length|(?:scale|rows?) to unit length",
        lambda v: v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12),
    ),
    (rf"min[- ]?max(?: scal\w*)?(?: each column)?{_TO}", _min_max),
    (rf"(?:re)?scale(?: each column)?{_TO}", _min_max),
    (r"min[- ]?max|normali[sz]e", _min_max),
    (r"(?:divide|scale) by (?:the |its |their )?max", lambda v: v / np.abs(v).max(axis=0)),
    (rf"(?:divided? by|/|\w+ ?/) ?{_NUMBER}", lambda v, by: v / by),
    (
        rf"(?:multipl\w+ by|times|scale by|x|\w+ ?[*×]) ?{_NUMBER}/{_NUMBER}",
        lambda v, by, over: v * by / over,
    ),
    (rf"(?:multipl\w+ by|times|scale by|x|\w+ ?[*×]) ?{_NUMBER}", lambda v, by: v * by),
    (r"cent(?:re|er)|subtract (?:the|its|their) mean", lambda v: v - v.mean(axis=0)),
    (rf"(?:subtract|shift by -) ?{_NUMBER}", lambda v, by: v - by),
    (rf"(?:add|shift by) {_NUMBER}", lambda v, by: v + by),
    (r"log1p|log\(1 ?\+|log of 1 plus", lambda v: np.log1p(v)),
    (r"log", lambda v: np.log(v)),
    (r"square root|sqrt", lambda v: np.sqrt(v)),
    (rf"one-?hot(?: in)? {_NUMBER}", one_hot),
    (r"one-?hot", lambda v: one_hot(v, len(np.unique(v[:, 0])))),
    (r"class numbers|argmax|integers|label.?encode|as class", _class_numbers),
    (rf"(?:keep )?(?:the )?first {_NUMBER} columns", lambda v, k: v[:, : int(k)]),
    (rf"drop column {_NUMBER}", lambda v, k: np.delete(v, int(k), axis=1)),
    (r"(?:map )?0/1 (?:to|as) -1/\+?1", lambda v: 2 * v - 1),
    (r"(?:map )?-1/\+?1 (?:to|as) 0/1", lambda v: (v + 1) / 2),
    (r"flatten|raw|unscaled|unchanged|cast", lambda v: v),
    (rf"clip{_TO}", lambda v, low, high: np.clip(v, low, high)),
    (r"round", lambda v: np.round(v)),
)
