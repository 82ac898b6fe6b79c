"""From a trained network and held-out rows to a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.doctor.diagnosis import Diagnosis
from glassnet.network.ensembles import check_plain
from glassnet.network.network import Network
from glassnet.network.summaries import extras
from glassnet.report.contents import Report, TextTable, Tile
from glassnet.report.figures.learning_curves import marked_epoch
from glassnet.report.held_out import HeldOut, held_out
from glassnet.report.look import number, readers_fonts, shortened
from glassnet.report.notes import notes_on
from glassnet.report.of_diagnosis import card_note, cards_of
from glassnet.report.pictures import pictures_of
from glassnet.report.scores import Score, class_table, interval, score_table, scores
from glassnet.report.tasks import WORDS, Task
from glassnet.training.history import History

_MOST_NAMES = 30  # columns or classes that are listed by name
_MOST_EPOCHS = 25  # rows of the table of epochs


def report_of(
    network: Network,
    history: History,
    X_val: Any,
    y_val: Any,
    *,
    task: Task | None = None,
    classes: Sequence[Any] = (),
    target: str = "y",
    features: Sequence[str] = (),
    mean: float = 0.0,
    scale: float = 1.0,
    best_epoch: int = 0,
    ended: str = "",
    data: Mapping[str, str] | None = None,
    baseline: Mapping[str, float] | None = None,
    notes: Iterable[str] = (),
    diagnosis: Diagnosis | None = None,
    title: str = "",
    command: str = "",
    next_command: str = "",
) -> Report:
    """Score a network on held-out rows, draw its figures, and say what to look at.

    Parameters
    ----------
    network : Network
        Trained.
    history : History
        Of its training, at least one epoch.
    X_val, y_val : (m, n₀), (m,) or (m, n_L)
        Rows it was not trained on, as :func:`glassnet.train` takes them, m ≥ 1.
    task : "binary", "multiclass", "multilabel" or "regression", optional
        By default what the loss says; give it where classes are learned with a squared error.
    classes : sequence, optional
        Names of the classes, of the labels, or of the outputs of a regression.
    target : str
        Name of what is predicted.
    features : sequence of str
        Names of the n₀ inputs.
    mean, scale : float
        Of a target that was standardised: the report speaks of output · scale + mean.
    best_epoch : int
        ``run.best_epoch``.
    ended : str
        ``run.ended``.
    data : dict of str to str, optional
        More lines for the table about the data, such as the rows trained on.
    baseline : dict, optional
        Scores of a constant answer found elsewhere, by key; see ``glassnet.report.scores``.
    notes : iterable of str
        More to know before relying on it.
    diagnosis : Diagnosis, optional
        What the doctor found; a card for each finding.
    title, command, next_command : str

    Returns
    -------
    Report

    Raises
    ------
    InvalidValue, ShapeMismatch
        If rows, targets, names or history do not fit.

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    >>> net = gn.Network(1, [gn.Dense(1, "logistic")], loss="binary_cross_entropy")
    >>> run = gn.train(net, X, y, optimizer=gn.LBFGS(), epochs=20)
    >>> report = report_of(net, run.history, X, y, classes=["low", "high"], target="level")
    >>> report.title, report.tiles[0].value
    ('level', '100.0%')
    """
    check_plain(network.specification, "a report")
    held = held_out(network, X_val, y_val, task=task, names=classes, mean=mean, scale=scale)
    found = scores(held, baseline)
    with readers_fonts():
        pictures = tuple(
            pictures_of(
                network, history, held, X_val, y_val, best_epoch=best_epoch, target=target,
                features=features,
            )
        )  # fmt: skip
    tables = (score_table(found, held.rows) if found else None, class_table(held))
    return Report(
        title=title or target,
        task=task_in_words(held),
        verdict=verdict(held, found, target),
        tiles=(*score_tiles(held, found), *_tiles(network, history)),
        notes=(*notes, *notes_on(held, found, history, best_epoch)),
        cards=() if diagnosis is None else cards_of(diagnosis),
        card_note="" if diagnosis is None else card_note(diagnosis),
        scores=tuple(table for table in tables if table is not None),
        pictures=pictures,
        details=(
            _data_table(held, target, features, data or {}),
            _model_table(network),
            _training_table(history, best_epoch, ended),
        ),
        epochs=epochs_table(history),
        command=command,
        next_command=next_command,
    )


def task_in_words(held: HeldOut) -> str:
    """What was learned.

    Examples
    --------
    >>> one, two = np.ones((3, 1)), np.ones((3, 2))
    >>> task_in_words(HeldOut("binary", one, one, ("no", "yes")))
    'classification, two classes'
    >>> task_in_words(HeldOut("regression", two, two, ("rent", "size")))
    'regression of 2 outputs'
    """
    words = WORDS[held.task].format(k=len(held.names))
    many = held.task == "regression" and len(held.names) > 1
    return f"{words} of {len(held.names)} outputs" if many else words


def verdict(held: HeldOut, found: Sequence[Score], target: str) -> str:
    """The result in a sentence or two.

    Examples
    --------
    >>> held = HeldOut("regression", np.array([[1.0], [2.0]]), np.array([[1.0], [3.0]]), ("y",))
    >>> verdict(held, scores(held), "y")
    'RMSE 0.7071 on 2 held-out rows (the best constant answer: 1). R² is 0.500.'
    """
    if not found:
        return f"The network has several heads; scores of {target} are not computed here."
    first = found[0]
    if held.task == "regression":
        second = found[1]
        return (
            f"RMSE {second.text} on {held.rows:,} held-out rows (the best constant answer: "
            f"{second.baseline_text}). R² is {first.text}."
        )
    low, high = (100 * end for end in interval(first.value, held.rows))
    what = "Every label right" if held.task == "multilabel" else "Right"
    return (
        f"{what} in {first.text} of {held.rows:,} held-out rows (95% interval {low:.1f}% to "
        f"{high:.1f}%). The best constant answer is right in {first.baseline_text}."
    )


def score_tiles(held: HeldOut, found: Sequence[Score]) -> list[Tile]:
    """The first two scores, to be seen first.

    Examples
    --------
    >>> held = HeldOut("regression", np.array([[1.0], [2.0]]), np.array([[1.0], [3.0]]), ("y",))
    >>> [tile.value for tile in score_tiles(held, scores(held))]
    ['0.500', '0.7071']
    """
    shown = [score for score in found if score.key != "balanced_accuracy"][:2]
    return [Tile(s.name, s.text, f"{s.baseline_text} for a constant answer") for s in shown]


def _tiles(network: Network, history: History) -> list[Tile]:
    sizes = "-".join(str(n) for n in network.units)
    tiles = [Tile("parameters", f"{network.parameter_count:,}", shortened(sizes, 24))]
    seconds = history[len(history) - 1].get("seconds")
    note = f"{seconds:.1f} seconds" if seconds is not None else ""
    return [*tiles, Tile("epochs", f"{len(history):,}", note)]


def _data_table(
    held: HeldOut, target: str, features: Sequence[str], more: Mapping[str, str]
) -> TextTable:
    rows = [("target", target), *more.items(), ("held-out rows", f"{held.rows:,}")]
    if held.task in ("binary", "multiclass"):
        counts = np.bincount(held.codes, minlength=len(held.names))
        classes = [f"{shortened(n, 40)} ({c:,})" for n, c in zip(held.names, counts, strict=True)]
        rows.append((f"{len(classes)} classes (held-out rows)", _listed(classes)))
    elif len(held.names) > 1:
        rows.append((f"{len(held.names)} outputs", _listed(held.names)))
    if features:
        names = _listed([shortened(name, 40) for name in features])
        rows.append((f"{len(features)} inputs", names))
    return TextTable("Data", (), tuple(rows))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _model_table(network: Network) -> TextTable:
    spec = network.specification
    rows: list[tuple[str, ...]] = []
    for l, layer in enumerate(spec.layers, start=1):
        count = sum(slot.stop - slot.start for slot in spec.slots if slot.layer == l)
        parts = [layer.activation.name, *extras(layer)]
        shape = f"{spec.units[l]:,} × {spec.units[l - 1]:,}"
        rows.append((str(l), f"{layer.units:,}", ", ".join(parts), shape, f"{count:,}"))
    note = f"{network.parameter_count:,} parameters; loss {spec.loss.name}"
    penalties = [_penalty(penalty) for penalty in spec.penalties]
    penalties += [f"max-norm {spec.max_norm.limit:g}"] if spec.max_norm else []
    note += "".join(f"; {penalty}" for penalty in penalties) + "."
    return TextTable(
        "Network", ("layer", "units", "activation", "W", "parameters"), tuple(rows), note
    )


def _penalty(penalty: Any) -> str:
    strength = getattr(penalty, "strength", None)
    return f"penalty {penalty.name}" + ("" if strength is None else f" {strength:g}")


def _training_table(history: History, best_epoch: int, ended: str) -> TextTable:
    first, last = history[0], history[len(history) - 1]
    best = marked_epoch(history, best_epoch)
    rows = [("epochs", f"{len(history):,}" + (f", ended by: {ended}" if ended else ""))]
    rows.append(("J, first and last epoch", f"{number(first['J'], 4)} → {number(last['J'], 4)}"))
    if best:
        shown = history[best - 1]
        names = [name for name in shown if name.startswith("val_")]
        values = ", ".join(f"{name[4:]} {number(shown[name], 4)}" for name in names)
        rows.append(("best epoch", f"{best}" + (f" (validation: {values})" if values else "")))
    if "rate" in last:
        rates = [number(row["rate"]) for row in (first, last)]
        rows.append(("learning rate", " → ".join(dict.fromkeys(rates))))
    if "step" in last:
        rows.append(("steps", f"{int(last['step']):,}"))
    if "seconds" in last:
        rows.append(("time", f"{last['seconds']:.1f} s"))
    return TextTable("Training", (), tuple(rows))


def epochs_table(history: History) -> TextTable:
    """The history, of at most 25 epochs.

    Examples
    --------
    >>> epochs_table(History([{"J": 0.5}, {"J": 0.25}])).rows
    (('1', '0.5'), ('2', '0.25'))
    """
    columns = [name for name in history.columns if name not in ("epoch", "step")]
    shown = np.unique(np.linspace(0, len(history) - 1, _MOST_EPOCHS).round().astype(int))
    rows = tuple(
        (str(k + 1), *(number(history[k].get(name, float("nan")), 4) for name in columns))
        for k in shown.tolist()
    )
    title = (
        "Every epoch" if len(shown) == len(history) else f"{len(shown)} of {len(history)} epochs"
    )
    return TextTable(title, ("epoch", *columns), rows)
