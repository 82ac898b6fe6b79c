"""What each parameter of a table estimator may be."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from glassnet.data.scales import SCALES
from glassnet.estimators.parameters import RULES, Rule, check_rules
from glassnet.estimators.tables.numeric_target import LOSSES
from glassnet.estimators.tables.presets import PRESETS, Goal

_NONE = Rule("None", lambda value: value is None)
_WHOLE = RULES["threads"]  # an int from 1, or None
_SHARE, _SIZES = RULES["validation_fraction"], RULES["hidden_layer_sizes"]
_POSITIVE, _NOT_NEGATIVE = RULES["learning_rate_init"], RULES["weight_decay"]
_BINS = Rule("an int in the range [0, inf)", lambda v: type(v) is int and v >= 0)


def _names(*known: str) -> Rule:
    words = f"a str among {{{', '.join(map(repr, known))}}}"
    return Rule(words, lambda v: isinstance(v, str) and v in known, known)


def _are_levels(value: Any) -> bool:
    if not isinstance(value, list | tuple) or not value:
        return False
    inside = all(_SHARE[0].holds(level) and level > 0 for level in value)
    return inside and all(low < high for low, high in pairwise(value))


_LEVELS = Rule("a list of increasing floats in the range (0.0, 1.0)", _are_levels)
_COLUMNS = Rule(
    "a list of names or numbers of columns",
    lambda v: isinstance(v, str) or (hasattr(v, "__iter__") and not isinstance(v, Mapping)),
)
_KINDS = Rule("a dict of names or numbers of columns", lambda v: isinstance(v, Mapping))
_COUNT = _WHOLE[0]

TABLE_RULES: Mapping[str, tuple[Rule, ...]] = {
    "preset": (_names(*PRESETS),),
    "hidden_layer_sizes": (*_SIZES, _NONE),
    "activation": (RULES["activation"][0], RULES["activation"][1], _NONE),
    "dropout": (*_SHARE, _NONE),
    "bins": (_BINS, _names("auto"), _NONE),
    "members": (_COUNT, _names("auto"), _NONE),
    "plain_members": (_BINS, _names("auto"), _NONE),
    "shared_members": (_BINS, _NONE),
    "plain_learning_rate": (*_POSITIVE, _NONE),
    "epochs": (_COUNT, _names("auto"), _NONE),
    "batch_size": (*RULES["batch_size"], _NONE),
    "learning_rate": (*_POSITIVE, _NONE),
    "weight_decay": (*_NOT_NEGATIVE, _NONE),
    "patience": (_BINS, _NONE),
    "cuts": (_names("target", "quantiles", "auto"), _NONE),
    "steps": (*RULES["shuffle"], _names("auto"), _NONE),
    "scaling": (_names(*SCALES), _NONE),
    "kinds": (_KINDS, _NONE),
    "drop": (_COLUMNS, _NONE),
    "infinite": (_names("refuse", "missing"),),
    "min_count": (*RULES["batch_size"],),
    "max_levels": (_COUNT,),
    "time_budget": (*_POSITIVE, _NONE),
    "max_row_visits": (_COUNT,),
    "random_state": RULES["random_state"],
    "engine": RULES["engine"],
    "threads": _WHOLE,
    "class_weight": RULES["class_weight"],
    "refit": RULES["shuffle"],
    "missing_target": (_names("error", "drop"),),
    "calibrate": (_names("temperature"), _NONE),
    "loss": (_names(*LOSSES),),
    "quantiles": (_LEVELS,),
}
METRICS: Mapping[Goal, tuple[str, ...]] = {
    "classification": ("auto", "refinement", "log_loss", "error"),
    "regression": ("loss", "rmse", "mae"),
}


def check_table_parameters(values: Mapping[str, Any], of: str, goal: Goal) -> None:
    """Hold every parameter to its rules.

    Parameters
    ----------
    values : mapping
    of : str
        The class whose parameters they are.
    goal : "classification" or "regression"

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> check_table_parameters({"preset": "fest"}, "TableClassifier", "classification")
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: The 'preset' parameter of TableClassifier must be a str among
    {'fast', 'default', 'best'}. Got 'fest' instead. Did you mean 'fast'?
    """
    check_rules(values, {**TABLE_RULES, "metric": (_names(*METRICS[goal]),)}, of)
