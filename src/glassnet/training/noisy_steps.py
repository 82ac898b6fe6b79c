"""Training on clipped rows: what it cannot go with, and the record that privacy rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.data.batches import Selection
from glassnet.engine.interface import Program
from glassnet.errors import InvalidValue
from glassnet.optim.optimizers import LBFGS
from glassnet.training.settings import Settings


@dataclass(frozen=True)
class NoisySteps:
    """Steps of one kind that a training took; ``gn.privacy`` adds them up.

    Attributes
    ----------
    rows : int
        Rows trained on.
    batch_size : int
        Mean size of a batch: each row is in it with probability q = batch_size / rows.
    steps : int
    noise_multiplier : float
        σ; 0 for steps without noise, which keep nothing private.

    Examples
    --------
    >>> NoisySteps(rows=60_000, batch_size=600, steps=1000, noise_multiplier=1.1).share
    0.01
    """

    rows: int
    batch_size: int
    steps: int
    noise_multiplier: float

    @property
    def share(self) -> float:
        """q, the probability of a row to be in a batch."""
        return min(self.batch_size, self.rows) / self.rows


def noisy_steps(
    before: tuple[NoisySteps, ...],
    program: Program,
    data: Selection,
    settings: Settings,
    taken: int,
) -> tuple[NoisySteps, ...]:
    """The record of a run of ``taken`` steps, those of the run before it among them."""
    steps = taken - sum(part.steps for part in before)
    if isinstance(program.optimizer, LBFGS):  # its t stands still
        steps = max(steps, 1)
    if steps == 0:
        return before
    sigma = program.clipping.noise_multiplier or 0.0
    batch_size = min(settings.batch_size, len(data))
    return (*before, NoisySteps(len(data), batch_size, steps, sigma))


def check_clipped_rows(settings: Settings, program: Program, data: Selection) -> None:
    """Refuse what per-sample clipping and noise cannot go with.

    Raises
    ------
    InvalidValue
    """
    clipping, layers = program.clipping, program.specification.layers
    if clipping.per_sample is None:
        return
    if isinstance(program.optimizer, LBFGS):
        raise InvalidValue(
            "lbfgs takes no clip_per_sample: what it follows is then not the gradient of J, and "
            'its line search fails. Use "adam" or "sgd".'
        )
    normed = [l for l, layer in enumerate(layers, 1) if layer.batch_norm and not layer.frozen]
    if normed:
        raise InvalidValue(
            "clip_per_sample needs rows that do not act on each other; batch norm in layer "
            f"{', '.join(map(str, normed))} couples the rows of a batch. Leave batch norm out, or "
            "freeze these layers."
        )
    blended = [l for l, layer in enumerate(layers, 1) if layer.kappa is not None]
    if blended:
        raise InvalidValue(
            "clip_per_sample knows no gradient by κ, which layer "
            f"{', '.join(map(str, blended))} has. Leave kappa out of these layers."
        )
    if program.specification.members > 1:
        raise InvalidValue(
            "clip_per_sample takes plain networks: the gradient of a row is here a sum over "
            f"{program.specification.members} members. Train networks of their own with "
            "gn.run_many, or use clip_norm."
        )
    if clipping.noise_multiplier is not None:
        _check_noise(settings, data)


def _check_noise(settings: Settings, data: Selection) -> None:
    if data.w is not None:
        raise InvalidValue(
            "noise_multiplier takes rows of equal weight, since the noise must cover any of them; "
            "got sample_weight. Leave it out."
        )
    if data.numbers is not None and len(np.unique(data.numbers)) < len(data):
        raise InvalidValue(
            "noise_multiplier takes each row once, since the noise must cover any of them; rows "
            "names some twice. Leave the second out."
        )
    looking = {
        "stop": settings.stop is not None,
        "early_stopping": settings.early_stopping is not None,
        f"schedule={settings.schedule.name!r}": not settings.schedule.open_loop,
    }
    for name, there in looking.items():
        if there:
            raise InvalidValue(
                f"with noise_multiplier nothing but the noisy gradient may look at the rows, or "
                f"more is told of them than gn.privacy says; {name} looks at the cost. "
                'Fix the number of epochs, and a schedule such as "cosine".'
            )
