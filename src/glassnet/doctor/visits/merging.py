"""One diagnosis of several: of the network as it began, as it stands, and of the loop around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glassnet.doctor.causes import CAUSES
from glassnet.doctor.findings import Finding

if TYPE_CHECKING:
    from glassnet.doctor.case import Case
    from glassnet.doctor.diagnosis import Diagnosis

_ORDER = {cause.code: place for place, cause in enumerate(CAUSES)}
_BRINGS = {cause.code: cause.brings for cause in CAUSES}


def merged(
    seen: Sequence[Diagnosis], own: Sequence[Finding] = (), *, over: bool = True, rows: int = 0
) -> Diagnosis:
    """The last of several diagnoses, with what the earlier ones and the loop's habits add.

    A cause is reported once, by its first sign. What the untrained network showed does not count
    against one that has learned; that a run was short does not while it goes on (``over`` false);
    and what shows late in a loop with a fatal fault of its own is that fault's consequence. Of a
    run that left the finite numbers the chart and the case are those before it.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> one = gn.diagnose(net, [[0.0], [1.0]], [0.0, 1.0])
    >>> merged([one, one]).healthy
    True
    """
    last = seen[-1]
    learned = last.chart is not None and last.chart.does_well
    noticed: dict[str, _Noticed] = {}
    for finding in own:
        noticed.setdefault(finding.code, _Noticed(finding, 0))
    for moment, diagnosis in enumerate(seen):
        if diagnosis is not last and learned:
            continue
        for finding in (*diagnosis.findings, *diagnosis.consequences):
            if over or finding.code != "FEW_STEPS":
                noticed.setdefault(finding.code, _Noticed(finding, moment))
    fatal = any(finding.severity == "fatal" for finding in own)
    inner = {finding.code for finding in own}
    late = {c for c, each in noticed.items() if each.finding.first == "after training"} - inner
    first, explained = _sorted(list(noticed.values()), late if fatal else set())
    moments = tuple(dict.fromkeys(name for each in seen for name in each.moments))
    look = None if last.chart is None else last.chart.look
    told = seen[0] if look is not None and not look.finite else last
    return replace(
        last, findings=first, consequences=explained, moments=moments, rows=rows or last.rows,
        chart=told.chart, case=_with_history(told, last),
    )  # fmt: skip


def _with_history(told: Diagnosis, last: Diagnosis) -> Case | None:
    if told.case is None or last.case is None:
        return told.case
    return replace(told.case, history=last.case.history)


@dataclass(frozen=True)
class _Noticed:
    """A finding, and the number of the diagnosis in which it first appeared."""

    finding: Finding
    moment: int

    def brings(self, other: _Noticed) -> bool:
        """Whether the other follows from it; what came later follows from what would follow it."""
        if self.finding.severity == "advice" or self is other:
            return False
        here, there = self.finding.code, other.finding.code
        if self.moment == other.moment:
            return there in _BRINGS.get(here, ())
        linked = there in _BRINGS.get(here, ()) or here in _BRINGS.get(there, ())
        return self.moment < other.moment and linked


def _sorted(noticed: list[_Noticed], explained: set[str]) -> tuple[list[Finding], list[Finding]]:
    """Causes in their order, advice last; and those that another one explains."""
    noticed = sorted(noticed, key=lambda each: _ORDER.get(each.finding.code, -1))
    first, others = list[Finding](), list[Finding]()
    for each in noticed:
        follows = each.finding.code in explained or any(one.brings(each) for one in noticed)
        (others if follows else first).append(each.finding)
    first.sort(key=lambda finding: finding.severity == "advice")
    return first, others
