"""The worst rows of a report: what they cost, how hard they pull, and which columns moved them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.inspection.attributions import Attributions, explained
from glassnet.inspection.averages import Average, cells_as_text
from glassnet.inspection.ledger import ledger
from glassnet.inspection.ranking import ranked
from glassnet.report.contents import TextTable
from glassnet.report.held_out import HeldOut
from glassnet.report.look import plain, shortened

_COLUMNS = 3  # that are named beside a row


def worst_rows_table(
    est: Any, X: Any, y: Any, held: HeldOut, *, names: Sequence[Any], most: int
) -> TextTable:
    """The rows that the members together are farthest off at.

    Parameters
    ----------
    est : fitted table estimator
    X, y : as it takes them
    held : HeldOut
        What it says of these rows.
    names : sequence of m
        What the rows are called.
    most : int ≥ 1

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = [[x / 9] for x in range(20)], [x / 9 for x in range(20)]
    >>> reg = gn.TableRegressor("fast", epochs=9, random_state=0).fit(X, y)
    >>> one = reg.predict(X)[:, None]
    >>> held = HeldOut("regression", one, np.array(y)[:, None], ("y",))
    >>> worst_rows_table(reg, X, y, held, names=range(20), most=4).head[:3]
    ('row', 'true', 'said')
    """
    losses = row_losses(held)
    book = ledger(est, X, y, statistics="running")
    middle = float(np.median(book.norms)) or 1.0
    worst = ranked(losses, min(most, len(losses)))
    moved = _moved(est, X, held, worst)
    rows: list[tuple[str, ...]] = []
    for place, row in enumerate(worst.tolist()):
        because = ", ".join(
            f"{shortened(name, 18)} {_signed(value, held)}"
            for name, value in moved.largest(place, _COLUMNS)
            if value
        )
        cells = (*_true_and_said(held, row), plain(float(losses[row]), 3))
        pull = f"{plain(float(book.norms[row]) / middle, 2)}×"
        rows.append((shortened(names[row], 16), *cells, pull, because))
    loss = "error" if held.task == "regression" else "−log P"
    head = ("row", "true", "said", loss, "pull", "what moved the answer most")
    about = "what was said" if held.task != "regression" else "the number"
    note = (
        "Look at these rows first: is the target right, is a cell wrong, is a column missing that "
        "would tell? Pull: the length of the row's gradient in the first member, in medians of all "
        f"rows. The last column: what single columns added to {about}, beside the middle of the "
        "table."
    )
    return TextTable(f"The {len(rows)} rows it is farthest off at", head, tuple(rows), note)


def row_losses(held: HeldOut) -> Array:
    """The loss of each row: −log P of what is true, or the size of the error.  -> (m,)

    Examples
    --------
    >>> held = HeldOut("binary", np.array([[0.5], [0.5]]), np.array([[1.0], [0.0]]), ("no", "yes"))
    >>> row_losses(held).round(4).tolist()
    [0.6931, 0.6931]
    """
    if held.task == "regression":
        scale = held.y.std(axis=0) if held.y.shape[1] > 1 else np.ones(1)
        return np.abs((held.outputs - held.y) / np.where(scale > 0, scale, 1)).mean(axis=1)
    if held.task == "multilabel":
        p = np.where(held.y > 0.5, held.outputs, 1 - held.outputs)
        return -np.log(np.clip(p, 1e-15, 1)).sum(axis=1)
    p = np.take_along_axis(held.probabilities, held.codes[:, None], axis=1)[:, 0]
    return -np.log(np.clip(p, 1e-15, 1))


def _signed(value: float, held: HeldOut) -> str:
    """+0.25 of a probability, three digits of a number."""
    if held.task != "regression":
        return f"{value:+.2f}".replace("-", "−")
    return f"{'+' if value > 0 else ''}{plain(value, 3)}"


def _true_and_said(held: HeldOut, row: int) -> tuple[str, str]:
    if held.task == "regression":
        pair = (held.true[row], held.predicted[row])
        true, said = (", ".join(plain(float(v)) for v in values[:3]) for values in pair)
        return true, said
    if held.task == "multilabel":
        true, said = (
            ", ".join(shortened(held.names[k], 12) for k in np.flatnonzero(values > 0.5)[:3])
            for values in (held.y[row], held.outputs[row])
        )
        return true or "none", said or "none"
    said = int(held.guessed[row])
    p = float(held.probabilities[row, said])
    return shortened(
        held.names[held.codes[row]], 18
    ), f"{shortened(held.names[said], 18)} ({p:.0%})"


def _moved(est: Any, X: Any, held: HeldOut, rows: Array) -> Attributions:
    """What moved what was said of some rows: the class, the label farthest off, the number."""
    average = Average.of(est)
    assert average.table is not None
    assert average.middle is not None
    table = average.table(X).take(rows)
    if held.task == "multilabel":
        which = np.abs(held.outputs[rows] - held.y[rows]).argmax(axis=1)
    elif held.task == "regression":
        several = len(average.names) > 1 and len(average.names) != len(average.quantiles)
        which = np.full(len(rows), 0 if several else average.usual())
    else:
        which = held.guessed[rows]
    cells = cells_as_text(table, average.columns)
    x = average.encode(X)[rows]
    return explained(average, x, cells, which, average.middle, "", tolerance=1e-2)
