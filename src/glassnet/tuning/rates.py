"""Between which learning rates to search: what a range test says of the rows."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import GlassnetError
from glassnet.training.range_test import learning_rate_range
from glassnet.tuning.space import Between
from glassnet.tuning.training import estimator

_ROWS = 4096
_SIZES, _BATCH = (64, 64), 32
_USUAL = 0.02  # where the cost does not blow up at any rate
_BELOW, _ABOVE = 40.0, 2.0  # as far as other networks than the one that is tested may want it
_LEAST, _MOST = 1e-4, 0.1


def rate_range(x: Array, y: Array, *, classes: bool, seed: int = 0) -> Between:
    """Adam's rates for networks on these rows, over almost two orders of magnitude.

    A network of two layers of 64 is trained for a hundred steps at rates that rise
    (:func:`glassnet.training.range_test.learning_rate_range`). The rate at which its cost begins to
    blow up is near the upper end: smaller networks and larger batches bear more, deeper ones less.

    Parameters
    ----------
    x, y : (m, n₀), (m,)
        The first 4,096 rows are used.
    classes : bool
    seed : int

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(200, 3))
    >>> found = rate_range(x, x[:, 0] * x[:, 1], classes=False)
    >>> found.log, 1e-4 <= found.low < 3e-3 < found.high <= 0.1
    (True, True)
    """
    blown_up = _divergence(x[:_ROWS], y[:_ROWS], classes, seed) or _USUAL
    high = float(np.clip(blown_up * _ABOVE, 0.01, _MOST))
    return Between(_rounded(max(_LEAST, high / (_ABOVE * _BELOW))), _rounded(high), log=True)


def _divergence(x: Array, y: Array, classes: bool, seed: int) -> float | None:
    told: dict[str, Any] = {"hidden_layer_sizes": _SIZES, "dtype": "float32", "max_iter": 1}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = estimator(classes, {**told, "learning_rate_init": 1e-12}, seed).fit(x, y)
        inputs, targets, _ = model.__glassnet_rows__(x, y)
        net = model.network_
        net.state = replace(net.state, memory={})
        found = learning_rate_range(
            net, inputs, targets, low=1e-5, high=1.0, optimizer="adam", batch_size=_BATCH
        )
    except (GlassnetError, ValueError):
        return None
    return found.divergence


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")
