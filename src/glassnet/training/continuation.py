"""Going on from a run that has ended, as if it had not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from glassnet.engine.interface import StopRule
from glassnet.network.state import State
from glassnet.training.early_stopping import Watch
from glassnet.training.history import History
from glassnet.training.settings import Settings, Track


@dataclass(frozen=True)
class Left:
    """Where a run stood when it ended.

    Attributes
    ----------
    state : State
        At the last step, also where early stopping then put the best parameters back.
    track : Track
    settings : Settings
    """

    state: State
    track: Track
    settings: Settings


def continued(left: Left, now: State, settings: Settings) -> tuple[State, Track]:
    """The State and Track to go on with.

    Where early stopping put the best parameters back, training goes on from the last ones, not from
    the best: it is still one run. If the network's parameters (``now``) are no longer those that
    the run left, they are what it goes on from. A rule that is not the same as before begins anew.
    An unfinished epoch is taken again from its start.
    """
    track, before = left.track, left.settings
    rule, watch = before.early_stopping, track.watch
    restored = rule is not None and rule.restore_best and watch.theta is not None
    if restored and np.array_equal(now.theta, np.asarray(watch.theta, now.theta.dtype)):
        now = left.state
    same_rule = settings.early_stopping == rule
    return now, replace(
        track,
        history=History(list(track.history)),
        watch=watch if same_rule else Watch(),
        stop_memory=track.stop_memory if settings.stop == before.stop else StopRule.start(),
        costs=[],
        weights=[],
        ended=None,
    )
