"""``fit`` and ``partial_fit`` on rows on disk: ``MLPClassifier(...).fit(gn.Rows(...))``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from glassnet.arrays import Array
from glassnet.data.row_sets import RowSet
from glassnet.data.row_shares import VALIDATION
from glassnet.data.rows_on_disk import Rows
from glassnet.data.shuffled_rows import ShuffledRows
from glassnet.data.streamed_statistics import class_counts
from glassnet.errors import InvalidValue
from glassnet.estimators import blueprint
from glassnet.estimators.fitting import Task, partial, watches_training, whole
from glassnet.estimators.rows import Rows as RowsInMemory
from glassnet.estimators.streamed_answers import fitted_columns
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification
from glassnet.network.targets import encode_targets
from glassnet.training.streamed import NumberRecipe, held_selection, shares_of


def fit_rows(
    est: Any, rows: Rows, given: tuple[Any, ...], held: Callable[[Task], RowsInMemory | None]
) -> None:
    """Fit an estimator, whose parameters are checked, to rows on disk.

    Parameters
    ----------
    est : MLPClassifier or MLPRegressor
    rows : Rows
    given : (y, sample_weight)
        Both must be None: the rows have columns of their own.
    held : callable
        Makes the validation rows that the caller has, once columns and classes are known.

    Raises
    ------
    InvalidValue, UnknownName, BadFile, FileFault, Unsupported
    """
    if est.solver == "lbfgs":
        raise InvalidValue(
            "solver='lbfgs' needs all rows at once, and these are read piece by piece. Use 'adam'."
        )
    first = not (est.warm_start and hasattr(est, "network_"))
    opened = _opened(est, rows, given, first=first)
    task = _task(est, opened, first=first)
    data = _data(est, opened, task, _dtype(est, opened, first=first))
    apart = held(task)
    rule = blueprint.early_stopping(est, blueprint.schedule(est), task.metric)
    if apart is None and rule is not None and not watches_training(est, rule):
        data, apart = _held_apart(est, data)
    whole(est, replace(task, factors=None), _as_rows(data), apart, first=first)


def partial_fit_rows(est: Any, rows: Rows, given: tuple[Any, ...], classes: Any) -> None:
    """Train an estimator, whose parameters are checked, for one epoch on rows on disk.

    Parameters
    ----------
    est : MLPClassifier or MLPRegressor
    rows : Rows
    given : (y, sample_weight)
        Both must be None.
    classes : (n_classes,), or None
        Of a classifier that was not trained before.

    Raises
    ------
    InvalidValue, UnknownName, BadFile, FileFault, Unsupported
    """
    if est.early_stopping:
        raise InvalidValue(
            "early_stopping with partial_fit holds rows out of the first call and leaves their "
            "like out of later ones, which needs rows in memory. Set it to False, or use fit."
        )
    first = not hasattr(est, "network_")
    opened = _opened(est, rows, given, first=first)
    if hasattr(est, "predict_proba"):
        _require_one_target(opened)
        task = est._task(np.asarray(classes if first else est.classes_), classes, first=first)
    else:
        task = _task(est, opened, first=first)
    data = _data(est, opened, task, _dtype(est, opened, first=first))
    partial(est, replace(task, factors=None), _as_rows(data), first=first)


def _opened(est: Any, rows: Rows, given: tuple[Any, ...], *, first: bool) -> RowSet:
    """The rows, with the columns that the estimator takes or has just learned."""
    if any(value is not None for value in given):
        raise InvalidValue(
            "Rows name their target and weight themselves; leave y and sample_weight out."
        )
    opened = rows.open()
    if not first:
        opened = replace(opened, inputs=fitted_columns(est, opened))
    weight = () if opened.weight is None else (opened.weight,)
    opened.source.require_numbers((*opened.inputs, *weight))
    opened.without_bad()
    if first:
        _remember_columns(est, opened)
    return opened


def _as_rows(data: ShuffledRows) -> RowsInMemory:
    return RowsInMemory(data, None, None, None)


def _remember_columns(est: Any, rows: RowSet) -> None:
    est.n_features_in_ = len(rows.inputs)
    est.__dict__.pop("feature_names_in_", None)
    if rows.named:
        est.feature_names_in_ = np.array(rows.inputs, dtype=object)


def _task(est: Any, rows: RowSet, *, first: bool) -> Task:
    """What the targets ask for; classes are found in a pass over their column."""
    if not hasattr(est, "predict_proba"):
        rows.source.require_numbers(rows.targets)
        k = len(rows.targets)
        return est._task(np.zeros(1) if k == 1 else np.zeros((1, k)), None, first=first)
    _require_one_target(rows)
    seen = class_counts(rows, rows.targets)
    if seen.many:
        raise InvalidValue(
            f"a target of classes needs some rows for each; {rows.targets[0]!r} has more than "
            f"{seen.most:,} different values. Choose another column, or MLPRegressor."
        )
    return est._task(np.array(sorted(seen.counts)), None, first=first)


def _require_one_target(rows: RowSet) -> None:
    if len(rows.targets) != 1:
        raise InvalidValue(
            f"a classifier takes one target column of Rows; got {', '.join(rows.targets)}."
        )


def _dtype(est: Any, rows: RowSet, *, first: bool) -> str:
    if not first:
        return str(est.network_.state.theta.dtype)
    return rows.source.dtype(rows.inputs) if est.dtype == "auto" else str(est.dtype)


def _data(est: Any, rows: RowSet, task: Task, dtype: str) -> ShuffledRows:
    spec = Specification(1, (Dense(task.outputs, task.activation),), task.loss)

    def encode(values: Array) -> Array:
        plain = values.astype(str) if values.dtype.kind == "O" else values
        return encode_targets(spec, est._encoded(plain, task), dtype)

    recipe = NumberRecipe(rows.inputs, rows.targets, rows.weight, task.outputs, dtype, encode)
    if task.factors is not None:
        recipe = replace(recipe, factors=_class_factors(rows, recipe, task))
    return ShuffledRows(rows, recipe, shares_of(rows, 0))


def _class_factors(rows: RowSet, recipe: NumberRecipe, task: Task) -> Callable[[Array], Array]:
    """The factor of each row by its class, from the weights of all classes."""
    classes = max(task.outputs, 2)
    totals = np.zeros(classes)
    for block in rows.blocks((*rows.targets, *recipe.weight_names), lambda _: None):
        codes = _codes(recipe.targets_of(block))
        totals += np.bincount(codes, weights=recipe.weights(block), minlength=classes)
    each = np.eye(classes) if task.outputs > 1 else np.arange(2.0)[:, None]
    factors = task.factors(each, totals)
    return lambda y: factors[_codes(y)]


def _codes(y: Array) -> Array:
    return y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(np.int64)


def _held_apart(est: Any, data: ShuffledRows) -> tuple[ShuffledRows, RowsInMemory]:
    seed = int(check_random_state(est.random_state).randint(2**63 - 1, dtype=np.int64))
    shares = shares_of(data.rows, seed, validation=float(est.validation_fraction))
    rest = ShuffledRows(data.rows, data.recipe, shares)
    (held,) = held_selection(rest, VALIDATION)
    return rest, RowsInMemory(held.data.x, held.data.y, held.data.w, None)
