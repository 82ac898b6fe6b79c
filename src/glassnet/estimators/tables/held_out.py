"""What members say of rows that they were not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.estimators.tables.members import averaged
from glassnet.network.network import Network


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Answers for rows of the fit, each from members that held the row out.

    One member or two answer, where all of them average in a prediction: these answers are somewhat
    worse than those. The members' epochs were chosen on these rows, so they are somewhat better
    than answers for new ones.

    Attributes
    ----------
    rows : (r,) int
        Numbers of rows of X, as it was given to fit.
    y : (r,) or (r, k)
        Their targets.
    answers : (r, n) float64
        As ``head_.answers`` has them.

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = [[k / 20] for k in range(20)], [k / 20 for k in range(20)]
    >>> reg = gn.TableRegressor("fast", epochs=5, random_state=0).fit(X, y)
    >>> len(reg.held_out_.rows), reg.held_out_.answers.shape
    (2, (2, 1))
    """

    rows: Array
    y: Array
    answers: Array


def held_out_outputs(
    judged: Sequence[tuple[Network, Array]], x: Array, engine: Any
) -> tuple[Array, Array]:
    """Rows that networks held out, and the outputs of these networks: (r,), (r, n_L) float64.

    A row that several held out has the mean of what they say.

    Parameters
    ----------
    judged : sequence of (Network, (k,) row numbers)
    x : (m, d)
    engine : "auto", a name or an Engine
    """
    total, count = np.zeros((len(x), judged[0][0].units[-1])), np.zeros(len(x))
    for net, rows in judged:
        if len(rows):
            total[rows] += averaged([net], x[rows], engine)
            count[rows] += 1
    found = np.flatnonzero(count)
    return found, total[found] / count[found, None]
