"""What each parameter of a table estimator may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.estimators.parameters import RULES, Rule, check_rules
from glassnet.estimators.tables.presets import PRESETS

_NONE = Rule("None", lambda value: value is None)
_WHOLE = RULES["threads"]  # an int from 1, or None
_SHARE, _SIZES = RULES["validation_fraction"], RULES["hidden_layer_sizes"]
_POSITIVE, _NOT_NEGATIVE = RULES["learning_rate_init"], RULES["weight_decay"]
_BINS = Rule("an int in the range [0, inf)", lambda v: type(v) is int and v >= 0)
_PRESET = Rule(
    f"a str among {{{', '.join(map(repr, PRESETS))}}}",
    lambda v: isinstance(v, str) and v in PRESETS,
    tuple(PRESETS),
)
_COLUMNS = Rule(
    "a list of names or numbers of columns",
    lambda v: isinstance(v, str) or (hasattr(v, "__iter__") and not isinstance(v, Mapping)),
)
_COUNT = _WHOLE[0]

TABLE_RULES: Mapping[str, tuple[Rule, ...]] = {
    "preset": (_PRESET,),
    "hidden_layer_sizes": (*_SIZES, _NONE),
    "activation": (RULES["activation"][0], RULES["activation"][1], _NONE),
    "dropout": (*_SHARE, _NONE),
    "bins": (_BINS, _NONE),
    "members": _WHOLE,
    "epochs": _WHOLE,
    "batch_size": (*RULES["batch_size"], _NONE),
    "learning_rate": (*_POSITIVE, _NONE),
    "weight_decay": (*_NOT_NEGATIVE, _NONE),
    "patience": (_BINS, _NONE),
    "categorical": (_COLUMNS, _NONE),
    "drop": (_COLUMNS, _NONE),
    "min_count": (*RULES["batch_size"],),
    "max_levels": (_COUNT,),
    "time_budget": (*_POSITIVE, _NONE),
    "max_row_visits": (_COUNT,),
    "random_state": RULES["random_state"],
    "engine": RULES["engine"],
    "threads": _WHOLE,
    "class_weight": RULES["class_weight"],
}


def check_table_parameters(values: Mapping[str, Any], of: str) -> None:
    """Hold every parameter to its rules.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> check_table_parameters({"preset": "fest"}, "TableClassifier")
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: The 'preset' parameter of TableClassifier must be a str among
    {'fast', 'default', 'best'}. Got 'fest' instead. Did you mean 'fast'?
    """
    check_rules(values, TABLE_RULES, of)
