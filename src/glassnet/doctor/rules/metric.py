"""METRIC: a score that does not measure what is learned."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.rules.heads import MOST_CLASSES
from glassnet.inspection.numerals import numeral

_OF_CLASSES = ("accuracy", "f1", "auc", "recall", "precision")
_EPOCHS = 10
_FOLLOWS = 0.5


def metric(chart: Chart) -> Finding | None:
    """Accuracy of targets that are measurements; or a score that does not move with its own loss.

    The score and the loss are those of the validation rows in the history, rank by rank, over ten
    epochs or more in which that loss went down by a third: on a plateau nothing is to be followed.

    References
    ----------
    Ben Braiek & Khomh (2022), TheDeepChecker: correlation of loss and metric.

    Examples
    --------
    >>> import glassnet as gn
    >>> rows = [{"J": 1 / k, "val_loss": 1 / k, "val_accuracy": 0.0} for k in range(1, 12)]
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> X, y = [[0.1], [0.7], [1.3]], [0.12, 0.77, 1.31]
    >>> gn.diagnose(net, X, y, history=gn.History(rows)).findings[0].code
    'METRIC'
    """
    curve = chart.curve
    if curve is None or chart.y is None:
        return None
    table = chart.table
    measured = not table.y_whole or table.y_values > MOST_CLASSES
    for name, follows in curve.scores.items():
        if measured and table.shares is None and any(word in name for word in _OF_CLASSES):
            return Finding(
                "METRIC",
                f"{name} counts equal answers, and y holds {table.y_values} different values from "
                f"{numeral(table.y_low)} to {numeral(table.y_high)}.",
                "No output equals a measurement: the score stays near 0 however good the network.",
                'Score a regression by "r2" or "rmse".',
                {},
                layer=None,
                numbers={"values": table.y_values},
                first="after training",
                confidence=0.95,
            )
        fell = curve.epochs >= _EPOCHS and curve.val_lowest < 0.67 * curve.val_first
        if fell and follows < _FOLLOWS:
            return Finding(
                "METRIC",
                f"Over {curve.epochs} epochs the ranks of {name} and of the validation loss have a "
                f"correlation of {numeral(-follows, 2)}, where a score that follows it has one "
                "near −1 or 1.",
                "What is reported is not what is learned: the score says little about the network.",
                f"Look at how {name} is computed: thresholds, averages, the rows it sees.",
                {},
                numbers={"correlation": follows},
                first="after training",
                severity="advice",
                confidence=0.6,
            )
    return None
