"""What a report of a table estimator tells in tables: columns, members, parameters, residuals."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.tables import Column, Table
from glassnet.estimators.tables.presets import preset_parameters
from glassnet.inspection.importances import Importances
from glassnet.inspection.numerals import column as numerals
from glassnet.report.contents import TextTable
from glassnet.report.figures.learning_curves import marked_epoch
from glassnet.report.look import number, percent, plain, shortened

KINDS = {
    "numeric": "number",
    "categorical": "category",
    "boolean": "truth",
    "ordinal": "order",
    "date": "date",
}
_LEVELS = 3  # named in a row
_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def columns_table(est: Any, table: Table, worth: Importances | None) -> TextTable:
    """How each column was understood, how much of it is missing, and what it is worth.

    Parameters
    ----------
    est : fitted table estimator
    table : Table
        The rows that are reported on.
    worth : Importances, optional
        Columns stand in its order.

    Examples
    --------
    >>> import glassnet as gn
    >>> reg = gn.TableRegressor("fast", epochs=2, random_state=0)
    >>> reg = reg.fit([[1.0, "a"], [2.0, None]] * 5, [0.0, 1.0] * 5)
    >>> made = columns_table(reg, reg.columns_.table([[1.0, "a"], [2.0, None]]), None)
    >>> [row[:3] for row in made.rows]
    [('x0', 'number', '–'), ('x1', 'category', '50%')]
    """
    encoder = est.encoder_
    rules = {rule.name: rule for rule in encoder.rules}
    order = [*(() if worth is None else worth.columns), *encoder.names]
    shares = {} if worth is None else dict(zip(worth.columns, _rises(worth), strict=True))
    rows: list[tuple[str, ...]] = [
        (
            shortened(name, 40),
            KINDS[rules[name].kind],
            _gap(table[name]),
            _held(table[name]),
            f"{len(rules[name].outputs):,}",
            *([shares.get(name, "–")] if worth is not None else []),
        )
        for name in dict.fromkeys(order)
    ]
    wide = len(rows[0])
    dropped = {est.columns_.names[k] for k in est.columns_.dropped}
    for name in est.columns_.names:
        if name not in rules:
            why = "left out by drop" if name in dropped else "left out: it tells nothing"
            rows.append((shortened(name, 40), why, *["–"] * (wide - 2)))
    head = ("column", "taken as", "missing", "values", "inputs")
    last = () if worth is None else (f"rise of {worth.metric}",)
    note = (
        "Missing and values: of the rows reported on; of numbers the median and, in brackets, the "
        "middle half. Inputs: columns of numbers that the networks are given."
    )
    if worth is not None:
        note += f" Rise of {worth.metric}: when the column is shuffled."
    return TextTable("Columns as they were understood", (*head, *last), tuple(rows), note)


def members_table(est: Any) -> TextTable:
    """A row for each member: its epochs, the one that was kept, and what it cost.

    Examples
    --------
    >>> import glassnet as gn
    >>> reg = gn.TableRegressor("fast", epochs=2, random_state=0)
    >>> members_table(reg.fit([[0.0], [1.0]] * 10, [0.0, 1.0] * 10)).head[:3]
    ('member', 'epochs', 'kept')
    """
    rows: list[tuple[str, ...]] = []
    held = all("val_loss" in history.columns for history in est.histories_)
    for k, history in enumerate(est.histories_, start=1):
        best = marked_epoch(history)
        kept = history[best - 1] if best else history[len(history) - 1]
        own = [f"{len(history):,}", f"{best:,}" if held else "last", number(kept["J"], 4)]
        rows.append((str(k), *own, *([number(kept["val_loss"], 4)] if held else [])))
    net = est.members_[0]
    sizes = "-".join(f"{n:,}" for n in net.units)
    hidden = ", ".join(dict.fromkeys(phi.name for phi in net.specification.phi[1 : net.depth]))
    note = f"Each has {net.parameter_count:,} parameters: {sizes}"
    note += f", {hidden}; loss {net.specification.loss.name}." if hidden else "."
    note += " Their outputs are averaged."
    head = ("member", "epochs", "kept", "J", *(("validation loss",) if held else ()))
    return TextTable("Members", head, tuple(rows), note)


def parameters_table(est: Any) -> TextTable:
    """The plain parameters of the fit, those of the preset and those given in their place.

    Examples
    --------
    >>> import glassnet as gn
    >>> reg = gn.TableRegressor("fast", epochs=2, random_state=0)
    >>> made = parameters_table(reg.fit([[0.0], [1.0]] * 10, [0.0, 1.0] * 10))
    >>> dict((row[0], row[1:]) for row in made.rows)["epochs"]
    ('2', 'given')
    """
    goal = "regression" if est.head_.classes is None else "classification"
    preset = preset_parameters(est.preset, goal)
    given = est.get_params(deep=False)
    rows: list[tuple[str, str, str]] = []
    for name, value in est.parameters_.items():
        whose = "given" if given.get(name) is not None else f"{est.preset}"
        if whose != "given" and preset.get(name) != value:
            whose = "by the table"
        rows.append((name, _value(value), whose))
    others = ("loss", "quantiles", "metric", "calibrate", "class_weight", "random_state")
    usual = type(est)().get_params(deep=False)
    rows += [
        (name, _value(given[name]), "given")
        for name in others
        if name in given and given[name] != usual[name] and name not in est.parameters_
    ]
    if est.head_.temperature != 1.0:
        rows.append(("temperature", number(est.head_.temperature, 4), "by held-out rows"))
    head = ("parameter", "value", "whose")
    note = f"Preset {est.preset!r}; gn.preset_parameters({est.preset!r}, {goal!r}) has its values."
    return TextTable("Parameters of the fit", head, tuple(rows), note)


def residuals_table(true: Array, predicted: Array) -> TextTable:
    """Quantiles of the residuals, predicted − true, and of their sizes.  (m,), (m,)

    Examples
    --------
    >>> residuals_table(np.zeros(101), np.arange(-50.0, 51.0)).rows[3]
    ('50%', '0', '25')
    """
    residual = predicted - true
    low = np.quantile(residual, _QUANTILES)
    sizes = np.quantile(np.abs(residual), _QUANTILES)
    rows = tuple(
        (f"{100 * q:.0f}%", plain(float(one), 3), plain(float(size), 3))
        for q, one, size in zip(_QUANTILES, low, sizes, strict=True)
    )
    head = ("of the rows have", "a residual up to", "an error up to")
    note = "Residual: predicted − true. Error: its size. In units of the target."
    return TextTable("Residuals", head, rows, note)


def coverage_table(true: Array, answers: Array, levels: tuple[float, ...]) -> TextTable:
    """How many rows lie below each predicted quantile.  (m,), (m, q)

    Examples
    --------
    >>> coverage_table(np.array([0.0, 2.0]), np.array([[1.0, 3.0], [1.0, 3.0]]), (0.5, 0.9)).rows
    (('0.5', '50%', '50%'), ('0.9', '90%', '100%'))
    """
    below = (true[:, None] <= answers).mean(axis=0)
    rows = tuple(
        (f"{q:g}", f"{100 * q:.4g}%", percent(share, 1))
        for q, share in zip(levels, below, strict=True)
    )
    note = "On rows that were not trained on, the two agree but for chance."
    return TextTable("Quantiles", ("level", "said below", "were below"), rows, note)


def _rises(worth: Importances) -> list[str]:
    if np.abs(worth.means).max(initial=0.0) >= 1000:
        pairs = zip(worth.means, worth.spreads, strict=True)
        return [f"{plain(mean, 3)} ± {plain(doubt, 2)}" for mean, doubt in pairs]
    texts = numerals(np.concatenate([worth.means, worth.spreads]), 3)
    means, spreads = texts[: len(worth)], texts[len(worth) :]
    pairs = zip(means, spreads, strict=True)
    return [f"{mean}" if doubt == "0" else f"{mean} ± {doubt}" for mean, doubt in pairs]


def _gap(column: Column) -> str:
    missing = int(column.missing.sum())
    return percent(missing, len(column)) if missing else "–"


def _held(column: Column) -> str:
    """Of numbers the middle half, of levels the commonest, of dates the span."""
    known = column.take(np.flatnonzero(~column.missing))
    if len(known) == 0:
        return "none"
    if column.kind == "numeric":
        low, middle, high = np.quantile(known.values, [0.25, 0.5, 0.75])
        return f"{plain(middle)} ({plain(low)} to {plain(high)})"
    if column.kind == "date":
        ends = Column(column.name, "date", np.array([known.values.min(), known.values.max()]))
        return " to ".join(str(text)[:10] for text in ends.texts().tolist())
    counts = Counter(known.texts().tolist())
    first = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))[:_LEVELS]
    named = ", ".join(
        f"{shortened(level, 16)} ({percent(count, len(column))})" for level, count in first
    )
    left = len(counts) - len(first)
    return f"{named} and {left:,} more" if left else named


def _value(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(_value, value))
    if isinstance(value, float):
        return number(value, 6)
    return shortened(str(getattr(value, "name", value)), 40)
