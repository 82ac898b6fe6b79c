"""Schedules along cosines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.arrays import Array
from glassnet.optim.contracts import Clock, Memory, Schedule
from glassnet.optim.ranges import AT_LEAST_1, CLOSED_SHARE, COUNT, OPEN_SHARE, SHARE, check


@dataclass(frozen=True)
class Cosine(Schedule):
    """η = floor + (η₀ − floor) ½ (1 + cos(π step / total)).  Loshchilov & Hutter (2017), eq. 5.

    ``floor`` is a share of η₀.

    Examples
    --------
    >>> Cosine().rates(1.0, {}, Clock(0, 1, 4), 4).round(3).tolist()
    [1.0, 0.854, 0.5, 0.146]
    """

    floor: float = 0.0

    name = "cosine"

    def __post_init__(self) -> None:
        check(self, floor=CLOSED_SHARE)

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        fall = (1 + np.cos(np.pi * clock.shares(steps))) / 2
        return base * (self.floor + (1 - self.floor) * fall)


@dataclass(frozen=True)
class FlatCosine(Schedule):
    """η = η₀ for a share ``flat`` of the run, then falls to 0 along half a cosine.

    What RealMLP multiplies its dropout and weight decay by (Holzmüller et al., 2024).

    Examples
    --------
    >>> FlatCosine().rates(1.0, {}, Clock(0, 1, 8), 8).round(3).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.854, 0.5, 0.146]
    """

    flat: float = 0.5

    name = "flat_cosine"

    def __post_init__(self) -> None:
        check(self, flat=SHARE)

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        falling = np.clip((clock.shares(steps) - self.flat) / (1 - self.flat), 0, 1)
        return base * (1 + np.cos(np.pi * falling)) / 2


@dataclass(frozen=True)
class CosineLog(Schedule):
    """η = η₀ ½ (1 − cos(2π log₂(1 + (2ᶜ − 1) s))) at the share s of the run: c waves, ever longer.

    It begins and ends at 0. Holzmüller et al. (2024), "coslog4".

    Examples
    --------
    >>> CosineLog(cycles=1).rates(1.0, {}, Clock(0, 1, 4), 4).round(3).tolist()
    [0.0, 0.718, 0.93, 0.324]
    """

    cycles: int = 4

    name = "cosine_log"

    def __post_init__(self) -> None:
        check(self, cycles=COUNT)

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        stretched = np.log2(1 + (2.0**self.cycles - 1) * clock.shares(steps))
        return base * (1 - np.cos(2 * np.pi * stretched)) / 2


@dataclass(frozen=True)
class OneCycle(Schedule):
    """η rises from η₀ / divisor to η₀ over the first ``rise`` of the run, then falls to almost 0.

    Both arms are cosines; the last is η₀ / last_divisor.  Smith & Topin (2019).

    Examples
    --------
    >>> OneCycle(rise=0.5, divisor=10).rates(1.0, {}, Clock(0, 1, 4), 4).round(4).tolist()
    [0.1, 0.55, 1.0, 0.5001]
    """

    rise: float = 0.3
    divisor: float = 25.0
    last_divisor: float = 1e4

    name = "one_cycle"

    def __post_init__(self) -> None:
        check(self, rise=OPEN_SHARE, divisor=AT_LEAST_1, last_divisor=AT_LEAST_1)

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        share = clock.shares(steps)
        up = np.clip(share / self.rise, 0, 1)
        down = np.clip((share - self.rise) / (1 - self.rise), 0, 1)
        first, last = base / self.divisor, base / self.last_divisor
        rising = first + (base - first) * (1 - np.cos(np.pi * up)) / 2
        falling = last + (base - last) * (1 + np.cos(np.pi * down)) / 2
        return np.where(share < self.rise, rising, falling)
