"""Remedies: changes of arguments that a machine can make, and those that are left to people.

A remedy is a mapping from keys to values. These are all of them:

- ``"head"``: ``"identity"``, ``"logistic"`` or ``"softmax"``: the output layer with that
  activation, its partner loss, a unit per column or class, and y in the code that this loss reads.
- ``"layers[l].activation"``: a name or an Activation; the first weights are drawn to fit it.
- ``"layers[l].units"``: a number of units.
- ``"layers[l].init"``: ``"auto"``, a name or an Initializer; first biases are 0.
- ``"layers[l].dropout"``: a share, 0 for none. ``"layers[l].batch_norm"``: True or False.
- ``"loss"``: a name or a Loss. ``"penalties"``: a list of Penalty, ``[]`` for none.
- ``"optimizer"``: a name or an Optimizer.
- ``"learning_rate"``: a rate, or ``"range test"``: what
  :func:`glassnet.learning_rate_range` suggests.
- ``"epochs"``, ``"batch_size"``: how many.
- ``"class_weight"``: ``"balanced"``.
- ``"early_stopping"``: True: a tenth of the rows apart, and the best parameters put back.
- ``"clip_norm"``: a limit of ‖g‖₂, None for none.
- ``"X"``: ``"standardise"``, ``"drop rows that are not finite"``, ``"drop column k"``.
- ``"y"``: ``"standardise"``, ``"scale into the range"`` (of the output activation),
  ``"number the classes"`` (0, 1, …), ``"0 and 1"``, ``"one-hot"``.

Left to people, since no argument makes up for them: ``"X"`` as ``"make anew"``,
``"add columns"`` or ``"split anew"``, ``"y"`` as ``"make anew"`` or ``"align with X"``.

One edit is a change of one field. The same field of several hidden layers, an optimizer with its
rate, and what belongs to the head (output activation and units, loss, code of y) are one each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.errors import InvalidValue, UnknownName
from glassnet.inspection.numerals import numeral

HEADS = ("identity", "logistic", "softmax")
BY_HAND = {
    "X": ("make anew", "add columns", "split anew"),
    "y": ("make anew", "align with X"),
}
_TABLE = {
    "X": ("standardise", "drop rows that are not finite"),
    "y": ("standardise", "scale into the range", "number the classes", "0 and 1", "one-hot"),
}
CODES = ("number the classes", "0 and 1", "one-hot")
_KEYS = (
    "head", "loss", "penalties", "optimizer", "learning_rate", "epochs", "batch_size",
    "class_weight", "early_stopping", "clip_norm", "X", "y",
)  # fmt: skip
_FIELDS = ("activation", "units", "init", "dropout", "batch_norm")
_LAYER = re.compile(r"layers\[(\d+)\]\.(\w+)")
_COLUMN = re.compile(r"drop column (\d+)")


@dataclass(frozen=True, eq=False)
class Remedy:
    """A change of arguments, checked against the vocabulary.

    Attributes
    ----------
    changes : dict
        By key, as in a finding's ``remedy``.
    code : str
        The cause it was found for; empty for one of the table that every network is tried with.

    Raises
    ------
    UnknownName, InvalidValue
        If a key or a value is none of the vocabulary.

    Examples
    --------
    >>> Remedy({"optimizer": "adam", "learning_rate": 0.003}).words
    'adam, learning rate 0.003'
    >>> Remedy({"X": "make anew"}).by_hand
    True
    """

    changes: Mapping[str, Any]
    code: str = ""

    def __post_init__(self) -> None:
        if not self.changes:
            raise InvalidValue("a remedy must change something; got no key.")
        told = {key: "range test" if key == "learning_rate" and value is None else value
                for key, value in self.changes.items()}  # fmt: skip
        for key, value in told.items():
            _check(key, value)
        in_turn = sorted(told.items(), key=lambda each: each[0] == "learning_rate")
        object.__setattr__(self, "changes", dict(in_turn))

    @property
    def by_hand(self) -> bool:
        """Whether a part of it is left to people."""
        return any(self.changes.get(key) in values for key, values in BY_HAND.items())

    @property
    def words(self) -> str:
        """What it changes, in one line."""
        return ", ".join(_said(*each) for each in _gathered(self.changes))

    def edits(self, depth: int) -> int:
        """How many fields it changes in a network of ``depth`` layers.

        Examples
        --------
        >>> Remedy({"layers[1].activation": "relu", "layers[2].activation": "relu"}).edits(3)
        1
        >>> Remedy({"layers[3].activation": "identity", "loss": "squared_error"}).edits(3)
        1
        """
        return len({_field(key, value, depth) for key, value in self.changes.items()})

    def plain(self) -> dict[str, Any]:
        """The changes as plain data: objects as they print themselves."""
        simple = (str, int, float, bool, type(None))
        return {
            key: value if isinstance(value, simple) else [repr(each) for each in value]
            if isinstance(value, list | tuple) else repr(value)
            for key, value in self.changes.items()
        }  # fmt: skip

    def same(self, other: Remedy) -> bool:
        """Whether both change the same arguments to the same values."""
        return self.plain() == other.plain()

    def __add__(self, other: Remedy) -> Remedy:
        """Both: where they differ, the other's."""
        return Remedy({**self.changes, **other.changes}, self.code or other.code)

    def __repr__(self) -> str:
        """Show the changes."""
        return f"Remedy({dict(self.changes)!r})"


