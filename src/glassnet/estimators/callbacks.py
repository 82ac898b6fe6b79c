"""What watches a fit: scikit-learn's callbacks, printed lines, and the end of one epoch."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from glassnet.errors import InvalidValue
from glassnet.training.observers import EpochEnd, Observer

protocol: Any = None
with suppress(ImportError):  # it came with scikit-learn 1.9
    protocol = import_module("sklearn.callback")


class WithoutCallbacks:
    """The place of scikit-learn's mixin in versions that have none."""


def as_it_is(method: Any) -> Any:
    """The place of scikit-learn's decorator in versions that have none."""
    return method


CallbackSupportMixin: Any = getattr(protocol, "CallbackSupportMixin", WithoutCallbacks)
with_callbacks: Any = getattr(protocol, "with_callbacks", as_it_is)
FitCallback: Any = getattr(protocol, "FitCallback", None)

__all__ = ["CallbackSupportMixin", "OneEpoch", "Printed", "sorted_out", "told_of", "with_callbacks"]


def sorted_out(callbacks: Any, of: str) -> tuple[list[Observer], list[Any]]:
    """glassnet's observers and scikit-learn's callbacks among the given.

    Raises
    ------
    InvalidValue
        If one is neither.
    """
    observers: list[Observer] = []
    others: list[Any] = []
    for callback in callbacks or ():
        if isinstance(callback, Observer):
            observers.append(callback)
        elif FitCallback is not None and isinstance(callback, FitCallback):
            others.append(callback)
        if isinstance(callback, type) or callback not in [*observers, *others]:
            raise InvalidValue(
                f"The 'callbacks' parameter of {of} must hold glassnet observers and scikit-learn "
                f"callbacks, as objects. Got {callback!r} instead."
            )
    return observers, others


@contextmanager
def told_of(estimator: Any, X: Any, y: Any, w: Any) -> Generator[list[Observer]]:
    """The observers of a fit, one of which tells scikit-learn's callbacks where there are any.

    Those of the parameter ``callbacks`` join those that ``set_callbacks`` set, for this fit.
    """
    observers, others = sorted_out(estimator.callbacks, type(estimator).__name__)
    if FitCallback is None:
        yield observers
        return
    held = vars(estimator)
    before = held.get("_skl_callbacks")
    if others:
        estimator._skl_callbacks = [*(before or []), *others]
    try:
        context = estimator._init_callback_context(max_subtasks=int(estimator.max_iter))
        if not held.get("_skl_callbacks"):
            yield observers
            return
        told = {"X": X, "y": y, "metadata": None if w is None else {"sample_weight": w}}
        context.call_on_fit_task_begin(estimator=estimator, **told)
        yield [*observers, _Tasks(estimator, context, told)]
        context.call_on_fit_task_end(estimator=estimator, **told, reconstruction_attributes={})
    finally:
        if others and before is None:
            held.pop("_skl_callbacks", None)
        elif others:
            estimator._skl_callbacks = before


class _Tasks(Observer):
    """Tells scikit-learn's callbacks of each epoch, as a task within the task of the fit.

    Parameters
    ----------
    estimator : estimator
    context : CallbackContext
        Of the fit.
    told : dict
        X, y and metadata, as the hooks give them on.
    """

    def __init__(self, estimator: Any, context: Any, told: Mapping[str, Any]) -> None:
        self._estimator, self._context, self._told = estimator, context, told
        self._task: Any = None

    def begin(self, epochs: int, steps: int) -> None:
        self._begin()

    def epoch(self, end: EpochEnd) -> bool | None:
        task, self._task = self._task, None
        wish = task.call_on_fit_task_end(
            estimator=self._estimator,
            **self._told,
            reconstruction_attributes=lambda: {"network_": end.network()},
        )
        if end.epoch < end.epochs and not wish:
            self._begin()
        return bool(wish)

    def finish(self, ended: str) -> None:
        if self._task is not None and ended not in ("error", "diverged"):
            self._task.call_on_fit_task_end(estimator=self._estimator)

    def _begin(self) -> None:
        self._task = self._context.subcontext(task_name="epoch")
        self._task.call_on_fit_task_begin(estimator=self._estimator, **self._told)


class Printed(Observer):
    """A line per epoch, as scikit-learn's ``verbose`` prints it."""

    def __init__(self, column: str | None) -> None:
        self._column = column
        self._before = 0

    def prepare(self, settings: Mapping[str, Any]) -> None:
        self._before = int(settings["epochs_done"])

    def epoch(self, end: EpochEnd) -> None:
        sys.stdout.write(f"Iteration {end.epoch - self._before}, loss = {end.row['J']:.8f}\n")
        if self._column is not None and self._column in end.row:
            sys.stdout.write(f"Validation score: {end.row[self._column]:f}\n")


class OneEpoch(Observer):
    """Ends a run after an epoch."""

    def epoch(self, end: EpochEnd) -> bool:
        return True
