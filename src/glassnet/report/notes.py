"""What a careful reader must know before believing the numbers of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from glassnet.report.figures.learning_curves import marked_epoch
from glassnet.report.held_out import HeldOut
from glassnet.report.look import number, shortened
from glassnet.report.scores import Score
from glassnet.training.history import History

_FEW_ROWS = 100
_RISE = 1.1  # times the best validation loss from which the last one counts as risen
_STILL_FALLING = 0.02  # of J over the last tenth of the epochs


def notes_on(
    held: HeldOut, found: Sequence[Score], history: History, best_epoch: int
) -> tuple[str, ...]:
    """Sentences about the held-out rows, the predictions and the curves; none where all is well.

    Examples
    --------
    >>> held = HeldOut("binary", np.array([[0.9], [0.2]]), np.array([[1.0], [0.0]]), ("no", "yes"))
    >>> notes_on(held, [], History([{"J": 0.5}]), 0)[0]
    'Only 2 rows were held out: the scores are rough. Hold out more, or cross-validate.'
    """
    return (*_on_rows(held), *_on_predictions(held, found), *_on_curves(history, best_epoch))


def _on_rows(held: HeldOut) -> Iterator[str]:
    if held.rows < _FEW_ROWS:
        plural = "rows were" if held.rows > 1 else "row was"
        yield (
            f"Only {held.rows} {plural} held out: the scores are rough. "
            "Hold out more, or cross-validate."
        )
    if held.task in ("binary", "multiclass"):
        absent = sorted(set(range(len(held.names))) - set(held.codes.tolist()))
        if absent:
            names = ", ".join(shortened(held.names[k]) for k in absent[:5])
            more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
            yield (
                f"No held-out row is of class {names}{more}: nothing here tells how well "
                "it is found. Hold out rows of every class."
            )


def _on_predictions(held: HeldOut, found: Sequence[Score]) -> Iterator[str]:
    if held.task in ("binary", "multiclass") and held.rows > 1:
        guessed = set(held.guessed.tolist())
        if len(guessed) == 1:
            name = shortened(held.names[guessed.pop()])
            yield (
                f"The network says {name} for every held-out row. Check the learning rate and the "
                "scaling of the inputs; weigh rare classes more."
            )
    if held.task == "regression" and held.rows > 1 and np.ptp(held.predicted, axis=0).max() == 0:
        yield (
            "The network gives the same number for every held-out row: it has learned nothing. "
            "Check the learning rate and the scaling of the inputs and the target."
        )
    if found and not found[0].is_better:
        yield (
            f"The network is no better than a constant answer ({found[0].name} "
            f"{found[0].text} against {found[0].baseline_text}). The columns may not tell the "
            "target; or training stopped too early, or the learning rate does not suit."
        )


def _on_curves(history: History, best_epoch: int) -> Iterator[str]:
    for name in history.columns:
        lost = int((~np.isfinite(history.column(name))).sum())
        if lost and name in ("J", "val_loss"):
            yield f"{lost} of {len(history)} epochs have no finite {name}."
    if "val_loss" in history.columns and len(history) > 1 and not best_epoch:
        values = history.column("val_loss")
        best = marked_epoch(history)
        if best and values[-1] > _RISE * values[best - 1] > 0:
            yield (
                f"The validation loss was lowest in epoch {best} ({number(values[best - 1])}) and "
                f"rose to {number(values[-1])}: from there on the network learned its training "
                "rows by heart. Stop early; more data, dropout or an L2 penalty help too."
            )
            return
    J = history.column("J")
    tail = max(2, len(J) // 10)
    falls = len(J) >= 10 and J[-1] < (1 - _STILL_FALLING) * J[-tail] and J[-1] > 0
    if falls and (not best_epoch or best_epoch == len(J)):
        yield "J was still falling when training ended: more epochs may help."