def layer_and_field(key: str) -> tuple[int, str] | None:
    """The layer and the field that a key names; None where it names no layer.

    Examples
    --------
    >>> layer_and_field("layers[2].units"), layer_and_field("loss")
    ((2, 'units'), None)
    """
    found = _LAYER.fullmatch(key)
    return None if found is None else (int(found[1]), found[2])


def dropped_column(value: str) -> int | None:
    """The column of ``"drop column k"``; None of any other value.

    Examples
    --------
    >>> dropped_column("drop column 3")
    3
    """
    found = _COLUMN.fullmatch(value)
    return None if found is None else int(found[1])


def _check(key: str, value: Any) -> None:
    place = layer_and_field(key)
    if place is not None and place[1] in _FIELDS:
        return
    if key not in _KEYS:
        raise UnknownName("remedy", key, [*_KEYS, *(f"layers[1].{name}" for name in _FIELDS)])
    if key == "head" and value not in HEADS:
        raise InvalidValue(f'the remedy "head" must be one of {HEADS}; got {value!r}.')
    allowed = (*_TABLE.get(key, ()), *BY_HAND.get(key, ()))
    column = key == "X" and isinstance(value, str) and dropped_column(value) is not None
    if allowed and value not in allowed and not column:
        raise InvalidValue(f"the remedy {key!r} must be one of {allowed}; got {value!r}.")


def _field(key: str, value: Any, depth: int) -> str:
    place = layer_and_field(key)
    if key in ("head", "loss") or (key == "y" and value in CODES):
        return "head"
    if key in ("optimizer", "learning_rate"):
        return "optimizer"
    if place is None:
        return key
    layer, name = place
    if layer == depth and name in ("activation", "units"):
        return "head"
    return f"hidden {name}"


def _gathered(changes: Mapping[str, Any]) -> list[tuple[str, Any, list[int]]]:
    """Fields, values and layers; layers that get the same value of a field stand together."""
    found: dict[tuple[str, str], tuple[list[int], Any]] = {}
    for key, value in changes.items():
        place = layer_and_field(key)
        name = key if place is None else place[1]
        layers, _ = found.setdefault((name, repr(value)), ([], value))
        layers += [] if place is None else [place[0]]
    return [(name, value, layers) for (name, _), (layers, value) in found.items()]


def _said(name: str, value: Any, layers: list[int]) -> str:
    text = _WORDS[name](getattr(value, "name", value))
    if not layers:
        return text
    run = len(layers) > 1 and layers == list(range(layers[0], layers[-1] + 1))
    which = f"{layers[0]} to {layers[-1]}" if run else ", ".join(map(str, layers))
    return f"{text} in layer{'s' * (len(layers) > 1)} {which}"


def _of_columns(name: str) -> Callable[[Any], str]:
    said = {
        "standardise": f"{name} standardised",
        "scale into the range": f"{name} scaled into the output's range",
        "number the classes": f"{name} as class numbers 0, 1, …",
        "0 and 1": f"{name} as 0 and 1",
        "one-hot": f"{name} one-hot",
    }
    return lambda value: said.get(value, f"{name}: {value}")


def _rate(value: Any) -> str:
    return f"learning rate {numeral(value, 3) if isinstance(value, float) else value}"


_WORDS: dict[str, Callable[[Any], str]] = {
    "head": lambda value: f"{value} output with its loss and code of y",
    "activation": str,
    "units": lambda value: f"{value} units",
    "init": lambda value: f"first weights anew ({value})",
    "dropout": lambda value: f"dropout {value:g}" if value else "no dropout",
    "batch_norm": lambda value: "batch norm" if value else "no batch norm",
    "loss": lambda value: f"loss {value}",
    "penalties": lambda value: f"penalties {list(value)}" if value else "no penalty",
    "optimizer": str,
    "learning_rate": _rate,
    "epochs": lambda value: f"{value:,} epochs",
    "batch_size": lambda value: f"batches of {value}",
    "class_weight": lambda value: f"{value} class weights",
    "early_stopping": lambda value: "early stopping" if value else "no early stopping",
    "clip_norm": lambda value: "no clipping" if value is None else f"‖g‖ clipped at {value:g}",
    "X": _of_columns("X"),
    "y": _of_columns("y"),
}
