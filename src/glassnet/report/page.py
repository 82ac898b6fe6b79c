"""The HTML page of a report: one file that holds everything it needs."""

from __future__ import annotations

import os
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from glassnet.files.atomic import atomic_write
from glassnet.report.contents import Picture, Report
from glassnet.report.svg import inline_svg


def write_report(path: str | os.PathLike[str], report: Report) -> None:
    """Write a report as one HTML page, whole or not at all.

    The page asks for nothing from outside, runs no script, follows the reader's light or dark
    setting, and prints. It holds no rows: points in figures are stored as pixels.

    Parameters
    ----------
    path : path-like
    report : Report

    Raises
    ------
    FileFault
        If the system refuses.

    Examples
    --------
    >>> write_report("report.html", Report("Wine", "classification", "It works."))
    >>> from pathlib import Path
    >>> "It works." in Path("report.html").read_text(encoding="utf-8")
    True
    """
    atomic_write(path, page(report).encode("utf-8", "replace"))


def page(report: Report) -> str:
    """The HTML of a report."""
    parts = {name: _text(name) for name in ("page.html.j2", "cards.html.j2")}
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=DictLoader(parts),
    )  # fmt: skip
    style = _text("page.css") + (_text("cards.css") if report.cards or report.card_note else "")
    drawn = [_drawn(picture, f"f{k}") for k, picture in enumerate(report.pictures, start=1)]
    cards = [
        {"card": card, "drawn": card.picture and _drawn(card.picture, f"c{k}")}
        for k, card in enumerate(report.cards, start=1)
    ]
    template = environment.get_template("page.html.j2")
    return template.render(report=report, style=style, drawn=drawn, cards=cards)


def _text(name: str) -> str:
    return (files("glassnet.report") / name).read_text(encoding="utf-8")


def _drawn(picture: Picture, name: str) -> dict[str, Any]:
    svg = inline_svg(picture.figure, name=name, label=picture.title)
    width = picture.figure.get_figwidth()
    least = 72 * width * (0.9 if picture.wide else 0.7)
    return {
        "picture": picture,
        "svg": svg,
        "least": round(least),
        "most": round(7.6 * width),
    }
