"""Signals of a few steps: what the optimizer's updates do to the cost of their own rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from glassnet.arrays import Array
from glassnet.engine.interface import Moment
from glassnet.network.specification import Specification


@dataclass(frozen=True)
class StepSigns:
    """What K watched steps do, taken on a copy with the run's batch size and optimizer memory.

    Every step is seen from its own rows: J(θ) before it and J(θ + Δ) after it are of one batch, and
    so are the gradients g and g⁺. Dropout is off. Medians are over the K steps; a number that
    cannot be had is nan.

    Attributes
    ----------
    t : int
        Steps the network had taken before the first of them.
    steps : int
        K that were taken; fewer than planned where J or θ left the finite numbers.
    rows : int
        Rows of a batch.
    rate : float
        The learning rate of the moment, after its schedule.
    before, after : tuple of float
        J of each step's batch at θ and at θ + Δ.
    rises : float in [0, 1]
        Share of the steps with J after > J before: the step raises the cost of its own rows.
    moved : float ≥ 0
        Median of ‖ΔW‖ / ‖W‖ over all weights, of the updates really made; biases do not count.
    layers_moved : tuple of float
        The same of each layer; ``layers_moved[l - 1]`` is layer l.
    turned : float in [−1, 1]
        Median cosine between g and g⁺: below −0.5 a step lands on the other side of the valley.
    cosine : float in [−1, 1]
        Median cosine between the gradients of consecutive steps, each of its own batch.
    downhill : float in [−1, 1]
        Median cosine between Δ and −g; not above 0 where updates do not follow the gradient.
    kept : float
        Median of (J before − J after) / −g·Δ: 1 where the cost is a straight line along the step,
        ½ where the step ends at the bottom of the valley, below 0 where it climbs out of it.
    signal : float ≥ 0
        ‖ḡ‖² / (mean ‖gᵢ − ḡ‖² / K) over the gradients gᵢ of the K batches at the first θ: how far
        their mean stands out of its own sampling noise. About 1 and below: nothing but noise.
    lost : bool
        Whether J or θ left the finite numbers.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.doctor.rehearsal import watched_steps
    >>> from glassnet.doctor.patient import patient
    >>> from glassnet.doctor.plan import plan_of
    >>> net = gn.Network(1, [gn.Dense(1, "identity")], seed=0)
    >>> who = patient(net, [[-1.0], [1.0]], [-2.0, 2.0])
    >>> signs = watched_steps(who, plan_of(None, gn.SGD(0.1), 1, 2))
    >>> signs.rises, 0.9 < signs.kept < 1, signs.downhill
    (0.0, True, 1.0)
    >>> wild = watched_steps(who, plan_of(None, gn.SGD(2.5), 1, 2))
    >>> wild.rises, wild.turned, wild.kept < 0
    (1.0, -1.0, True)
    """

    t: int
    steps: int
    rows: int
    rate: float
    before: tuple[float, ...]
    after: tuple[float, ...]
    rises: float
    moved: float
    layers_moved: tuple[float, ...]
    turned: float
    cosine: float
    downhill: float
    kept: float
    signal: float
    lost: bool


def step_signs(
    spec: Specification,
    t: int,
    rows: int,
    rate: float,
    seen: Sequence[Moment],
    after: Sequence[Moment],
    first: Sequence[Array],
) -> StepSigns:
    """The signals of steps that were seen with g, θ and change, and of their rows afterwards.

    Parameters
    ----------
    spec : Specification
    t, rows, rate : as of :class:`StepSigns`
    seen : sequence of Moment
        The steps, each with ``g``, ``theta`` and ``change``.
    after : sequence of Moment
        The gradient at θ + Δ of the same rows, of each step that was taken.
    first : sequence of (p,) arrays
        Gradients of all the batches at the first θ.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> spec = Specification(1, (Dense(1, "identity", bias=False),))
    >>> one = np.ones(1)
    >>> seen = Moment(0, 2.0, 2.0, 0.0, 1.0, g=2 * one, theta=4 * one, change=-one)
    >>> then = Moment(1, 0.5, 0.5, 0.0, 1.0, g=one)
    >>> signs = step_signs(spec, 0, 1, 0.5, [seen], [then], [])
    >>> signs.moved, signs.kept, signs.turned
    (0.25, 0.75, 1.0)
    """
    taken = list(zip(seen, after, strict=False))
    before_J = np.array([moment.J for moment, _ in taken])
    after_J = np.array([moment.J for _, moment in taken])
    g = [np.asarray(moment.g, np.float64) for moment, _ in taken]
    g_after = [np.asarray(moment.g, np.float64) for _, moment in taken]
    change = [np.asarray(moment.change, np.float64) for moment, _ in taken]
    theta = [np.asarray(moment.theta, np.float64) for moment, _ in taken]
    weights = np.asarray(spec.is_weight, bool)
    promised = np.array([-(a @ d) for a, d in zip(g, change, strict=True)])
    return StepSigns(
        t=t,
        steps=len(taken),
        rows=rows,
        rate=rate,
        before=tuple(float(J) for J in before_J),
        after=tuple(float(J) for J in after_J),
        rises=float(np.mean(~(after_J <= before_J))) if taken else float("nan"),
        moved=_middle([_moved(d, a, weights) for d, a in zip(change, theta, strict=True)]),
        layers_moved=tuple(
            _middle([_moved(d, a, part) for d, a in zip(change, theta, strict=True)])
            for part in (slice(s.start, s.stop) for s in spec.slots if s.name == "W")
        ),
        turned=_middle([_cosine(a, b) for a, b in zip(g, g_after, strict=True)]),
        cosine=_middle([_cosine(a, b) for a, b in pairwise(g)]),
        downhill=_middle([_cosine(-a, d) for a, d in zip(g, change, strict=True)]),
        kept=_middle([
            float(fall / hoped) if hoped else float("nan")
            for fall, hoped in zip(before_J - after_J, promised, strict=True)
        ]),
        signal=_signal(first),
        lost=not all(moment.finite and np.isfinite(moment.J) for moment in (*seen, *after)),
    )  # fmt: skip


def _middle(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.median(known)) if known else float("nan")


def _moved(change: Array, theta: Array, which: Array | slice) -> float:
    size = float(np.linalg.norm(theta[which]))
    return float(np.linalg.norm(change[which])) / size if size > 0 else float("nan")


def _cosine(a: Array, b: Array) -> float:
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return round(float(a @ b) / size, 12) if 0 < size < np.inf else float("nan")


def _signal(gradients: Sequence[Array]) -> float:
    if len(gradients) < 2:
        return float("nan")
    all_of_them = np.asarray(gradients, np.float64)
    mean = all_of_them.mean(axis=0)
    noise = float(np.square(all_of_them - mean).sum()) / (len(all_of_them) - 1)
    return float(np.square(mean).sum()) * len(all_of_them) / noise if noise > 0 else float("inf")
