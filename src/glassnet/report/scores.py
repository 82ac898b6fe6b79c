"""Scores on held-out rows, each beside that of the best constant answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from glassnet.arrays import Array
from glassnet.report.contents import TextTable
from glassnet.report.figures.calibration import wilson
from glassnet.report.held_out import HeldOut
from glassnet.report.look import percent, plain, shortened

_MOST_ROWS = 40  # of a table of classes; of more classes, those found least
_NO_LESS = 1e-15  # a probability of 0 given to what came true would make the log-loss infinite


@dataclass(frozen=True)
class Score:
    """A score and what a constant answer gets.

    Attributes
    ----------
    key : str
        ``"accuracy"``, ``"log_loss"``, ``"r2"``, ``"rmse"``, …
    name, meaning : str
        For the reader.
    value, baseline : float
    greater_is_better : bool
    form : str
        How it is written: "%" for a share in percent, else as in a format.

    Examples
    --------
    >>> Score("accuracy", "accuracy", "", 0.975, 0.5, True, "%").text
    '97.5%'
    """

    key: str
    name: str
    meaning: str
    value: float
    baseline: float
    greater_is_better: bool
    form: str = ".3f"

    @property
    def text(self) -> str:
        """The value, written."""
        return self._written(self.value)

    @property
    def baseline_text(self) -> str:
        """The baseline, written."""
        return self._written(self.baseline)

    @property
    def is_better(self) -> bool:
        """Whether the network beats the constant answer."""
        gain = self.value - self.baseline
        return gain > 0 if self.greater_is_better else gain < 0

    def _written(self, value: float) -> str:
        if not np.isfinite(value):
            return "–"
        if self.form == ".4g":
            return plain(value)
        text = f"{100 * value:.1f}%" if self.form == "%" else f"{value:{self.form}}"
        return text.replace("-", "−")


def scores(held: HeldOut, baseline: Mapping[str, float] | None = None) -> list[Score]:
    """Every score that the task has.

    Parameters
    ----------
    held : HeldOut
    baseline : dict, optional
        By key, scores of a constant answer found elsewhere, such as from the rows of training; by
        default those of the held-out rows' own mean.

    Examples
    --------
    >>> held = HeldOut("binary", np.array([[0.9], [0.2]]), np.array([[1.0], [0.0]]), ("no", "yes"))
    >>> [score.key for score in scores(held)]
    ['accuracy', 'balanced_accuracy', 'log_loss', 'roc_auc']
    """
    given = baseline or {}
    found: list[Score] = []
    for key, (name, meaning, greater, form, compute) in _of_task(held).items():
        constant = given.get(key, compute(held.constant))
        found.append(Score(key, name, meaning, compute(held), constant, greater, form))
    return found


_Entry = tuple[str, str, bool, str, Callable[[HeldOut], float]]


def _of_task(held: HeldOut) -> dict[str, _Entry]:
    if held.task == "heads":
        return {}
    units = "in the target's units"
    if held.task == "regression":
        return {
            "r2": ("R²", "the share of the target's variance explained", True, ".3f", r2),
            "rmse": ("RMSE", f"the root of the mean squared error, {units}", False, ".4g", rmse),
            "mae": ("mean absolute error", units, False, ".4g", mae),
        }
    if held.task == "multilabel":
        meaning = "the mean over rows of −log p of what is true, summed over labels"
        return {
            "exact": ("exact match", "rows with every label right", True, "%", exact),
            "accuracy": ("accuracy", "labels that are right", True, "%", labels),
            "log_loss": ("log-loss", meaning, False, ".3f", label_log_loss),
        }
    meaning = "the mean over classes of the share found"
    found: dict[str, _Entry] = {
        "accuracy": ("accuracy", "rows whose class is right", True, "%", accuracy),
        "balanced_accuracy": ("balanced accuracy", meaning, True, "%", balanced_accuracy),
    }
    if held.is_probable:
        meaning = "the mean of −log p of the true class"
        found["log_loss"] = ("log-loss", meaning, False, ".3f", log_loss)
    if held.task == "binary":
        no, yes = (shortened(name) for name in held.names)
        meaning = f"how often a row of {yes} ranks above one of {no}"
        found["roc_auc"] = ("area under ROC", meaning, True, ".3f", roc_auc)
    return found


def accuracy(held: HeldOut) -> float:
    """The share of rows whose class is right."""
    return float(np.mean(held.guessed == held.codes))


def balanced_accuracy(held: HeldOut) -> float:
    """The mean, over the classes that occur, of the share of their rows that is found."""
    right = held.guessed == held.codes
    return float(np.mean([right[held.codes == code].mean() for code in np.unique(held.codes)]))


def log_loss(held: HeldOut) -> float:
    """The mean of −log p, p the probability given to the true class (at least 1e-15)."""
    p = np.take_along_axis(held.probabilities, held.codes[:, None], axis=1)
    return float(-np.log(np.clip(p, _NO_LESS, 1.0)).mean())


def roc_auc(held: HeldOut) -> float:
    """The share of pairs, one of each class, that p ranks rightly, ties by half; nan for one class.

    Mann & Whitney (1947), by ranks.
    """
    positive = held.codes == 1
    n, m = int(positive.sum()), int((~positive).sum())
    if n == 0 or m == 0:
        return float("nan")
    _, place, counts = np.unique(held.outputs[:, 0], return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((rank[positive].sum() - n * (n + 1) / 2) / (n * m))


def exact(held: HeldOut) -> float:
    """The share of rows with every label right."""
    return float(np.mean(((held.outputs > 0.5) == (held.y > 0.5)).all(axis=1)))


def labels(held: HeldOut) -> float:
    """The share of labels that are right."""
    return float(np.mean((held.outputs > 0.5) == (held.y > 0.5)))


def label_log_loss(held: HeldOut) -> float:
    """The mean over rows of −Σ log p of what is true of each label."""
    p = np.where(held.y > 0.5, held.outputs, 1 - held.outputs)
    return float(-np.log(np.clip(p, _NO_LESS, 1.0)).sum(axis=1).mean())


def r2(held: HeldOut) -> float:
    """1 − Σ (y − a)² / Σ (y − ȳ)², the mean over outputs that vary; nan where none does."""
    residual = ((held.y - held.outputs) ** 2).sum(axis=0)
    total = ((held.y - held.y.mean(axis=0)) ** 2).sum(axis=0)
    varies = total > 0
    return float(np.mean(1 - residual[varies] / total[varies])) if varies.any() else float("nan")


def rmse(held: HeldOut) -> float:
    """The root of the mean squared error, in the target's units."""
    return float(np.sqrt(np.mean((held.true - held.predicted) ** 2)))


