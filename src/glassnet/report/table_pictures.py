"""The figures of a table estimator's report, with what one sees in each and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.inspection.dependence import Dependence
from glassnet.inspection.importances import Importances
from glassnet.report.contents import Picture
from glassnet.report.figures.dependence import dependence_figure
from glassnet.report.figures.importances import importances_figure
from glassnet.report.figures.learning_curves import marked_epoch
from glassnet.report.figures.members import member_curves
from glassnet.report.look import plain, shortened
from glassnet.training.history import History


def importances_of(worth: Importances) -> Picture:
    """What each column is worth.

    Examples
    --------
    >>> found = Importances(("a", "b"), np.array([[0.5, 0.7], [0.0, 0.0]]), "RMSE", 1.25, 100)
    >>> importances_of(found).title
    'What each column is worth'
    """
    first = shortened(worth.columns[0])
    idle = int((worth.means <= 2 * worth.spreads).sum())
    text = (
        f"{worth.metric} is {plain(worth.error)} on {worth.rows:,} held-out rows. With the values "
        f"of {first} shuffled it rises by {plain(float(worth.means[0]))}."
    )
    if idle and len(worth) > 1:
        what = "column makes" if idle == 1 else "columns make"
        text += f" {idle} {what} no difference that shuffling shows."
    return Picture(
        "What each column is worth",
        importances_figure(worth),
        text,
        "A column far above all others may hold the answer: is it known before the target is? "
        "Columns that tell the same share their worth, so leave them out one at a time, not all.",
    )


def dependence_of(found: Dependence) -> Picture:
    """How the answer goes with one column.

    Examples
    --------
    >>> made = Dependence(
    ...     "size", "y", np.array([1.0, 2.0]), np.array([0.5, 2.5]), np.array([0.0, 1.0]), None, 10
    ... )
    >>> dependence_of(made).caption
    'Mean y if all rows had this size: least, 0.5, at 1; most, 2.5, at 2.'
    """
    low, high = int(np.argmin(found.means)), int(np.argmax(found.means))
    at = [
        plain(float(found.grid[k]), 4) if found.numeric else shortened(found.grid[k])
        for k in (low, high)
    ]
    name = shortened(found.column, 40)
    ends = [plain(float(found.means[k])) for k in (low, high)]
    text = (
        f"Mean {shortened(found.of)} if all rows had this {name}: least, {ends[0]}, at {at[0]}; "
        f"most, {ends[1]}, at {at[1]}."
    )
    if found.numeric and len(found.grid) > 2:
        text += " Marks on the axis: tenths of the rows."
    if not found.numeric:
        text += " The dashed line: the mean over the levels as the rows have them."
    if found.gap is not None:
        text += f" Where it is missing: {plain(found.gap[0])}."
    return Picture(f"The answer by {name}", dependence_figure(found), text)


def curves_of(histories: Sequence[History]) -> Picture:
    """The members' learning curves.

    Examples
    --------
    >>> import glassnet as gn
    >>> curves_of([gn.History([{"J": 0.5, "val_loss": 0.6}])]).title
    'Learning curves'
    """
    held = all("val_loss" in history.columns for history in histories)
    name = "val_loss" if held else "J"
    kept = [marked_epoch(history) for history in histories]
    values = [h.column(name)[k - 1] for h, k in zip(histories, kept, strict=True) if k]
    each = ", each validated on other rows" if held else ""
    text = f"{len(histories)} members{each}. " if len(histories) > 1 else ""
    if values:
        spread = [plain(float(v)) for v in (min(values), max(values))]
        what = "validation loss" if held else "J"
        between = spread[0] if spread[0] == spread[1] else f"between {spread[0]} and {spread[1]}"
        text += f"The {what} of the epoch that was kept is {between}."
    return Picture(
        "Learning curves",
        member_curves(histories),
        text,
        "Kept epochs at the very end: more epochs may help. Validation far above training: the "
        "networks learn rows by heart; more rows, dropout, or a smaller network. Members that "
        "differ much: the table is small, more members help.",
    )
