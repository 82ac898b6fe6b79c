"""What stands on the page of a report, as plain records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from matplotlib.figure import Figure

import glassnet


def _now() -> str:
    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True)
class TextTable:
    """A table of text.

    Parameters
    ----------
    title : str
    head : tuple of str
        Names of the columns; none where the first column says what each row is.
    rows : tuple of tuples of str
        The first cell of each names the row.
    note : str
        A sentence below it.

    Examples
    --------
    >>> TextTable("Data", (), (("rows", "569"),)).rows[0]
    ('rows', '569')
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Tile:
    """A number to be seen first: what it is, the number, and what to hold it against.

    Examples
    --------
    >>> Tile("accuracy", "97%", "62% without a network").value
    '97%'
    """

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A figure, what one sees in it, and what to do about it.

    Examples
    --------
    >>> Picture("Learning curves", Figure(), "J falls.", "Train longer.").wide
    True
    """

    title: str
    figure: Figure
    caption: str
    advice: str = ""

    @property
    def wide(self) -> bool:
        """Whether it needs the whole width of the page."""
        return bool(self.figure.get_figwidth() > 5.6)


@dataclass(frozen=True)
class Card:
    """A finding of the doctor's: what was seen, why it matters, what to change, and its picture.

    Parameters
    ----------
    title, place, code : str
        The cause in words, where it is, and its code.
    severity : "fatal", "harmful" or "advice"
    signs : tuple of str
        When the first sign was there, and how sure the doctor is, in words.
    saw, why, change : str
    remedy, page : str
        The change as arguments, empty where it is left to people; the documentation's page.
    picture : Picture, optional

    Examples
    --------
    >>> Card("dead units", "layer 1", "DEAD_RELU", "fatal", (), "…", "…", "…").picture is None
    True
    """

    title: str
    place: str
    code: str
    severity: str
    signs: tuple[str, ...]
    saw: str
    why: str
    change: str
    remedy: str = ""
    page: str = ""
    picture: Picture | None = None


@dataclass(frozen=True)
class Report:
    """A report of one training; :func:`glassnet.report.write_report` makes a page of it.

    Parameters
    ----------
    title : str
    task : str
        What the network was trained for, in words.
    verdict : str
        The result in a sentence.
    tiles : tuple of Tile
    notes : tuple of str
        What a careful reader must know before believing the numbers.
    cards, card_note : tuple of Card, str
        What the doctor found, and a sentence below it.
    scores, details : tuple of TextTable
        Scores on held-out rows; data, model and training.
    pictures : tuple of Picture
    wide : tuple of TextTable
        Tables that need the whole width of the page.
    epochs : TextTable, optional
        The history.
    command, next_command : str
        What to run to get the same again, and what to try next.
    version, made : str
        The glassnet that made it, and when; by default this one, now.
    rows_told : int
        How many rows are listed with their targets; the page says so.

    Examples
    --------
    >>> Report("Wine", "classification", "It works.").pictures
    ()
    """

    title: str
    task: str
    verdict: str
    tiles: tuple[Tile, ...] = ()
    notes: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    card_note: str = ""
    scores: tuple[TextTable, ...] = ()
    pictures: tuple[Picture, ...] = ()
    wide: tuple[TextTable, ...] = ()
    details: tuple[TextTable, ...] = ()
    epochs: TextTable | None = None
    command: str = ""
    next_command: str = ""
    version: str = field(default_factory=lambda: glassnet.__version__)
    made: str = field(default_factory=_now)
    rows_told: int = 0
