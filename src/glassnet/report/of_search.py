"""The page of a search: which architecture, how sure that is, and what the time went into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glassnet.report.contents import Report, TextTable, Tile
from glassnet.report.figures.search_axes import candidate_name, with_spread
from glassnet.report.look import number, readers_fonts, shortened
from glassnet.report.scores import interval
from glassnet.report.search_answer import Estimate, answer, notes_on_search
from glassnet.report.search_pictures import pictures_of_search
from glassnet.tuning.lessons import budget, domains, spread_of
from glassnet.tuning.result import SearchResult, order
from glassnet.tuning.space import Between
from glassnet.tuning.trials import Record

_SHOWN = 5
_MOST_ROWS = 1000
_TRAINED = ("epochs", "parameters", "seconds")


def report_of_search(
    found: SearchResult,
    *,
    title: str = "Which architecture?",
    source: str = "",
    test_score: float | None = None,
    test_rows: int = 0,
    command: str = "",
    next_command: str = "",
) -> Report:
    """The report of a search, for :func:`glassnet.report.write_report`.

    Parameters
    ----------
    found : SearchResult
    title, source : str
        What was searched for, in which rows.
    test_score : float, optional
        Of the best network on rows that the search never saw; by default ``found.test_score``.
    test_rows : int
        How many they are, where that is known.
    command, next_command : str
        What makes the same report again, and what to do next.

    Returns
    -------
    Report

    Examples
    --------
    >>> import glassnet as gn
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> found = gn.search(X, y, {"width": [4, 16], "depth": [1, 2]}, trials=4, epochs=9)
    >>> made = report_of_search(found, source="iris")
    >>> made.verdict[:23], made.pictures[0].title
    ('Best of 4 candidates: 1', 'How many layers and units?')
    """
    estimate = Estimate(found.test_score if test_score is None else test_score, test_rows)
    best = min(found.records, key=order)
    with readers_fonts():
        pictures = tuple(pictures_of_search(found))
    known = domains(found.study).values()
    varied = sum(isinstance(domain, Between) or len(domain) > 1 for domain in known)
    told = (f"search over {varied} parameter" + "s" * (varied != 1), source)
    return Report(
        title=title,
        task=", ".join(part for part in told if part),
        verdict=answer(found, best, estimate),
        tiles=tuple(_tiles(found, best, estimate)),
        notes=tuple(notes_on_search(found, best, estimate)),
        scores=(_estimate(found, best, estimate), _best_candidates(found)),
        pictures=pictures,
        details=(_winner(found), _searched(found, best), _settings(found), _budget(found)),
        epochs=_all_candidates(found),
        command=command,
        next_command=next_command,
    )


def _tiles(found: SearchResult, best: Record, estimate: Estimate) -> Iterator[Tile]:
    if estimate.known:
        note = f"{estimate.rows:,} rows" if estimate.rows else "rows the search never saw"
        if estimate.rows and found.scoring == "accuracy":
            low, high = interval(estimate.score, estimate.rows)
            note += f"; 95% interval {low:.3f} to {high:.3f}"
        yield Tile(f"{_metric(found)} on test rows", _plainly(estimate.score), note)
    spread, folds = spread_of(best.last), len(best.last.scores)
    note = f"± {number(spread, 2)} over {folds} folds" if folds > 1 else "one hold-out"
    yield Tile(f"{_metric(found)} on validation rows", _plainly(best.last.score), note)
    parameters = f"{best.last.parameters:,} parameters"
    yield Tile("best network", candidate_name(best, activation=True), parameters)
    failed = sum(not record.last.scores for record in found.records)
    ended = sum(record.last.fatal for record in found.records)
    note = ", ".join(
        [f"{ended} ended by the doctor"] * bool(ended) + [f"{failed} failed"] * bool(failed)
    )
    yield Tile("candidates", f"{len(found.records):,}", note or "none failed")
    yield Tile("time", _time(found.seconds), "ended by Ctrl-C" if found.interrupted else "")


def _estimate(found: SearchResult, best: Record, estimate: Estimate) -> TextTable:
    rows = [("validation rows, by which it was chosen", _score(best))]
    if estimate.known:
        rows.append(("test rows, which the search never saw", _plainly(estimate.score)))
    return TextTable(
        f"The estimate ({_metric(found)})",
        (),
        tuple(rows),
        f"The validation score is the highest of {len(found.records)}, and it was chosen for being "
        "the highest: part of it is luck, and more so the more candidates there are. Test rows "
        "took no part in the choice, so their score does not flatter."
        + (" ± is the standard deviation over the folds." * (len(best.last.scores) > 1)),
    )


def _best_candidates(found: SearchResult) -> TextTable:
    ranked = [record for record in sorted(found.records, key=order) if record.last.scores]
    rows = tuple(
        (f"#{record.number} {candidate_name(record, activation=True)}", *_trained(record))
        for record in ranked[:_SHOWN]
    )
    return TextTable("Best candidates", ("network", _metric(found), *_TRAINED), rows)


def _all_candidates(found: SearchResult) -> TextTable:
    ranked = sorted(found.records, key=order)
    names = list(domains(found.study))
    rows = tuple(
        (
            f"#{record.number} {candidate_name(record)}",
            *_trained(record),
            *(_value(record.values.get(name)) for name in names),
            shortened(record.last.failed or record.outcomes[0].verdict or "–", 60),
        )
        for record in ranked[:_MOST_ROWS]
    )
    head = ("network", _metric(found), *_TRAINED, *names, "what was wrong")
    which = "All" if len(ranked) <= _MOST_ROWS else f"The best {_MOST_ROWS:,} of"
    return TextTable(f"{which} {len(ranked):,} candidates, best first", head, rows)


def _trained(record: Record) -> tuple[str, ...]:
    """The score, and under the heads of ``_TRAINED`` what it took."""
    parameters = record.last.parameters or record.outcomes[0].parameters
    seconds = sum(each.seconds for each in record.outcomes)
    return _score(record), f"{record.epochs:,}", f"{parameters:,}", number(seconds, 2)


def _winner(found: SearchResult) -> TextTable:
    rows = tuple((name, _value(value)) for name, value in found.best_parameters.items())
    kind = type(found.best_estimator).__name__
    return TextTable(f"The best network: {kind} with", (), rows)


def _searched(found: SearchResult, best: Record) -> TextTable:
    rows = tuple(
        (name, _domain(domain), _value(best.values.get(name)))
        for name, domain in domains(found.study).items()
    )
    return TextTable("What was searched", ("parameter", "from", "best"), rows)


def _settings(found: SearchResult) -> TextTable:
    told = found.settings
    rows = [("candidates", f"{len(found.records):,}"), ("time", _time(found.seconds))]
    rows += [("rows", str(told["rows"]).split(",")[0].replace(" x ", " × "))] * ("rows" in told)
    if "test_size" in told:
        share = f"{100 * told['test_size']:.0f}% of them"
        rows.append(("test rows", share if told["test_size"] else "none of these"))
    if told.get("rungs"):
        rows.append(("epochs of each length", ", ".join(str(epochs) for epochs in told["rungs"])))
    rows += [(name, str(told[name])) for name in ("method", "folds", "scoring", "seed")
             if name in told]  # fmt: skip
    return TextTable("How it was searched", (), tuple(rows))


def _budget(found: SearchResult) -> TextTable:
    rows = tuple(
        (
            share.what or "nothing found",
            "ended" if share.ended else "trained on",
            f"{share.candidates:,}",
            f"{number(share.seconds, 3)} s",
            f"{100 * share.part:.0f}%",
        )
        for share in budget(found.records)
    )
    head = ("what was wrong", "", "candidates", "training", "of all")
    return TextTable("What the time went into", head, rows)


def _metric(found: SearchResult) -> str:
    return "R²" if found.scoring == "r2" else found.scoring.replace("_", " ")


def _score(record: Record) -> str:
    if not record.last.scores:
        return "failed"
    return with_spread(record.last.score, spread_of(record.last))


def _plainly(score: float) -> str:
    return with_spread(score, float("nan"))


def _value(value: Any) -> str:
    if isinstance(value, float):
        return number(value, 4)
    return "–" if value is None else shortened(value, 40)


def _domain(domain: Any) -> str:
    if isinstance(domain, Between):
        return f"{number(domain.low, 4)} to {number(domain.high, 4)}" + ", log" * domain.log
    return ", ".join(shortened(choice, 24) for choice in domain)


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{number(seconds, 2)} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
