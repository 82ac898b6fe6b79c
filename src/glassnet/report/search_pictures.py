"""The figures of a search, with what one sees in each and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.report.contents import Picture
from glassnet.report.figures.architecture import architecture
from glassnet.report.figures.learning_curves import learning_curves
from glassnet.report.figures.search import plot_search, searched_sizes
from glassnet.report.figures.search_axes import candidate_name
from glassnet.report.look import number
from glassnet.tuning.lessons import budget, entries, front, latest, rungs_reached, smallest_as_good
from glassnet.tuning.result import SearchResult


def pictures_of_search(found: SearchResult) -> Iterator[Picture]:
    """Draw what the records say, the picture that answers the question first."""
    if rungs_reached(found.records):
        yield sizes(found) if searched_sizes(found) else important(found)
    if len(latest(found.records, found.scoring)) > 1:
        yield costs(found)
    if len(found.records) > 2:
        yield settings(found)
    if found.by_importance:
        yield shares(found)
    if rungs_reached(found.records):
        yield curves(found)
    if any(share.what for share in budget(found.records)):
        yield faults(found)
    yield from of_the_best(found.best_estimator)


def sizes(found: SearchResult) -> Picture:
    """How many layers and units?"""
    last = rungs_reached(found.records)[-1]
    held = entries(found.records, found.scoring, last)
    text = (
        "Each point is a candidate; compare points within a panel only, since those of one panel "
    )
    text += "were trained for as many epochs. The best of each depth is large"
    folds = len(held[0].outcome.scores)
    text += f", with the standard deviation over {folds} folds. " if folds > 1 else ". "
    small = smallest_as_good(held)
    if small is not None and small is not held[0]:
        text += (
            f"Of the {len(held)} trained longest, {candidate_name(small.record)} is the smallest "
            f"within one standard deviation of the best: {small.outcome.parameters:,} parameters "
            f"in place of {held[0].outcome.parameters:,}."
        )
    return Picture(
        "How many layers and units?",
        plot_search(found, "sizes"),
        text.strip(),
        "Errors that still fall at the right edge: search wider networks. Bars of the depths that "
        "overlap: take the smaller network. A best candidate that changes from panel to panel: the "
        "first lengths of training are too short to tell; search with more epochs.",
    )


def important(found: SearchResult) -> Picture:
    """The two parameters that matter most, where all candidates had the same layers."""
    return Picture(
        "What makes the difference?",
        plot_search(found, "important"),
        "All candidates had the same layers; these are the two parameters that matter most, for "
        "candidates trained for as many epochs.",
        "A lowest error at an edge: widen the range. To learn how many layers and units are best, "
        "put depth and width into the space.",
    )


def costs(found: SearchResult) -> Picture:
    """Parameters and seconds."""
    everyone = latest(found.records, found.scoring)
    errors = np.array([entry.error for entry in everyone])
    best = front(np.array([entry.outcome.parameters for entry in everyone]), errors)
    cheap, dear = everyone[best[0]], everyone[best[-1]]
    text = f"On the lines stand those that nothing beats at less cost: {len(best)} by parameters, "
    text += f"from {candidate_name(cheap.record)} (error {number(cheap.error)}) "
    text += f"to {candidate_name(dear.record)} ({number(dear.error)}). "
    return Picture(
        "What a lower error costs",
        plot_search(found, "front"),
        text + "Every candidate stands where it was left: more epochs might have brought those "
        "that were given up early further down.",
        "Where the line turns flat, more parameters or time buy little: take a network from before "
        "that.",
    )


def settings(found: SearchResult) -> Picture:
    """Parallel coordinates."""
    return Picture(
        "Settings of the candidates",
        plot_search(found, "settings"),
        "A line is a candidate, from setting to setting; the red one is the best, blue is good, "
        "sand is bad, grey was given up sooner.",
        "Blue lines that run through one point of an axis: that setting matters, search around it. "
        "Blue all over an axis: leave that parameter out of the next search.",
    )


def shares(found: SearchResult) -> Picture:
    """Importances."""
    first = found.by_importance[0]
    return Picture(
        "Which parameters matter",
        plot_search(found, "importances"),
        f"Of what tells the best quarter from the others, {first.name} explains "
        f"{100 * first.share:.0f}% (PED-ANOVA, over candidates trained for as many epochs). Lines "
        "reach from a tenth to nine tenths of what draws of the candidates give.",
        "Long lines: too few candidates to tell. A parameter near 0: fix it, search the others.",
    )


def curves(found: SearchResult) -> Picture:
    """How the best came to their scores."""
    return Picture(
        "Learning curves of the best",
        plot_search(found, "curves"),
        "Validation error by epoch. Points: the best epoch of each length of training; the last "
        "with the standard deviation over the folds, if there are several. Grey: other candidates.",
        "Still falling at the end: search with more epochs. Rising: a penalty or dropout, or fewer "
        "units. Lines that cross late: candidates were given up too early.",
    )


def faults(found: SearchResult) -> Picture:
    """Where the time went."""
    told = budget(found.records)
    ended = [share for share in told if share.ended]
    lost = sum(share.part for share in ended)
    count = sum(share.candidates for share in ended)
    text = (
        f"{count} candidates ended by a failure or a certain fault took {100 * lost:.0f}% of the "
        "time of training (red). " if ended else "No candidate was ended by a fault. "
    )  # fmt: skip
    seen = [share for share in told if share.what and not share.ended]
    text += "Orange: the doctor saw something in the first epochs, and training went on. " * bool(
        seen
    )
    if any(share.what == "too few steps" for share in seen):
        text += "“Too few steps” says that the first length of training is short, as is meant."
    return Picture(
        "Which faults ate the budget",
        plot_search(found, "faults"),
        text.strip(),
        "Much red: narrow the range of what caused it, mostly the learning rate.",
    )


def of_the_best(estimator: Any) -> Iterator[Picture]:
    """The final training and its network."""
    history = getattr(estimator, "history_", None)
    if history is not None and len(history):
        yield Picture(
            "The final training",
            learning_curves(history),
            "J of the best network, trained anew on all rows but the test rows for as many epochs "
            "as in the search.",
        )
    network = getattr(estimator, "network_", None)
    if network is not None:
        yield Picture(
            "The best network",
            architecture(network),
            "Circles are units; solid blue lines are positive weights, dashed red ones negative.",
        )
