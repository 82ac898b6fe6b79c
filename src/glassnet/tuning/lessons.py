"""What the records of a search say, once only like is compared with like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.tuning.space import Between, parameters_of
from glassnet.tuning.trials import Outcome, Record


def error(score: float, scoring: str) -> float:
    """The score as an error: less is better, and 0 is perfect.

    Examples
    --------
    >>> round(error(0.9, "accuracy"), 3), error(-2.5, "neg_root_mean_squared_error")
    (0.1, 2.5)
    """
    return 0.0 - score if scoring.startswith("neg_") else 1.0 - score


def error_name(scoring: str) -> str:
    """What the error is called.

    Examples
    --------
    >>> error_name("accuracy"), error_name("r2"), error_name("neg_log_loss")
    ('validation error (1 − accuracy)', 'validation error (1 − R²)', 'validation log loss')
    """
    if scoring.startswith("neg_"):
        return "validation " + scoring.removeprefix("neg_").replace("_", " ")
    word = "R²" if scoring == "r2" else scoring.replace("_", " ")
    return f"validation error (1 − {word})"


@dataclass(frozen=True)
class Entry:
    """A candidate as it stood at one rung.

    Attributes
    ----------
    record : Record
    outcome : Outcome
    error : float
        Mean over the folds.
    spread : float
        Standard deviation of the score over the folds; nan with one fold.
    """

    record: Record
    outcome: Outcome
    error: float
    spread: float

    @property
    def went_on(self) -> bool:
        """Whether it was trained further."""
        return self.outcome is not self.record.last

    @property
    def seconds(self) -> float:
        """That it took until then."""
        until = self.record.outcomes.index(self.outcome) + 1
        return float(sum(each.seconds for each in self.record.outcomes[:until]))


def entries(records: Sequence[Record], scoring: str, rung: int) -> list[Entry]:
    """The candidates that have a score at a rung, best first."""
    found = [
        Entry(record, outcome, error(outcome.score, scoring), spread_of(outcome))
        for record in records
        for outcome in record.outcomes
        if outcome.rung == rung and outcome.scores and np.isfinite(outcome.score)
    ]
    return sorted(found, key=lambda entry: (entry.error, entry.record.number))


def latest(records: Sequence[Record], scoring: str) -> list[Entry]:
    """Every candidate as it stood when it last had a score."""
    found: list[Entry] = []
    for record in records:
        scored = [each for each in record.outcomes if each.scores and np.isfinite(each.score)]
        if scored:
            last = scored[-1]
            found.append(Entry(record, last, error(last.score, scoring), spread_of(last)))
    return found


def spread_of(outcome: Outcome) -> float:
    """The standard deviation of its score over the folds; nan with one fold.

    Examples
    --------
    >>> spread_of(Outcome(0, 0, (0.5, 0.7))).__round__(3), spread_of(Outcome(0, 0, (0.5,)))
    (0.1, nan)
    """
    with np.errstate(over="ignore", invalid="ignore"):  # a score may be as low as −10³⁰⁰
        return float(np.std(outcome.scores)) if len(outcome.scores) > 1 else float("nan")


def rungs_reached(records: Sequence[Record]) -> list[int]:
    """The rungs at which some candidate has a score, rising."""
    return sorted(
        {
            each.rung
            for record in records
            for each in record.outcomes
            if each.scores and np.isfinite(each.score)
        }
    )


def rung_to_compare(records: Sequence[Record], least: int) -> int:
    """The highest rung with so many candidates; where none has, that with the most of them.

    Examples
    --------
    >>> scored = lambda number, *rungs: Record(
    ...     number, {}, tuple(Outcome(number, rung, (0.5,)) for rung in rungs), 1
    ... )
    >>> found = [scored(0, 0), scored(1, 0, 1), scored(2, 0, 1, 2)]
    >>> rung_to_compare(found, 2), rung_to_compare(found, 10)
    (1, 0)
    """
    counts = {
        rung: sum(
            bool(each.scores) for record in records for each in record.outcomes if each.rung == rung
        )
        for rung in rungs_reached(records)
    }
    enough = [rung for rung, count in counts.items() if count >= least]
    return max(enough) if enough else max(counts, key=lambda rung: counts[rung], default=0)


def hidden_layers(record: Record) -> tuple[int, ...]:
    """Units of the hidden layers.

    Examples
    --------
    >>> hidden_layers(Record(0, {"depth": 2, "width": 8, "shape": "funnel"}, (), 1))
    (8, 4)
    >>> hidden_layers(Record(0, {"hidden_layer_sizes": "(16, 4)"}, (), 1))
    (16, 4)
    """
    told = parameters_of(record.values) | dict(record.told)
    sizes = told.get("hidden_layer_sizes", (100,))
    if isinstance(sizes, str):  # what a study keeps of a tuple
        sizes = [part for part in sizes.strip("()[] ").split(",") if part.strip()]
    return tuple(int(size) for size in np.atleast_1d(np.asarray(sizes, dtype=np.int64)))


def front(costs: Array, errors: Array) -> list[int]:
    """The positions that no other undercuts in cost and error at once, by rising cost.

    Examples
    --------
    >>> front(np.array([3.0, 1.0, 2.0, 2.0]), np.array([0.1, 0.5, 0.6, 0.2]))
    [1, 3, 0]
    """
    kept: list[int] = []
    for k in np.lexsort((errors, costs)).tolist():
        if not kept or errors[k] < errors[kept[-1]]:
            kept.append(k)
    return kept


def smallest_as_good(found: Sequence[Entry]) -> Entry | None:
    """Of candidates at one rung, the one with fewest parameters within the best one's spread.

    None without a spread.
    """
    if not found or not np.isfinite(found[0].spread):
        return None
    good = [entry for entry in found if entry.error <= found[0].error + found[0].spread]
    return min(good, key=lambda entry: (entry.outcome.parameters, entry.error))


@dataclass(frozen=True)
class Share:
    """Candidates that ended, or went on, for the same reason.

    Attributes
    ----------
    what : str
        The failure or the doctor's verdict in short; empty where nothing was found.
    ended : bool
        Whether it ended them.
    candidates : int
    seconds : float
    part : float
        Of all seconds.
    """

    what: str
    ended: bool
    candidates: int
    seconds: float
    part: float


def budget(records: Sequence[Record]) -> list[Share]:
    """Where the time went, by what was wrong; the reasons that ended candidates first."""
    total = sum(_seconds(record) for record in records)
    groups: dict[tuple[bool, str], list[Record]] = {}
    for record in records:
        groups.setdefault(_reason(record), []).append(record)
    found = [
        Share(what, ended, len(each), seconds, seconds / total if total else 0.0)
        for (ended, what), each in groups.items()
        for seconds in [float(sum(_seconds(record) for record in each))]
    ]
    return sorted(found, key=lambda share: (not share.ended, not share.what, -share.seconds))


def _reason(record: Record) -> tuple[bool, str]:
    failed = record.last.failed
    if failed:
        return True, failed.split(":")[0]
    for each in record.outcomes:
        if each.verdict:
            return each.fatal, re.sub(r" in layers? .*", "", each.verdict.split(":")[0]).rstrip(".")
    return False, ""


def _seconds(record: Record) -> float:
    return sum(outcome.seconds for outcome in record.outcomes)


def domains(study: Any) -> dict[str, Any]:
    """What was searched, in the words of the space: a Between or a tuple of choices by name."""
    found: dict[str, Any] = {}
    for trial in study.get_trials(deepcopy=False) if study is not None else []:
        for name, told in trial.distributions.items():
            if hasattr(told, "choices"):
                found[name] = tuple(told.choices)
            else:
                whole = isinstance(told.low, int)
                found[name] = Between(told.low, told.high, log=bool(told.log), whole=whole)
    return found
