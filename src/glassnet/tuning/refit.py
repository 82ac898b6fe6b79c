"""The best candidate, trained anew on all the rows that a search learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.estimators import blueprint
from glassnet.tuning.training import estimator


def refitted(
    x: Array,
    y: Array,
    parameters: Mapping[str, Any],
    rungs: Sequence[int],
    *,
    classes: bool,
    seed: int,
) -> Any:
    """An estimator trained as its candidate was.

    A schedule that plans the whole run came to its end at each rung, and rose again: so it does
    here.

    Parameters
    ----------
    x, y : (m, n₀), (m,)
    parameters : mapping
        Of the estimator; ``max_iter`` are the epochs in all.
    rungs : sequence of int
        Where the candidate rested.
    classes : bool
    seed : int

    Examples
    --------
    >>> x = np.linspace(-1, 1, 40)[:, None]
    >>> told = {"hidden_layer_sizes": (4,), "max_iter": 9, "schedule": "cosine"}
    >>> len(refitted(x, x[:, 0], told, (1, 3, 9), classes=False, seed=0).history_)
    9
    """
    model = estimator(classes, parameters, seed)
    epochs = int(parameters["max_iter"])
    stops = [epochs]
    if blueprint.plans_the_whole_run(blueprint.schedule(model)):
        stops = [rung for rung in rungs if rung < epochs] + stops
    model.set_params(warm_start=True, n_iter_no_change=np.inf)
    before = 0
    for stop in stops:
        model.set_params(max_iter=stop - before).fit(x, y)
        before = stop
    return model.set_params(warm_start=False, max_iter=epochs)
