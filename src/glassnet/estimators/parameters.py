"""What each parameter of an estimator may be, and the words for a value that it may not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import inf, isfinite
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np
from sklearn import get_config

from glassnet.engine.choice import ENGINES
from glassnet.errors import InvalidValue
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.batch_norm import BatchNorm
from glassnet.network.initializers import INITIALIZERS
from glassnet.network.losses import LOSSES
from glassnet.optim.schedules import SCHEDULES, Schedule
from glassnet.training.checkpoints import Checkpoint
from glassnet.training.early_stopping import EarlyStopping


@dataclass(frozen=True)
class Rule:
    """The values for which ``holds`` is true, the same in words, and the names among them."""

    words: str
    holds: Callable[[Any], bool]
    names: tuple[str, ...] = ()


def _real(low: float, high: float, ends: str) -> Rule:
    def holds(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, Real):
            return False
        number = float(value)
        above = number > low or (ends[0] == "[" and number == low)
        return above and (number < high or (ends[1] == "]" and number == high))

    return Rule(f"a float in the range {ends[0]}{low}, {high}{ends[1]}", holds)


def _integer(low: int) -> Rule:
    def holds(value: Any) -> bool:
        return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= low

    return Rule(f"an int in the range [{low}, inf)", holds)


def _names(names: Iterable[str]) -> Rule:
    known = tuple(sorted(names))
    shown = ", ".join(repr(name) for name in known)
    return Rule(f"a str among {{{shown}}}", lambda v: isinstance(v, str) and v in known, known)


def _of(kind: Any, words: str) -> Rule:
    return Rule(words, lambda value: isinstance(value, kind) and not isinstance(value, type))


def _offering(words: str, *methods: str) -> Rule:
    def holds(value: Any) -> bool:
        offers = all(callable(getattr(value, method, None)) for method in methods)
        return offers and not isinstance(value, type)

    return Rule(words, holds)


def _list_of(rules: tuple[Rule, ...], words: str) -> Rule:
    def holds(value: Any) -> bool:
        return isinstance(value, list | tuple) and all(_fits(rules, each) for each in value)

    return Rule(words, holds)


def _fits(rules: tuple[Rule, ...], value: Any) -> bool:
    return any(rule.holds(value) for rule in rules)


def _each(*rules: Rule) -> tuple[Rule, ...]:
    return (*rules, _list_of(rules, "a list of one per hidden layer"))


_NONE = Rule("None", lambda value: value is None)
_BOOLEAN = _of(bool | np.bool_, "an instance of 'bool' or an instance of 'numpy.bool'")
_POSITIVE = _real(0.0, inf, "()")
_NOT_NEGATIVE = _real(0.0, inf, "[)")
_SHARE = _real(0.0, 1.0, "[)")
_COUNT = _integer(1)
_ACTIVATION = (
    _names(ACTIVATIONS),
    _offering("an activation object with value and derivative", "value", "derivative"),
)
_LOSS_OBJECT = _offering("a loss object with of_output and derivative", "of_output", "derivative")
_INITIALIZER = _offering("an initializer with draw(rng, n_out, n_in)", "draw")
_NUMBER = Rule("a number", lambda v: isinstance(v, Real) and isfinite(float(v)))
_RANDOM = Rule(
    "an int in the range [0, 4294967295], an instance of 'numpy.random.mtrand.RandomState' or None",
    lambda v: (
        v is None
        or isinstance(v, np.random.RandomState)
        or (isinstance(v, Integral) and 0 <= int(v) < 2**32)
    ),
)
_SIZES = Rule("an array-like", lambda v: isinstance(v, list | tuple | np.ndarray))
_INFINITE = Rule("inf", lambda v: isinstance(v, Real) and v == inf)

# scikit-learn's parameters, then those that are beyond them.
RULES: Mapping[str, tuple[Rule, ...]] = {
    "hidden_layer_sizes": (_SIZES, _COUNT),
    "activation": _each(*_ACTIVATION),
    "solver": (_names(("lbfgs", "sgd", "adam")),),
    "alpha": (_NOT_NEGATIVE,),
    "batch_size": (_names(("auto",)), _COUNT),
    "learning_rate": (_names(("constant", "invscaling", "adaptive")),),
    "learning_rate_init": (_POSITIVE,),
    "power_t": (_NOT_NEGATIVE,),
    "max_iter": (_COUNT,),
    "shuffle": (_BOOLEAN,),
    "random_state": (_RANDOM,),
    "tol": (_NOT_NEGATIVE,),
    "verbose": (_integer(0), _BOOLEAN),
    "warm_start": (_BOOLEAN,),
    "momentum": (_SHARE,),
    "nesterovs_momentum": (_BOOLEAN,),
    "early_stopping": (_BOOLEAN, _of(EarlyStopping, "an EarlyStopping")),
    "validation_fraction": (_SHARE,),
    "beta_1": (_SHARE,),
    "beta_2": (_SHARE,),
    "epsilon": (_POSITIVE,),
    "n_iter_no_change": (_COUNT, _INFINITE),
    "max_fun": (_COUNT,),
    "init": (_names(("auto", *INITIALIZERS)), _INITIALIZER),
    "bias_init": (_names(("auto", *INITIALIZERS)), _NUMBER, _INITIALIZER),
    "batch_norm": _each(_BOOLEAN, _of(BatchNorm, "a BatchNorm")),
    "dropout": _each(_SHARE),
    "clip_norm": (_POSITIVE, _NONE),
    "clip_value": (_POSITIVE, _NONE),
    "clip_per_sample": (_POSITIVE, _NONE),
    "weight_decay": (_NOT_NEGATIVE,),
    "l1": (_NOT_NEGATIVE,),
    "max_norm": (_POSITIVE, _NONE),
    "schedule": (_names(SCHEDULES), _of(Schedule, "a schedule such as Cosine()"), _NONE),
    "callbacks": (_of(list | tuple, "a list of observers and scikit-learn callbacks"), _NONE),
    "checkpoint": (_of(str | PathLike, "a path"), _of(Checkpoint, "a Checkpoint"), _NONE),
    "engine": (_names(("auto", *ENGINES)), _offering("an Engine", "supports", "open")),
    "dtype": (_names(("auto", "float32", "float64")),),
    "threads": (_COUNT, _NONE),
    "precision": (_names(("full", "bf16")),),
    "doctor": (_names(("stop",)), _BOOLEAN),
    "label_smoothing": (_SHARE,),
    "class_weight": (_names(("balanced",)), _of(dict | list, "a dict or a list of dicts"), _NONE),
}

CLASSIFIER_LOSS = (_names(("log_loss", *LOSSES)), _LOSS_OBJECT)
REGRESSOR_LOSS = (
    _names(set(LOSSES) - {"binary_cross_entropy", "cross_entropy"}),
    _LOSS_OBJECT,
)


def check_parameters(values: Mapping[str, Any], of: str, loss: tuple[Rule, ...]) -> None:
    """Hold every parameter to its rules.

    Raises
    ------
    InvalidValue
        It names the parameter, the estimator ``of`` which it is one, what it may be and what came.

    Examples
    --------
    >>> check_parameters({"solver": "adamm"}, "MLPClassifier", CLASSIFIER_LOSS)
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: The 'solver' parameter of MLPClassifier must be a str among
    {'adam', 'lbfgs', 'sgd'}. Got 'adamm' instead. Did you mean 'adam'?
    """
    check_rules(values, {**RULES, "loss": loss}, of)


def check_rules(
    values: Mapping[str, Any], rules_of: Mapping[str, tuple[Rule, ...]], of: str
) -> None:
    """Hold each of the values to the rules of its name.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> check_rules({"alpha": 0.1}, RULES, "MLPRegressor")
    """
    if get_config()["skip_parameter_validation"]:
        return
    for name, value in values.items():
        rules = rules_of[name]
        if not _fits(rules, value):
            raise InvalidValue(
                f"The {name!r} parameter of {of} must be {_in_words(rules)}. "
                f"Got {value!r} instead.{_hint(rules, value)}"
            )
    given = values.get("hidden_layer_sizes")
    sizes = np.atleast_1d(np.asarray(1 if given is None else given, dtype=object))
    if not all(_COUNT.holds(size) for size in sizes.ravel()) or sizes.ndim != 1:
        raise InvalidValue(
            f"hidden_layer_sizes must be > 0, integers, one per hidden layer; got {list(sizes)}."
        )


def _in_words(rules: tuple[Rule, ...]) -> str:
    words = [rule.words for rule in rules]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


_ASKED = 20  # names of a list for which one is sought that is near; a file may hold a long one


def _hint(rules: tuple[Rule, ...], value: Any) -> str:
    known = [name for rule in rules for name in rule.names]
    asked = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    for name in asked[:_ASKED]:
        near = get_close_matches(name.lower(), known, n=1) if isinstance(name, str) else []
        if near and name not in known:
            return f" Did you mean {near[0]!r}?"
    return ""
