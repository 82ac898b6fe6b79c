"""OVERFIT: a run that went on after the validation loss had turned."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.inspection.numerals import numeral

_ERRORS = 2.0


def overfit(chart: Chart) -> Finding | None:
    """The validation loss was lowest more than 10 epochs ago and is 20 % above that and above J.

    Where the rows held apart are known, it must have risen by two standard errors of its mean: of
    few rows a single one that is taken for something else can raise it so far.

    Examples
    --------
    >>> import glassnet as gn
    >>> rows = [
    ...     {"J": 1 / k, "step": 9 * k, "val_loss": 0.5 + abs(k - 5) / 20} for k in range(1, 31)
    ... ]
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> gn.diagnose(net, [[1.0], [2.0]], [0.0, 1.0], history=gn.History(rows)).findings[0].code
    'OVERFIT'
    """
    curve = chart.curve
    if curve is None or not curve.finite:
        return None
    worse = curve.val_last > 1.2 * curve.val_lowest and curve.val_last > 1.2 * curve.last
    known = chart.held is None or curve.val_last - curve.val_lowest > _ERRORS * chart.held.error
    if not (curve.val_since > 10 and worse and known):
        return None
    best = curve.epochs - curve.val_since
    return Finding(
        "OVERFIT",
        f"The validation loss was lowest, {numeral(curve.val_lowest, 3)}, in epoch {best} and is "
        f"{numeral(curve.val_last, 3)} at the end, {curve.val_since} epochs later; J is "
        f"{numeral(curve.last, 3)}.",
        "Since then the network learns the training rows by heart at the cost of new ones.",
        "Stop there: early_stopping=True. Then a smaller network, L2 or dropout.",
        {"early_stopping": True},
        numbers={"lowest": curve.val_lowest, "last": curve.val_last, "since": curve.val_since},
        first="after training",
        confidence=0.9,
    )
