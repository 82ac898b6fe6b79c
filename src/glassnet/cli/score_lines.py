"""The scores of test rows, in lines, beside those of a constant prediction."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table as Screen
from rich.text import Text

from glassnet.estimators.table_scores import Scored

_NAME = 40  # letters
_COLUMNS = {
    "r2": ("R²", "mean alone", ".3f"), "rmse": ("RMSE", "mean alone", ".4g"),
    "accuracy": ("accuracy", "commoner alone", ".1%"),
    "log_loss": ("log-loss", "share alone", ".3f"),
}  # fmt: skip


def score_lines(
    task: str, rows: int, scores: Mapping[str, float], constant: Mapping[str, float]
) -> list[str]:
    """The scores on test rows beside those of the best constant prediction.

    Examples
    --------
    >>> score_lines("regression", 90, {"r2": 0.9, "rmse": 2.0}, {"r2": 0.0, "rmse": 7.1})[1]
    'RMSE: 2 (the mean alone: 7.1)'
    """
    if task == "regression":
        return [
            f"R² on {rows:,} test rows: {scores['r2']:.3f} (the mean alone: {constant['r2']:.3f})",
            f"RMSE: {scores['rmse']:.4g} (the mean alone: {constant['rmse']:.4g})",
        ]
    return [
        f"accuracy on {rows:,} test rows: {scores['accuracy']:.1%} "
        f"(the commonest class alone: {constant['accuracy']:.1%})",
        f"log-loss: {scores['log_loss']:.3f} (class shares alone: {constant['log_loss']:.3f})",
    ]


def lines_of(task: str, rows: int, found: Scored) -> list[str]:
    """The scores of one target or several together.

    Examples
    --------
    >>> lines_of("regression", 90, Scored({"r2": 0.5}, {"r2": -0.1}))
    ['R² on 90 test rows: 0.500 on average of the targets (the means alone: -0.100)']
    """
    scores, constant = found.scores, found.baseline
    if task == "regression" and "rmse" not in scores:
        return [
            f"R² on {rows:,} test rows: {scores['r2']:.3f} on average of the targets "
            f"(the means alone: {constant['r2']:.3f})"
        ]
    if task != "multilabel":
        return score_lines(task, rows, scores, constant)
    return [
        f"all labels right on {rows:,} test rows: {scores['exact']:.1%} "
        f"(the commoner of each alone: {constant['exact']:.1%})",
        f"labels right: {scores['accuracy']:.1%} (alone: {constant['accuracy']:.1%})",
    ]


def weighted_line(found: Scored) -> str:
    """The same by the weights of the rows.

    Examples
    --------
    >>> weighted_line(Scored({"r2": 0.5, "rmse": 2.0}, {"r2": -0.1, "rmse": 3.0}))
    'by weight: R² 0.500 (alone: -0.100), RMSE 2 (alone: 3)'
    """
    each: list[str] = []
    for key, value in found.scores.items():
        if key in _COLUMNS:
            name, _, form = _COLUMNS[key]
            each.append(f"{name} {value:{form}} (alone: {found.baseline[key]:{form}})")
    return "by weight: " + ", ".join(each)


def targets_screen(found: Scored) -> Screen:
    """A line of scores for each of several targets."""
    sheet = Screen(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    sheet.add_column("target", max_width=_NAME, no_wrap=True, overflow="ellipsis")
    keys = next(iter(found.targets.values()))[0]
    for key in keys:
        for heading in _COLUMNS[key][:2]:
            sheet.add_column(heading, justify="right", no_wrap=True)
    for name, pair in found.targets.items():
        values = ((part[key], _COLUMNS[key][2]) for key in keys for part in pair)
        sheet.add_row(Text(name), *(f"{value:{form}}" for value, form in values))
    return sheet