def mae(held: HeldOut) -> float:
    """The mean absolute error, in the target's units."""
    return float(np.mean(np.abs(held.true - held.predicted)))


def interval(share: float, rows: int) -> tuple[float, float]:
    """The 95 % interval of a share seen in so many rows (Wilson)."""
    low, high = wilson(np.array([share * rows]), np.array([rows]))
    return float(low[0]), float(high[0])


def score_table(found: list[Score], rows: int) -> TextTable:
    """The scores as a table."""
    lines = tuple((score.name, score.text, score.baseline_text) for score in found)
    note = "; ".join(f"{score.name}: {score.meaning}" for score in found)
    note = f"{note[0].upper()}{note[1:]}. {_CONSTANT}"
    head = ("score", "network", "constant answer")
    return TextTable(f"Scores on {rows:,} held-out rows", head, lines, note)


_CONSTANT = "The constant answer is the best that looks at no input: the commonest class, the mean."


def class_table(held: HeldOut) -> TextTable | None:
    """Precision, recall and F1 of each class or label; None where there are none.

    Examples
    --------
    >>> held = HeldOut("binary", np.array([[0.9], [0.8]]), np.array([[1.0], [0.0]]), ("no", "yes"))
    >>> class_table(held).rows
    (('no', '1', '–', '0%', '0.00'), ('yes', '1', '50%', '100%', '0.67'))
    """
    if held.task in ("regression", "heads"):
        return None
    guessed, true = _marks(held)
    rows, said = true.sum(axis=0), guessed.sum(axis=0)
    hits = (guessed & true).sum(axis=0)
    recall = hits / np.maximum(rows, 1)
    order = np.arange(len(rows))
    note = ""
    if len(order) > _MOST_ROWS:
        order = np.argsort(recall, kind="stable")[:_MOST_ROWS]
        note = f"The {_MOST_ROWS} of {len(rows)} found least."
    lines = tuple(
        (
            shortened(held.names[k], 40),
            f"{rows[k]:,}",
            percent(hits[k], said[k]) if said[k] else "–",
            percent(hits[k], rows[k]) if rows[k] else "–",
            f"{2 * hits[k] / (rows[k] + said[k]):.2f}" if rows[k] + said[k] else "–",
        )
        for k in order
    )
    what = "label" if held.task == "multilabel" else "class"
    head = (what, "rows", "precision", "recall", "F1")
    return TextTable(f"By {what}", head, lines, note or _MEANING)


def targets_table(held: HeldOut) -> TextTable:
    """R² and errors of each of several targets of a regression, in its own units.

    Examples
    --------
    >>> y = np.array([[0.0, 10.0], [2.0, 30.0]])
    >>> targets_table(HeldOut("regression", y + [0.0, 1.0], y, ("rent", "heat"))).rows
    (('rent', '1.000', '0', '0', '1'), ('heat', '0.990', '1', '1', '10'))
    """
    lines: list[tuple[str, ...]] = []
    for j, name in enumerate(held.names):
        one = replace(held, outputs=held.outputs[:, j : j + 1], y=held.y[:, j : j + 1])
        spread = rmse(one.constant)
        share = f"{r2(one):.3f}".replace("-", "−")
        errors = (plain(value) for value in (rmse(one), mae(one), spread))
        lines.append((shortened(name, 40), share, *errors))
    head = ("target", "R²", "RMSE", "mean absolute error", "RMSE of its mean")
    note = "Each in the units of its target; the scores of all together mix them."
    return TextTable("By target", head, tuple(lines), note)


_MEANING = (
    "Precision: of the rows predicted so, the share that is. Recall: of the rows that are so, "
    "the share found. F1: their harmonic mean."
)


def _marks(held: HeldOut) -> tuple[Array, Array]:
    """What was said and what is true, a column per class or label.  -> (m, k) bool each"""
    if held.task == "multilabel":
        return held.outputs > 0.5, held.y > 0.5
    every = np.arange(len(held.names))
    return held.guessed[:, None] == every, held.codes[:, None] == every
