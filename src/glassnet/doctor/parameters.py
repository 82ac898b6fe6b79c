"""A remedy as parameters of an estimator: glassnet's, and scikit-learn's own as far as it has them.

Estimators are touched through ``get_params`` and through ``__glassnet_scaled__(x, y)``, with which
one says what scales its inputs or its targets for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.doctor.regimen import Regimen
from glassnet.doctor.remedies import CODES, Remedy, layer_and_field
from glassnet.errors import InvalidValue
from glassnet.optim.optimizers import optimizer as named_optimizer

_SOLVERS = {
    "adam": {"solver": "adam"},
    "adamw": {"solver": "adam"},
    "sgd": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": True},
    "lbfgs": {"solver": "lbfgs"},
}
_SAME = ("class_weight", "early_stopping", "clip_norm", "batch_size")


def with_remedy(estimator: Any, remedy: Remedy, after: Regimen) -> Any:
    """A new estimator, not fitted, with the remedy among its parameters.

    Inputs or targets that are to be standardised put it into a pipeline.

    Parameters
    ----------
    estimator : estimator
        It stays as it is.
    remedy : Remedy
    after : Regimen
        With the remedy carried out: the rate that a range test has found stands there.

    Raises
    ------
    InvalidValue
        If the estimator has no parameter for a part of the remedy.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.doctor.regimen import regimen_of
    >>> X, y = [[0.0], [1.0]], ["no", "yes"]
    >>> clf = gn.MLPClassifier((2,), solver="lbfgs", max_iter=50, random_state=0).fit(X, y)
    >>> base = regimen_of(gn.diagnose(clf, X, y).case)
    >>> with_remedy(clf, Remedy({"penalties": [], "layers[1].activation": "tanh"}), base)
    MLPClassifier(activation='tanh', alpha=0.0, hidden_layer_sizes=(2,),
                  max_iter=50, random_state=0, solver='lbfgs')
    """
    told: dict[str, Any] = dict(estimator.get_params(deep=False))
    depth = after.spec.depth
    for key, value in remedy.changes.items():
        place = layer_and_field(key)
        if place is not None:
            _of_layer(told, *place, value, depth)
        elif key not in ("X", "y"):
            _of_training(told, key, value, after)
    strange = set(told) - set(estimator.get_params(deep=False))
    if strange:
        raise InvalidValue(
            f"{type(estimator).__name__} has no parameter {sorted(strange)[0]!r}, which the remedy "
            f"({remedy.words}) needs. Use glassnet's estimator of that name, which has."
        )
    made = type(estimator)(**told)
    return _scaled(made, remedy.changes.get("X"), remedy.changes.get("y"))


def _of_layer(told: dict[str, Any], layer: int, name: str, value: Any, depth: int) -> None:
    sizes = [int(size) for size in np.atleast_1d(told["hidden_layer_sizes"])]
    if name == "init":
        told |= {"init": value, "bias_init": "auto"} if "init" in told else {}
        return
    if layer >= depth:
        raise InvalidValue(
            f"{name} of the output layer follows from an estimator's loss and from y; change these."
        )
    if name == "units":
        sizes[layer - 1] = int(value)
        told["hidden_layer_sizes"] = tuple(sizes)
        return
    given = told.get(name)
    each = list(given) if isinstance(given, list | tuple) else [given] * len(sizes)
    each[layer - 1] = value
    alike = all(one == each[0] for one in each)
    told[name] = each[0] if alike else each


def _of_training(told: dict[str, Any], key: str, value: Any, after: Regimen) -> None:
    if key in _SAME:
        told[key] = value
    else:
        _WRITTEN[key](told, value, after)


def _write_optimizer(told: dict[str, Any], value: Any, after: Regimen) -> None:
    method = named_optimizer(value)
    if method.name not in _SOLVERS:
        raise InvalidValue(f"an estimator has no solver {method.name!r}; it has adam, sgd, lbfgs.")
    told |= _SOLVERS[method.name]
    told["learning_rate_init"] = float(getattr(method, "learning_rate", 1e-3))


def _write_rate(told: dict[str, Any], value: Any, after: Regimen) -> None:
    found = getattr(after.optimizer, "learning_rate", None)
    told["learning_rate_init"] = float(found if value == "range test" and found else value)


def _write_penalties(told: dict[str, Any], value: Any, after: Regimen) -> None:
    if value:
        raise InvalidValue("an estimator's penalties are alpha and l1; only none can be put there.")
    told |= {name: 0.0 for name in ("alpha", "l1") if name in told}


def _write_loss(told: dict[str, Any], value: Any, after: Regimen) -> None:
    name = getattr(value, "name", value)
    entropies = ("binary_cross_entropy", "cross_entropy", "logistic", "softmax")
    if name == "identity":
        name = "squared_error"
    told["loss"] = "log_loss" if name in entropies else name


_WRITTEN: dict[str, Callable[[dict[str, Any], Any, Regimen], None]] = {
    "optimizer": _write_optimizer,
    "learning_rate": _write_rate,
    "epochs": lambda told, value, after: told.update(max_iter=int(value)),
    "penalties": _write_penalties,
    "loss": _write_loss,
    "head": _write_loss,
}


def _scaled(made: Any, x: Any, y: Any) -> Any:
    if x in (None, "standardise") and (y in (None, "standardise") or y in CODES):
        if x is None and y != "standardise":
            return made
        if hasattr(made, "__glassnet_scaled__"):
            return made.__glassnet_scaled__(x is not None, y == "standardise")
    what = f"X: {x}" if x is not None else f"y: {y}"
    raise InvalidValue(
        f"no parameter of {type(made).__name__} does this: {what}. Do it beforehand."
    )
