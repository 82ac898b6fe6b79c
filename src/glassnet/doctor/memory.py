"""What the doctor remembers of the rounds: each cause with the moment of its first sign."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from glassnet.doctor.causes import CAUSES
from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding

_CERTAIN = 0.9
_AT_THE_END = frozenset({"FEW_STEPS", "OVERFIT"})  # what only a run that is over can be told
_BY_ITSELF = frozenset({"early stopping", "converged", "plateau"})
_ORDER = {cause.code: number for number, cause in enumerate(CAUSES)}
_BRINGS = {cause.code: cause.brings for cause in CAUSES}


@dataclass(eq=False)
class Memory:
    """The findings of all rounds.

    Attributes
    ----------
    chart : Chart or None
        Of the newest round.
    first_alarm : int or None
        The step of the round that first found more than advice.
    steps : list of int
        Those of the rounds.
    withdrawn : dict of Finding by code
        What was seen on the way of a run that then ended well.
    """

    chart: Chart | None = None
    first_alarm: int | None = None
    _known: dict[str, tuple[int, Finding]] = field(default_factory=dict[str, tuple[int, Finding]])
    _explained: dict[str, Finding] = field(default_factory=dict[str, Finding])
    steps: list[int] = field(default_factory=list[int])
    withdrawn: dict[str, Finding] = field(default_factory=dict[str, Finding])
    _moments: list[str] = field(default_factory=list[str])

    def note(
        self,
        chart: Chart,
        t: int,
        findings: Iterable[Finding],
        consequences: Iterable[Finding],
    ) -> None:
        """Take in what a round found at step t.

        Where a run has ended well, what was seen on its way and is seen no more is withdrawn.
        """
        self._note_moments(chart, t)
        new = [each for each in findings if _in_time(each, chart)]
        if chart.ended and chart.does_well:
            kept = {each.code for each in new}
            for code, (_, each) in list(self._known.items()):
                if code not in kept and each.first != "static":
                    self.withdrawn[code] = each
                    del self._known[code]
        for each in new:
            dated = _dated(each, t)
            if each.code not in self._known:
                self._known[each.code] = (t, dated)
            if self.first_alarm is None and each.severity != "advice":
                self.first_alarm = t
        for each in consequences:
            self._explained.setdefault(each.code, _dated(each, t))
        self.chart = chart

    def summary(self) -> tuple[list[Finding], list[Finding], tuple[str, ...]]:
        """Findings in order of first sign and cause with advice last, consequences, moments."""
        serious = {code for code, (_, each) in self._known.items() if each.severity != "advice"}
        explained = {
            brought for code in serious for brought in _BRINGS[code]
            if brought in self._known and self._known[brought][0] >= self._known[code][0]
        }  # fmt: skip
        first = sorted(
            (item for item in self._known.items() if item[0] not in explained),
            key=lambda item: (
                item[1][1].severity == "advice",
                item[1][1].first != "static",
                item[1][0],
                _ORDER[item[0]],
            ),
        )
        more = {code: each for code, each in self._explained.items() if code not in self._known}
        more |= {code: self._known[code][1] for code in explained}
        consequences = [more[code] for code in sorted(more, key=_ORDER.__getitem__)]
        findings = [each for _, (_, each) in first]
        more_rounds = len(self.steps) - 1
        rounds = [f"{more_rounds} rounds to step {self.steps[-1]:,}"] if more_rounds > 0 else []
        return findings, consequences if findings else [], (*self._moments, *rounds)

    @property
    def certain_and_fatal(self) -> Finding | None:
        """A fault that no further step will mend, if one was found."""
        if self.chart is None or self.chart.does_well:
            return None
        known = (each for _, each in self._known.values())
        fatal = [f for f in known if f.severity == "fatal" and f.confidence >= _CERTAIN]
        return min(fatal, key=lambda each: _ORDER[each.code], default=None)

    def _note_moments(self, chart: Chart, t: int) -> None:
        self.steps.append(t)
        if not self._moments:
            at = [] if chart.look is None else [f"step {t}"]
            steps = [] if chart.rehearsal is None else ["first steps"]
            self._moments += ["static", *at, *steps]


def _in_time(finding: Finding, chart: Chart) -> bool:
    """Whether it is the time for it: a run that a rule of its own ended was not too short."""
    if finding.code == "FEW_STEPS" and chart.ended_by in _BY_ITSELF:
        return False
    return chart.ended or finding.code not in _AT_THE_END


def _dated(finding: Finding, t: int) -> Finding:
    """The finding with the moment at which it was seen."""
    return replace(finding, first=f"step {t}") if finding.first == "after training" else finding
