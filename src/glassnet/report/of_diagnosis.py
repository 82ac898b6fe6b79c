"""The page of a diagnosis: a card for each finding, with the picture that shows it."""

from __future__ import annotations

from glassnet.doctor.causes import TITLES
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.doctor.findings import Finding
from glassnet.doctor.remedies import Remedy
from glassnet.errors import GlassnetError
from glassnet.report.contents import Card, Picture, Report, TextTable, Tile
from glassnet.report.figures.evidence.figure import evidence
from glassnet.report.look import readers_fonts


def report_of_diagnosis(
    diagnosis: Diagnosis, *, title: str = "Diagnosis", source: str = "", command: str = ""
) -> Report:
    """The report of a diagnosis, for :func:`glassnet.report.write_report`.

    Parameters
    ----------
    diagnosis : Diagnosis
        With what ``prove()`` showed, if it was called.
    title, source, command : str
        What was diagnosed, on which rows, and what makes the same page again.

    Returns
    -------
    Report

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "relu")])
    >>> page = report_of_diagnosis(gn.diagnose(net, [[0.0], [1.0]], [-1.0, 1.0]))
    >>> page.cards[0].code, page.cards[0].picture.title
    ('OUT_RANGE', "targets out of the output's range")
    """
    spec = None if diagnosis.chart is None else diagnosis.chart.spec
    sizes = "" if spec is None else "network " + "-".join(str(n) for n in spec.units)
    told = (sizes, f"{diagnosis.rows:,} rows", source)
    return Report(
        title=title,
        task=", ".join(part for part in told if part),
        verdict=_verdict(diagnosis),
        tiles=_tiles(diagnosis),
        cards=cards_of(diagnosis),
        card_note=card_note(diagnosis),
        scores=_proof(diagnosis),
        epochs=_checked(diagnosis),
        command=command,
    )


def cards_of(diagnosis: Diagnosis) -> tuple[Card, ...]:
    """A card for each finding, causes first.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> cards_of(gn.diagnose(net, [[0.0], [1.0]], [0.0, 1.0]))
    ()
    """
    with readers_fonts():
        return tuple(_card(diagnosis, finding) for finding in diagnosis.findings)


def card_note(diagnosis: Diagnosis) -> str:
    """What was seen besides, and what was looked for.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> card_note(gn.diagnose(net, [[0.0], [1.0]], [0.0, 1.0]))[:23]
    'Nothing was found. Look'
    """
    looked = f"Looked for: {len(diagnosis.checked)} causes ({', '.join(diagnosis.moments)})."
    if not diagnosis.findings:
        return f"Nothing was found. {looked}"
    names = [TITLES.get(finding.code, finding.code) for finding in diagnosis.consequences]
    also = f"Seen too, and explained by the above: {', '.join(names)}. " if names else ""
    return also + looked


def _card(diagnosis: Diagnosis, finding: Finding) -> Card:
    found = evidence(diagnosis, finding)
    title = TITLES.get(finding.code, finding.code)
    return Card(
        title=title[0].upper() + title[1:],
        place=finding.place,
        code=finding.code,
        severity=finding.severity,
        signs=(_first(finding.first), f"{100 * finding.confidence:.0f} % sure"),
        saw=finding.saw,
        why=finding.why,
        change=finding.change,
        remedy=_remedy(finding),
        page=finding.page,
        picture=None if found is None else Picture(found.title, found.figure, found.caption),
    )


def _remedy(finding: Finding) -> str:
    """The remedy as arguments; nothing where it is left to people."""
    try:
        remedy = Remedy(finding.remedy)
    except GlassnetError:
        return ""
    return "" if remedy.by_hand else remedy.words


def _first(moment: str) -> str:
    """When the first sign was there, in words."""
    return "seen before any step" if moment == "static" else f"first seen: {moment}"


def _verdict(diagnosis: Diagnosis) -> str:
    ill = [finding for finding in diagnosis.findings if finding.severity != "advice"]
    if not ill:
        return "Healthy: nothing was found that keeps this network from learning."
    first = ill[0]
    place = f" in {first.place}" if first.layer else ""
    what = f"{TITLES.get(first.code, first.code)}{place}"
    if len(ill) == 1:
        return f"{what[0].upper()}{what[1:]}. {first.change}"
    return f"{len(ill)} causes; begin with the first, {what}. {first.change}"


def _tiles(diagnosis: Diagnosis) -> tuple[Tile, ...]:
    ill = sum(finding.severity != "advice" for finding in diagnosis.findings)
    advice = len(diagnosis.findings) - ill
    seen = f"{len(diagnosis.consequences)} more follow from them" if diagnosis.consequences else ""
    first = diagnosis.findings[0].first.replace("static", "before any step") if ill else "none"
    tiles = [
        Tile("causes found", str(ill), seen),
        Tile("first sign", first),
        Tile("causes looked for", str(len(diagnosis.checked)), ", ".join(diagnosis.moments)),
    ]
    return (*tiles, Tile("advice", str(advice))) if advice else tuple(tiles)


def _proof(diagnosis: Diagnosis) -> tuple[TextTable, ...]:
    """What the replays of remedies showed."""
    proof = diagnosis.proof
    if proof is None or not proof.trials:
        return ()
    rows = tuple(
        (
            trial.remedy.words,
            f"{trial.before:.2f}".replace("-", "−"),
            f"{trial.after:.2f}".replace("-", "−"),
            "could not be replayed" if trial.failed else _doubt(trial.effect, trial.error),
            "cured" if trial.cured else "helps" if trial.sure else "",
        )
        for trial in proof.trials
    )
    return (
        TextTable(
            "Remedies, replayed beside the unchanged network",
            ("remedy", "before", "after", "effect", ""),
            rows,
            "Skill on rows kept apart: 1 is perfect, 0 is as good as the best constant answer.",
        ),
    )


def _doubt(effect: float, error: float) -> str:
    doubt = "" if error != error else f" ± {error:.2f}"
    return f"{effect:+.2f}{doubt}".replace("-", "−").replace(" ", "\N{NO-BREAK SPACE}")


def _checked(diagnosis: Diagnosis) -> TextTable:
    found = {finding.code: "found" for finding in diagnosis.findings}
    also = {finding.code: "follows from a cause found" for finding in diagnosis.consequences}
    said = also | found
    rows = tuple((code, TITLES.get(code, ""), said.get(code, "–")) for code in diagnosis.checked)
    return TextTable("What was looked for", ("code", "cause", ""), rows)
