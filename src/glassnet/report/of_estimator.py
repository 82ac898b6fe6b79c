"""The report of a table estimator: its columns, its answers, its worst rows, its members."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.diagnosis import Diagnosis, diagnose
from glassnet.errors import InvalidValue
from glassnet.inspection.averages import Average
from glassnet.inspection.dependence import Dependence, dependence
from glassnet.inspection.importances import Importances, importances
from glassnet.inspection.judging import rows_and_truth
from glassnet.report.compose import epochs_table, score_tiles, task_in_words, verdict
from glassnet.report.contents import Picture, Report, TextTable, Tile
from glassnet.report.figures.learning_curves import marked_epoch
from glassnet.report.held_out import HeldOut
from glassnet.report.look import plain, readers_fonts
from glassnet.report.notes import notes_on
from glassnet.report.of_diagnosis import card_note, cards_of
from glassnet.report.page import write_report
from glassnet.report.pictures import confusion, reliable, residuals_by_output
from glassnet.report.scores import class_table, score_table, scores, targets_table
from glassnet.report.table_facts import (
    columns_table,
    coverage_table,
    members_table,
    parameters_table,
    residuals_table,
)
from glassnet.report.table_pictures import curves_of, dependence_of, importances_of
from glassnet.report.table_rows import worst_rows_table

_ROWS_SHUFFLED, _SHUFFLES = 1000, 3
_ROWS_MOVED = 400
_DRAWN = 4  # columns whose dependence is drawn


def table_report(
    est: Any, X: Any, y: Any, path: str | os.PathLike[str] | None = None, **more: Any
) -> Report:
    """Report on a table estimator, and write the page where a path is given.

    Parameters
    ----------
    est : fitted TableClassifier or TableRegressor
    X, y : as its ``fit`` takes them
        Rows that it was not trained on: of others the scores are too good.
    path : path-like, optional
        Where the HTML page goes.
    **more
        Those of :func:`glassnet.report.report_of_estimator`.

    Returns
    -------
    Report

    Examples
    --------
    >>> import glassnet as gn
    >>> X = [[x / 40, "up" if x % 2 else "down"] for x in range(40)]
    >>> y = [row[0] + (row[1] == "up") for row in X]
    >>> reg = gn.TableRegressor("fast", epochs=9, random_state=0).fit(X[:30], y[:30])
    >>> made = gn.table_report(reg, X[30:], y[30:], "page.html", target="height")
    >>> made.title, made.task
    ('height', 'regression')
    """
    found = report_of_estimator(est, X, y, **more)
    if path is not None:
        write_report(path, found)
    return found


def report_of_estimator(
    est: Any,
    X: Any,
    y: Any,
    *,
    target: str = "",
    source: str = "",
    data: Mapping[str, str] | None = None,
    baseline: Mapping[str, float] | None = None,
    notes: Iterable[str] = (),
    diagnosis: Diagnosis | None = None,
    worst_rows: int = 8,
    row_names: Sequence[Any] | None = None,
    title: str = "",
    command: str = "",
    next_command: str = "",
) -> Report:
    """The report of a table estimator on rows that it was not trained on.

    Parameters
    ----------
    est : fitted TableClassifier or TableRegressor
    X, y : as its ``fit`` takes them
        Frames, arrays, or a Table and a Column.
    target, source : str
        What is predicted (by default the name of y in training), and where the rows came from.
    data : dict of str to str, optional
        More lines for the table about the data.
    baseline : dict, optional
        Scores of a constant answer found elsewhere, by key; see ``glassnet.report.scores``.
    notes : iterable of str
        More to know before relying on it; those of the fit come by themselves.
    diagnosis : Diagnosis, optional
        By default what :func:`glassnet.diagnose` says of the estimator on these rows.
    worst_rows : int ≥ 0
        How many rows are listed, by name and target; with 0 the page holds none.
    row_names : sequence of m, optional
        What the rows are called; by default the index of a pandas frame, else their numbers from 0.
    title, command, next_command : str

    Returns
    -------
    Report
        For :func:`glassnet.report.write_report`.

    Raises
    ------
    InvalidValue, ShapeMismatch
        If the estimator is not fitted, or rows and targets do not fit it.

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = [[1.0, "red"], [2.0, "blue"]] * 30, ["yes", "no"] * 30
    >>> clf = gn.TableClassifier("fast", epochs=9, random_state=0).fit(X, y)
    >>> made = report_of_estimator(clf, X[:20], y[:20], target="bought")
    >>> [picture.title for picture in made.pictures[:3]]
    ['What each column is worth', 'Confusion', 'Calibration']
    """
    if not hasattr(est, "members_") or not hasattr(est, "encoder_"):
        raise InvalidValue(
            f"est must be a fitted table estimator; got {type(est).__name__}. Call fit first; "
            "report_of makes the report of a network."
        )
    average = Average.of(est)
    x, truth = rows_and_truth(est, average, X, y)
    held = _held_out(average, x, truth)
    target = target or ", ".join(est.target_names_)
    found = scores(held, baseline)
    worth = importances(est, X, y, repeats=_SHUFFLES, most_rows=_ROWS_SHUFFLED)
    seen = diagnose(est, X, y) if diagnosis is None else diagnosis
    names = _row_names(X, row_names, held.rows)
    history = est.histories_[0]
    with readers_fonts():
        pictures = tuple(_pictures(est, X, held, worth, target))
    more_notes = notes_on(held, found, history, marked_epoch(history))
    return Report(
        title=title or (f"{target} from {source}" if source else target),
        task=task_in_words(held),
        verdict=verdict(held, found, target),
        tiles=(*score_tiles(held, found), *_tiles(est, average)),
        notes=(*notes, *est.notes_, *more_notes),
        cards=cards_of(seen),
        card_note=card_note(seen),
        scores=tuple(_score_tables(est, average, held, truth, x)),
        pictures=pictures,
        wide=tuple(_wide_tables(est, X, y, average, held, worth, names, worst_rows)),
        details=(
            _data_table(held, target, source, data or {}),
            parameters_table(est),
            members_table(est),
        ),
        epochs=epochs_table(history),
        command=command,
        next_command=next_command,
        rows_told=min(worst_rows, held.rows),
    )


def _held_out(average: Average, x: Array, truth: Array) -> HeldOut:
    """What the members say together of the rows, as figures and scores take it."""
    said = average.said(x)
    labels = tuple(map(str, average.classes or ()))
    if average.kind == "binary":
        return HeldOut("binary", said[:, 1:], truth[:, None].astype(np.float64), labels)
    if average.kind == "multilabel":
        return HeldOut("multilabel", said, truth.astype(np.float64), labels)
    if average.kind != "numbers":
        return HeldOut("multiclass", said, np.eye(len(labels))[truth], labels)
    levels = len(average.quantiles)
    if not levels:
        return HeldOut("regression", said, truth, average.names)
    near = int(np.argmin(np.abs(np.array(average.quantiles) - 0.5)))
    return HeldOut("regression", said[:, near::levels], truth, average.names[near::levels])


def _pictures(
    est: Any, X: Any, held: HeldOut, worth: Importances, target: str
) -> Iterator[Picture]:
    yield importances_of(worth)
    if held.task in ("binary", "multiclass") and len(held.names) > 1:
        yield confusion(held)
    if held.is_probable and len(held.names) > 1:
        yield reliable(held)
    if held.task == "regression":
        yield from residuals_by_output(held, target if len(held.names) == 1 else "")
    for one in _dependences(est, X, worth):
        yield dependence_of(one)
    yield curves_of(est.histories_)


def _dependences(est: Any, X: Any, worth: Importances) -> Iterator[Dependence]:
    """Of the columns that matter most, as far as they matter at all."""
    average = Average.of(est)
    several = average.kind == "numbers" and len(average.names) not in (1, len(average.quantiles))
    of = average.names[0] if several else None
    table = est.columns_.table(X)
    for name, rise in zip(worth.columns[:_DRAWN], worth.means[:_DRAWN], strict=True):
        if rise > 0 and not table[name].missing.all():
            yield dependence(est, X, name, of=of, points=15, most_rows=_ROWS_MOVED)


def _tiles(est: Any, average: Average) -> list[Tile]:
    kinds = [rule.kind for rule in est.encoder_.rules]
    numbers = sum(kind in ("numeric", "date") for kind in kinds)
    columns = f"{numbers:,} of numbers, {len(kinds) - numbers:,} of levels"
    inputs = average.nets[0].units[0]
    seconds = sum(h[len(h) - 1].get("seconds", 0.0) for h in est.histories_)
    trained = f"{inputs:,} inputs each" + (f", {seconds:.1f} s of training" if seconds else "")
    return [
        Tile("columns", f"{len(kinds):,}", columns),
        Tile("networks", f"{len(average.nets):,}", trained),
    ]


def _score_tables(
    est: Any, average: Average, held: HeldOut, truth: Array, x: Array
) -> Iterator[TextTable]:
    found = scores(held)
    if found:
        yield score_table(found, held.rows)
    of_classes = class_table(held)
    if of_classes is not None:
        yield of_classes
    if held.task == "regression" and len(held.names) > 1:
        yield targets_table(held)
    elif held.task == "regression":
        yield residuals_table(held.true[:, 0], held.predicted[:, 0])
    if average.quantiles:
        answers = average.said(x)[:, : len(average.quantiles)]
        yield coverage_table(truth[:, 0], answers, average.quantiles)


def _wide_tables(
    est: Any,
    X: Any,
    y: Any,
    average: Average,
    held: HeldOut,
    worth: Importances,
    names: Sequence[Any],
    worst_rows: int,
) -> Iterator[TextTable]:
    yield columns_table(est, est.columns_.table(X), worth)
    if worst_rows > 0:
        yield worst_rows_table(est, X, y, held, names=names, most=worst_rows)


def _data_table(held: HeldOut, target: str, source: str, more: Mapping[str, str]) -> TextTable:
    rows = [("target", target), *([("source", source)] if source else []), *more.items()]
    rows.append(("held-out rows", f"{held.rows:,}"))
    if held.task in ("binary", "multiclass"):
        counts = np.bincount(held.codes, minlength=len(held.names))
        shown = [f"{n} ({c:,})" for n, c in zip(held.names[:30], counts, strict=False)]
        left = len(held.names) - len(shown)
        more_classes = f" and {left:,} more" if left else ""
        rows.append((f"{len(held.names)} classes (held-out rows)", ", ".join(shown) + more_classes))
    elif held.task == "regression":
        low, high = held.true[:, 0].min(), held.true[:, 0].max()
        rows.append(("range of the target", f"{plain(float(low))} to {plain(float(high))}"))
    return TextTable("Data", (), tuple(rows))


def _row_names(X: Any, given: Sequence[Any] | None, rows: int) -> Sequence[Any]:
    """The names given, the labels of a pandas frame, or numbers."""
    if given is not None:
        if len(given) != rows:
            raise InvalidValue(
                f"row_names must be one for each of the {rows:,} rows; got {len(given):,}."
            )
        return given
    index: Any = getattr(X, "index", None)
    if index is None or callable(index) or len(index) != rows:
        return range(rows)
    return list(index)
