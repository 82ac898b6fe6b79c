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
        Skill to be expected of more epochs, by how fast the error was still shrinking; nan of a
        remedy that was measured.
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

    @property
    def effect(self) -> float:
        """How much skill the remedy adds."""
        return self.after - self.before

    @property
    def helps(self) -> bool:
        """Whether it adds skill, sure or not, or is expected to."""
        beyond_doubt = 0.0 if self.error != self.error else self.error
        measured = self.effect > max(_LEAST, beyond_doubt)
        return not self.failed and (measured or self.expected - self.before > _LEAST)

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

    def sentences(self) -> list[str]:
        """The whole proof, a line each."""
        if not self.trials:
            return [self.note]
        judged = f"{self.apart:,} rows kept apart" if self.apart else "the same rows, being so few"
        lines = [self.verdict, f"Replayed on {self.rows:,} rows and judged by {judged}; skill is "
                 f"the {self.measure} (0 none, 1 all)."]  # fmt: skip
        lines += [f"{number}. {_said(trial)}" for number, trial in enumerate(self.trials, 1)]
        lines.append(f"All replays took {numeral(self.used, 3)} times the rows of one training.")
        return [*lines, self.note] if self.note else lines

    @property
    def verdict(self) -> str:
        """One line: which remedy works, and how well."""
        best = self.best
        if best is None:
            return self.note or "No remedy that was tried helps."
        kind = "Cured by" if best.cured else "Helped by" if best.sure else "Perhaps helped by"
        return f"{kind} {best.remedy.words}: {_effect(best)}."

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
        first, *others = (f"<p>{escape(line)}</p>" for line in self.sentences())
        return f"<div><strong>{first}</strong>{''.join(others)}</div>"

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


def _effect(trial: Trial) -> str:
    text = f"skill {trial.before:.2f} → {trial.after:.2f}"
    if trial.seeds > 1:
        text += f" (+{trial.effect:.2f} ± {trial.error:.2f}, {trial.seeds} seeds)"
    return text.replace("+-", "−").replace("-", "−")


def _said(trial: Trial) -> str:
    if trial.failed:
        return f"{trial.remedy.words}: could not be tried. {trial.failed}"
    signs = ""
    if trial.signs is not None:
        left = ", ".join(trial.signs)
        signs = f"; still seen: {left}" if left else "; no sign is left"
    return f"{trial.remedy.words}: {_effect(trial)}, {trial.steps:,} steps{signs}"
