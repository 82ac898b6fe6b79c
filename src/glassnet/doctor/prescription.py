"""Which remedies are meant, and the regimen with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glassnet.doctor.case import Case
from glassnet.doctor.findings import Finding
from glassnet.doctor.parameters import with_remedy
from glassnet.doctor.proof import Proof
from glassnet.doctor.regimen import Regimen, regimen_of
from glassnet.doctor.remedies import Remedy
from glassnet.doctor.treatment import treated
from glassnet.errors import InvalidValue


def chosen(findings: list[Finding], proof: Proof | None, which: Sequence[Any]) -> Remedy:
    """The remedy that numbers of findings, remedies or mappings mean, all together.

    Without any it is the proven one, else that of the first finding that a machine can carry out.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> chosen([], None, [{"X": "standardise"}, {"penalties": []}]).words
    'X standardised, no penalty'
    """
    if not which:
        return _first(findings, proof)
    found = [_meant(findings, each) for each in which]
    total = found[0]
    for each in found[1:]:
        total = total + each
    return total


def _first(findings: list[Finding], proof: Proof | None) -> Remedy:
    if proof is not None and proof.best is not None:
        return proof.best.remedy
    for finding in findings:
        if finding.remedy and finding.severity != "advice":
            remedy = Remedy(finding.remedy, finding.code)
            if not remedy.by_hand:
                return remedy
    raise InvalidValue(
        "there is no remedy to apply: nothing was found whose remedy is a change of arguments."
    )


def _meant(findings: list[Finding], which: Any) -> Remedy:
    if isinstance(which, Remedy):
        return which
    if isinstance(which, Mapping):
        return Remedy(dict(which))
    number = isinstance(which, int) and not isinstance(which, bool)
    if not number or not 1 <= which <= len(findings):
        raise InvalidValue(
            f"a remedy is named by the number of its finding, 1 to {len(findings)}; got {which!r}."
        )
    return Remedy(findings[which - 1].remedy, findings[which - 1].code)


def prescribed(case: Case | None, remedy: Remedy) -> Regimen:
    """The regimen of a case with a remedy carried out.

    Raises
    ------
    InvalidValue, ShapeMismatch
    """
    if case is None:
        raise InvalidValue("a diagnosis that was loaded has no rows to apply a remedy to.")
    return treated(regimen_of(case), remedy)


def changed(case: Case | None, remedy: Remedy) -> Any:
    """What was brought, with a remedy carried out: a new network, or a new estimator.

    Raises
    ------
    InvalidValue, ShapeMismatch
    """
    after = prescribed(case, remedy)
    assert case is not None
    own = case.subject if hasattr(case.subject, "get_params") else case.estimator
    return after.network() if own is None else with_remedy(own, remedy, after)


def proven_first(findings: list[Finding], proof: Proof) -> list[Finding]:
    """The findings, those whose remedies were proven before the others.

    Examples
    --------
    >>> proven_first([], Proof())
    []
    """
    order = [trial.remedy for trial in proof.trials if trial.helps]

    def place(finding: Finding) -> int:
        if finding.severity == "advice" or not finding.remedy:
            return len(order) + (finding.severity == "advice")
        own = Remedy(finding.remedy)
        return next((k for k, each in enumerate(order) if each.same(own)), len(order))

    return sorted(findings, key=place)
