"""What a training tells of any single row, as (ε, δ); reckoned by an accountant library."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from glassnet.errors import InvalidValue, Unsupported
from glassnet.optim.ranges import COUNT, OPEN_SHARE, POSITIVE, Range
from glassnet.training.noisy_steps import NoisySteps
from glassnet.training.train import Run


@dataclass(frozen=True)
class Privacy:
    """(ε, δ)-differential privacy of a training; made by :func:`privacy`, which says of what.

    Attributes
    ----------
    epsilon : float
        ε ≥ 0; infinite where some steps had no noise.
    delta : float
        δ.
    steps : tuple of NoisySteps

    Examples
    --------
    >>> Privacy(1.5, 1e-5, ())
    Privacy(epsilon=1.5, delta=1e-05, steps=())
    """

    epsilon: float
    delta: float
    steps: tuple[NoisySteps, ...]


def privacy(
    runs: Any = None,
    *,
    delta: float,
    rows: int | None = None,
    batch_size: int | None = None,
    epochs: int | None = None,
    noise_multiplier: float | None = None,
) -> Privacy:
    """Say how little a training with noise tells of any one row: (ε, δ) of DP-SGD.

    Whatever anybody sees of the trained parameters, with or without a given row among the rows,
    the probabilities differ by no more than a factor e^ε, but for an event of probability δ. The
    neighbours are data sets of which one has one row more. It holds for what
    ``train(clip_per_sample=…, noise_multiplier=…)`` does: each row is in each batch with
    probability batch_size / rows, by itself. The accountant composes the privacy loss
    distributions of the steps and rounds upwards, so ε is a bound.

    It is about the parameters. J and the history, validation on rows that are to be private, a
    scaling learned from them, or settings chosen by looking at them, tell more. So does the seed,
    which the network's State keeps: whoever has it can draw the noise again.

    Parameters
    ----------
    runs : Run or sequence of Run, optional
        What :func:`glassnet.train` gave; several trainings on the same rows add up, and all of them
        must be there. In its place the four numbers below plan one.
    delta : float in (0, 1)
        δ, well below 1 / rows.
    rows, batch_size, epochs : int ≥ 1, optional
        An epoch is ⌈rows / batch_size⌉ steps.
    noise_multiplier : float > 0, optional
        σ.

    Returns
    -------
    Privacy

    Raises
    ------
    InvalidValue
    Unsupported
        If the accountant (dp-accounting) is not installed.

    References
    ----------
    Abadi et al. (2016), Deep learning with differential privacy. Koskela, Jälkö & Honkela (2020),
    Computing tight differential privacy guarantees using FFT.

    Examples
    --------
    >>> found = privacy(rows=60_000, batch_size=600, epochs=10, noise_multiplier=1.1, delta=1e-5)
    >>> round(found.epsilon, 1), found.steps[0].steps
    (1.5, 1000)
    """
    share = OPEN_SHARE.number(delta)
    if share is None:
        raise InvalidValue(f"delta must be {OPEN_SHARE.words}; got {delta!r}.")
    planned = {"rows": rows, "batch_size": batch_size, "epochs": epochs}
    numbers = planned | {"noise_multiplier": noise_multiplier}
    given = [name for name, value in numbers.items() if value is not None]
    if (runs is None) != (len(given) == len(numbers)) or (runs is not None and given):
        raise InvalidValue(
            "privacy needs the runs of a training, or else all of rows, batch_size, epochs and "
            f"noise_multiplier; got {'runs' if runs is not None else 'no runs'} and "
            f"{', '.join(given) or 'none of the numbers'}."
        )
    steps = _planned(**numbers) if runs is None else _taken(runs)
    return Privacy(_epsilon(steps, share), share, steps)


def _planned(
    rows: Any, batch_size: Any, epochs: Any, noise_multiplier: Any
) -> tuple[NoisySteps, ...]:
    m, size, count = (
        _number(name, value, COUNT)
        for name, value in (("rows", rows), ("batch_size", batch_size), ("epochs", epochs))
    )
    sigma = _number("noise_multiplier", noise_multiplier, POSITIVE)
    size = min(size, m)
    return (NoisySteps(m, size, count * -(-m // size), sigma),)


def _number(name: str, value: Any, allowed: Range) -> Any:
    number = allowed.number(value)
    if number is None:
        raise InvalidValue(f"{name} of privacy must be {allowed.words}; got {value!r}.")
    return number


def _taken(runs: Any) -> tuple[NoisySteps, ...]:
    given = [runs] if isinstance(runs, Run) or not isinstance(runs, Iterable) else runs
    listed = list(cast("Iterable[Any]", given))
    if not listed or not all(isinstance(run, Run) for run in listed):
        raise InvalidValue(f"runs must be a Run that train has given, or several; got {runs!r}.")
    return tuple(part for run in listed for part in run.noise)


def _epsilon(steps: tuple[NoisySteps, ...], delta: float) -> float:
    if any(part.noise_multiplier == 0 for part in steps):
        return float("inf")
    if not steps:
        return 0.0
    events, pld = _accounting()
    accountant = pld.PLDAccountant()
    for part in steps:
        noise = events.GaussianDpEvent(part.noise_multiplier)
        accountant.compose(events.PoissonSampledDpEvent(part.share, noise), part.steps)
    return float(accountant.get_epsilon(delta))


def _accounting() -> tuple[Any, Any]:
    try:
        import dp_accounting
        from dp_accounting import pld
    except ModuleNotFoundError as error:
        raise Unsupported(
            "privacy needs the accountant library dp-accounting, which is not installed. "
            'Install it with: pip install "glassnet[privacy]"'
        ) from error
    return dp_accounting, pld
