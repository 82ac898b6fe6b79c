"""Which output layer fits the targets: what a remedy that is called "head" asks for."""

from __future__ import annotations

import numpy as np

from glassnet.doctor.chart import Chart
from glassnet.doctor.signals.tables import class_shares

MOST_CLASSES = 64
_ROWS_A_CLASS = 3


def head_for(chart: Chart) -> str:
    """The activation: "logistic" for yes or no, "softmax" for one of several, else "identity".

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> from glassnet.doctor.chart import chart
    >>> from glassnet.doctor.patient import patient
    >>> from glassnet.doctor.plan import Plan
    >>> net, X = gn.Network(1, [gn.Dense(1, "relu")]), np.arange(9.0)[:, None]
    >>> head_for(chart(patient(net, X, X[:, 0] % 2), Plan()))
    'logistic'
    >>> head_for(chart(patient(net, X, X[:, 0] % 3), Plan()))
    'identity'
    """
    y = single(chart)
    if y is None:
        codes = chart.table.y_whole and 2 < chart.table.y_values <= MOST_CLASSES
        return "softmax" if codes else "logistic" if chart.table.y_values == 2 else "identity"
    if np.isin(y, (0.0, 1.0)).all():
        one_hot = y.shape[1] > 1 and class_shares(y) is not None
        return "softmax" if one_hot else "logistic"
    if y.shape[1] == 1 and len(np.unique(y)) == 2 and (chart.classifies or chart.table.y_whole):
        return "logistic"
    return "softmax" if chart.classifies and class_numbers(chart) else "identity"


def class_numbers(chart: Chart) -> bool:
    """Whether one column of y holds class numbers: few whole numbers, each on several rows.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> from glassnet.doctor.chart import chart
    >>> from glassnet.doctor.patient import patient
    >>> from glassnet.doctor.plan import Plan
    >>> net, X = gn.Network(1, [gn.Dense(1, "relu")]), np.arange(9.0)[:, None]
    >>> [class_numbers(chart(patient(net, X, y), Plan())) for y in (X % 3, X)]
    [True, False]
    """
    y = single(chart)
    if y is None or y.shape[1] != 1 or not chart.table.y_whole:
        return False
    values = np.unique(y)
    together = 2 < len(values) <= MOST_CLASSES and np.ptp(values) < 2 * len(values)
    return bool(together and len(y) >= _ROWS_A_CLASS * len(values))


def single(chart: Chart) -> np.ndarray | None:
    """y, or its first column where all of several columns are the same."""
    y = chart.y
    if y is None or y.shape[1] == 1 or not (y == y[:, :1]).all():
        return y
    return y[:, :1]
