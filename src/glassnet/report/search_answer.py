"""The answer of a search in two sentences, and what to know before relying on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.report.figures.search import searched_sizes
from glassnet.report.figures.search_axes import candidate_name, depth_name, with_spread
from glassnet.report.figures.search_sizes import best_of_depths
from glassnet.report.look import number, shortened
from glassnet.tuning.importance import ENOUGH
from glassnet.tuning.lessons import (
    Entry,
    domains,
    entries,
    hidden_layers,
    rungs_reached,
    smallest_as_good,
)
from glassnet.tuning.result import SearchResult
from glassnet.tuning.space import Between
from glassnet.tuning.trials import Record

_NEAR = 0.03  # of a range, from its end, that counts as at the end


@dataclass(frozen=True)
class Estimate:
    """The score on rows that the search never saw; nan without such rows.

    Attributes
    ----------
    score : float
    rows : int
        0 where it is not known how many.
    """

    score: float
    rows: int = 0

    @property
    def known(self) -> bool:
        """Whether there is one."""
        return bool(np.isfinite(self.score))


def answer(found: SearchResult, best: Record, estimate: Estimate) -> str:
    """What is best and how good it is; then whether layers and units made the difference."""
    metric = "R²" if found.scoring == "r2" else found.scoring.replace("_", " ")
    count = len(found.records)
    which = f"Best of {count:,} candidates" if count > 1 else "The only candidate"
    phi = best.values.get("activation")
    said = f"{which}: {layers_in_words(hidden_layers(best))}" + (f" ({phi})" if phi else "")
    score = with_spread(estimate.score if estimate.known else best.last.score, np.nan)
    rows = f"{estimate.rows:,} rows" if estimate.rows else "rows"
    where = (
        f"{rows} that the search never saw" if estimate.known else "validation rows that chose it"
    )
    return f"{said}, with {metric} {score} on {where}. {_what_matters(found)}".strip()


def layers_in_words(units: Sequence[int]) -> str:
    """Hidden layers in words.

    Examples
    --------
    >>> layers_in_words((64, 32)), layers_in_words((16, 16, 16))
    ('2 hidden layers of 64 and 32 units', '3 hidden layers of 16 units')
    """
    if not units:
        return "no hidden layer"
    layers = f"{len(units)} hidden layer" + ("s" if len(units) > 1 else "")
    sizes = [f"{units[0]}"] if len(set(units)) == 1 else [str(size) for size in units]
    listed = sizes[0] if len(sizes) == 1 else ", ".join(sizes[:-1]) + " and " + sizes[-1]
    return f"{layers} of {listed} units"


def _what_matters(found: SearchResult) -> str:
    """The second sentence."""
    if not searched_sizes(found):
        told = found.by_importance
        if not told:
            return ""
        if len(told) > 1 and told[0].low <= told[1].high:
            return "No parameter stands out as the one that matters most."
        return f"What matters most is {told[0].name}."
    held = _last_with_depths(found)
    if not held:
        return ""
    trained = _trained(found, held[0])
    best = best_of_depths(held)
    if len(best) == 1:
        return _smaller(held, trained)
    first, *others = best.values()
    first_words = depth_name(len(hidden_layers(first.record)))
    if not np.isfinite(first.spread):
        errors = [f"{number(each.error)} with {depth_name(_depth(each))}" for each in others]
        return (
            f"{trained}, the best with {first_words} has an error of {number(first.error)}, "
            f"against {_listed(errors)}."
        )
    others.sort(key=_depth)
    near = [each for each in others if each.error <= first.error + first.spread]
    if not near:
        return f"{trained}, no other depth came within the spread of the best with {first_words}."
    names = _listed([depth_name(_depth(each)) for each in near])
    return (
        f"Depth matters little: {trained[0].lower()}{trained[1:]}, the best with {names} came "
        f"within the spread over the folds of the best with {first_words}."
    )


def _depth(entry: Entry) -> int:
    return len(hidden_layers(entry.record))


def _trained(found: SearchResult, entry: Entry) -> str:
    epochs = found.epochs_of(entry.outcome.rung)
    if epochs is None:
        return f"At rung {entry.outcome.rung + 1}"
    return f"Trained for {epochs} epoch" + ("s" if epochs != 1 else "")


def _last_with_depths(found: SearchResult) -> list[Entry]:
    """The longest training at which several depths can be compared, or else several candidates."""
    held = [
        entries(found.records, found.scoring, rung)
        for rung in reversed(rungs_reached(found.records))
    ]
    several = [one for one in held if len(best_of_depths(one)) > 1]
    more = [one for one in held if len(one) > 1]
    return (several or more or [[]])[0]


def _smaller(held: Sequence[Entry], trained: str) -> str:
    small = smallest_as_good(held)
    if small is None:
        return ""
    if small is held[0]:
        return f"{trained}, no smaller network came within its spread over the folds."
    return (
        f"{trained}, {candidate_name(small.record)} with {small.outcome.parameters:,} parameters "
        "came within the spread over the folds of the best."
    )


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def notes_on_search(found: SearchResult, best: Record, estimate: Estimate) -> Iterator[str]:
    """What a careful reader must know."""
    if found.interrupted:
        yield "Ctrl-C ended the search early: this is the best of what was done until then."
    if not estimate.known:
        yield (
            "No rows were kept from the search: the validation score is the highest of "
            f"{len(found.records)} and flatters. Score the network on rows of your own."
        )
    if len(best.last.scores) == 1:
        yield (
            "There was one hold-out: nothing here tells by how much scores would differ on other "
            "rows. Search with folds=3 for that."
        )
    yield from _at_an_end(found, best)
    failed = [record for record in found.records if not record.last.scores]
    if 2 * len(failed) > len(found.records):
        why, count = Counter(record.last.failed for record in failed).most_common(1)[0]
        yield (
            f"{len(failed)} of {len(found.records)} candidates failed, {count} of them so: "
            f"{shortened(why, 160)}"
        )
    verdict = next((each.verdict for each in best.outcomes if each.verdict), "")
    if verdict and len(best.outcomes) == 1:
        yield f"The doctor says of the best candidate: {verdict}"
    if len(found.records) < ENOUGH:
        yield (
            f"Which parameters matter is left out: to tell takes {ENOUGH} candidates trained for "
            f"as many epochs, and there was no more than {len(found.records)}."
        )


def _at_an_end(found: SearchResult, best: Record) -> Iterator[str]:
    for name, domain in domains(found.study).items():
        value = best.values.get(name)
        if not isinstance(domain, Between) or domain.low == domain.high or value is None:
            continue
        low, high, at = float(domain.low), float(domain.high), float(value)
        if domain.log:
            low, high, at = float(np.log(low)), float(np.log(high)), float(np.log(at))
        place = (at - low) / (high - low)
        natural = name == "depth" and place < 0.5  # there is no smaller one
        if min(place, 1 - place) < _NEAR and not natural:
            side = "lower" if place < 0.5 else "upper"
            yield (
                f"The best {name}, {number(float(value))}, lies at the {side} end of what was "
                f"searched ({number(domain.low)} to {number(domain.high)}). Widen the range."
            )
