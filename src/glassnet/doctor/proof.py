"""What the replays of remedies showed, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from glassnet.doctor.remedies import Remedy
from glassnet.inspection.numerals import numeral

_LEAST = 0.05  # skill that a remedy must add to be worth naming


@dataclass(frozen=True, eq=False)
class Trial:
    """One remedy, replayed beside the unchanged network with the same batches.

    Attributes
    ----------
    remedy : Remedy
    before, after : float in [−1, 1]
        Skill on the rows kept apart: of the unchanged network and of the changed one after as many
        rows, averaged over the seeds. 1 is perfect, 0 as good as the best constant answer.
    error : float
        Standard error of ``effect`` over the seeds; nan of one seed.
    seeds, steps : int
        Pairs of replays, and steps of each.
    signs : tuple of str or None
        Causes that the rules still name in the changed network; None where they were not asked.
    cured : bool
        The effect is beyond doubt, and the cause it was tried for is no longer named.
    failed : str
        Why it could not be replayed.
    expected : float
        Skill to be expected at the end of a training that was replayed in part, by how fast the
        error was still shrinking; nan where what was measured says enough.
    untried : bool
        More epochs for a training of so few steps that its replay shows nothing yet.
    """

    remedy: Remedy
    before: float
    after: float
    error: float = float("nan")
    seeds: int = 1
    steps: int = 0
    signs: tuple[str, ...] | None = None
    cured: bool = False
    failed: str = ""
    expected: float = float("nan")
    untried: bool = False

    @property
    def effect(self) -> float:
        """How much skill the remedy adds."""
        return self.after - self.before

    @property
    def helps(self) -> bool:
        """Whether it adds skill, sure or not, or is expected to."""
        doubt = self.error if self.error == self.error else 2 * _LEAST
        measured = self.effect > max(_LEAST, doubt)
        hoped = self.untried or self.expected - self.before > _LEAST
        return not self.failed and (measured or hoped)

    @property
    def sure(self) -> bool:
        """Whether the effect is above two standard errors, and worth anything."""
        return self.seeds > 1 and self.effect > max(_LEAST, 2 * self.error)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "remedy": self.remedy.plain(),
            "words": self.remedy.words,
            "cause": self.remedy.code,
            "before": self.before,
            "after": self.after,
            "effect": self.effect,
            "error": self.error,
            "seeds": self.seeds,
            "steps": self.steps,
            "signs": None if self.signs is None else list(self.signs),
            "cured": self.cured,
            "failed": self.failed,
            "expected": self.expected,
            "untried": self.untried,
        }


@dataclass(frozen=True, eq=False)
class Proof:
    """What was tried, what it did, and how sure that is.

    Attributes
    ----------
    trials : tuple of Trial
        The smallest sufficient change first, then by effect.
    measure : str
        What skill is, in words.
    rows, apart : int
        Rows replayed on, and rows kept apart to judge by (0: judged by the same rows).
    used, budget : float
        Row passes of all replays, and those that were allowed, in units of the run's own.
    note : str
        What a careful reader should know, or why nothing could be tried.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(4, "tanh"), gn.Dense(1, "logistic")], seed=0)
    >>> X = [[i / 20] for i in range(-20, 20)]
    >>> y = [10 * row[0] for row in X]
    >>> ill = gn.diagnose(net, X, y, optimizer=gn.Adam(0.02), epochs=60, batch_size=8)
    >>> proof = ill.prove()
    >>> proof.best.helps
    True
    """

    trials: tuple[Trial, ...] = ()
    measure: str = ""
    rows: int = 0
    apart: int = 0
    used: float = 0.0
    budget: float = 0.0
    note: str = ""

    @property
    def best(self) -> Trial | None:
        """The smallest change that suffices, else the one that helps most; None where none does."""
        helpful = [trial for trial in self.trials if trial.helps]
        return helpful[0] if helpful else None

    def with_edits(self, edits: int, depth: int) -> Trial | None:
        """The best of the trials that change at most so many fields of ``depth`` layers."""
        fits = [t for t in self.trials if t.helps and t.remedy.edits(depth) <= edits]
        return fits[0] if fits else None

    def pair(self, depth: int) -> Trial | None:
        """The best of the trials that change exactly two fields of ``depth`` layers."""
        return next((t for t in self.trials if t.helps and t.remedy.edits(depth) == 2), None)

    @property
    def verdict(self) -> str:
        """One line: which remedy works, how well, and how sure that is."""
        best = self.best
        if best is None:
            return self.note or "None of the remedies that were tried helps."
        if best.untried:
            kind = "To be tried:"
        elif best.expected == best.expected:
            kind = "Likely to be helped by"
        elif best.cured:
            kind = "Cured by"
        else:
            kind = "Helped by" if best.sure else "Perhaps helped by"
        return f"{kind} {best.remedy.words}: {_measured(best)}."

    def table(self) -> list[tuple[str, ...]]:
        """The trials in words: remedy, skill without and with it, effect, length, what is seen."""
        head = ("remedy", "skill without → with", "effect", "replayed", "still seen")
        return [head, *(_row(trial) for trial in self.trials)]

    def sentences(self) -> list[str]:
        """The whole proof, a line each; the trials as a table."""
        if not self.trials:
            return [self.note]
        lines = [self.verdict, self.method, "", *_aligned(self.table())]
        return [*lines, "", self.note] if self.note else lines

    @property
    def method(self) -> str:
        """How it was tried, in a sentence or two."""
        by = f"{self.apart:,} rows kept apart" if self.apart else "the same rows, being so few"
        return (
            f"Each network was trained anew beside the unchanged one, on {self.rows:,} rows in the "
            f"same batches, and judged by {by}: skill is the {self.measure} (1: all, 0: none). "
            f"Effects are means over seeds ± a standard error. All of it took "
            f"{numeral(self.used, 2)} times the work of one training."
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "verdict": self.verdict,
            "trials": [trial.to_dict() for trial in self.trials],
            "measure": self.measure,
            "rows": self.rows,
            "apart": self.apart,
            "used": self.used,
            "budget": self.budget,
            "note": self.note,
        }

    def to_html(self) -> str:
        """The proof as a piece of HTML."""
        if not self.trials:
            return f"<p>{escape(self.note)}</p>"
        head, *rows = self.table()
        cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
        )
        table = f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
        texts = f"<p><strong>{escape(self.verdict)}</strong></p><p>{escape(self.method)}</p>"
        return f"<div>{texts}{table}</div>"

    def __rich__(self) -> Any:
        """On a terminal, as a table that fits it."""
        from rich.box import SIMPLE_HEAD
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        if not self.trials:
            return Text(self.note)
        head, *rows = self.table()
        shown = Table("", *head, box=SIMPLE_HEAD, pad_edge=False)
        best = self.best
        for number, (trial, row) in enumerate(zip(self.trials, rows, strict=True), 1):
            shown.add_row(f"{number}.", *row, style="bold" if trial is best else "")
        return Group(Text(self.verdict, style="bold"), Text(self.method), shown)

    def _repr_html_(self) -> str:
        """For notebooks."""
        return self.to_html()

    def __str__(self) -> str:
        """The whole proof as plain text."""
        return "\n".join(self.sentences())

    def __repr__(self) -> str:
        """Say how many were tried and which is best."""
        best = self.best
        return f"Proof({len(self.trials)} tried; best {best and best.remedy.words!r})"


def _signed(value: float, sign: str = "") -> str:
    return f"{value:{sign}.2f}".replace("-", "−")


def _measured(trial: Trial) -> str:
    if trial.untried:
        return f"a training of so few steps shows nothing yet ({trial.steps:,} were replayed)"
    if trial.expected == trial.expected:
        return (
            f"its error was still shrinking after {trial.steps:,} steps, and a skill of "
            f"{_signed(trial.expected)} is to be expected"
        )
    text = f"skill {_signed(trial.before)} → {_signed(trial.after)}"
    if trial.seeds > 1:
        text += f", {_signed(trial.effect, '+')} ± {trial.error:.2f} over {trial.seeds} seeds"
    left = "" if trial.signs is None else ", ".join(trial.signs)
    return (
        text if trial.signs is None else f"{text}; {f'{left} is left' if left else 'no sign left'}"
    )


def _row(trial: Trial) -> tuple[str, ...]:
    if trial.failed:
        reason = trial.failed.split(". ")[0]
        return (trial.remedy.words, "−", "−", f"{trial.steps:,} steps", reason)
    skill = f"{_signed(trial.before)} → {_signed(trial.after)}"
    effect = _signed(trial.effect, "+")
    if trial.expected == trial.expected:
        skill, effect = f"{_signed(trial.before)} → {_signed(trial.expected)} expected", "?"
    elif trial.seeds > 1:
        effect += f" ± {trial.error:.2f}"
    if trial.untried:
        skill, effect = "too few steps to tell", "?"
    seen = "" if trial.signs is None else ", ".join(trial.signs) or "nothing"
    times = f"{trial.seeds} × " if trial.seeds > 1 else ""
    return (trial.remedy.words, skill, effect, f"{times}{trial.steps:,} steps", seen)


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows as lines of columns; all but the first are numbered."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines: list[str] = []
    for number, row in enumerate(rows):
        cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(f"{f'{number}.' if number else '':3s} {cells}".rstrip())
    return lines
