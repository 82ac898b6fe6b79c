"""Which faults ate the budget."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from glassnet.report.figures.display import panels
from glassnet.report.look import BLUE, INK, ORANGE, VERMILION, finished, look, number, shortened
from glassnet.tuning.lessons import Share, budget
from glassnet.tuning.result import SearchResult

_MOST = 9


@look()
def faults_figure(found: SearchResult, *, ax: Any = None) -> Figure:
    """Seconds of training by what the doctor or the failure said, with candidates and share.

    Red ended the candidates, orange was seen and they were trained on, blue is the rest.
    """
    shares = shown_shares(found)
    figure, (panel,) = panels(
        ax, 1, columns=1, width=6.4, height=0.75 + 0.34 * max(len(shares), 2), above=0.0
    )
    up = np.arange(len(shares))
    panel.barh(
        up, [each.seconds for each in shares], height=0.62, zorder=2,
        color=[_colour(each) for each in shares],
    )  # fmt: skip
    longest = max((each.seconds for each in shares), default=1.0) or 1.0
    for k, each in enumerate(shares):
        panel.text(
            each.seconds + 0.015 * longest, k, _words(each), va="center", fontsize=8, color=INK
        )
    panel.set_yticks(up, [share_name(each) for each in shares])
    panel.set_ylim(max(len(shares), 2) - 0.5, -0.5)
    panel.set_xlim(0, 1.75 * longest)
    panel.set_xlabel("seconds of training")
    panel.grid(axis="y", visible=False)
    return finished(figure, ax)


def shown_shares(found: SearchResult) -> list[Share]:
    """The shares that have a bar; small ones beyond the ninth are put together."""
    shares = budget(found.records)
    if len(shares) <= _MOST:
        return shares
    kept = sorted(shares, key=lambda each: -each.seconds)[: _MOST - 1]
    rest = [each for each in shares if each not in kept]
    put = Share(
        f"{len(rest)} other reasons", any(each.ended for each in rest),
        sum(each.candidates for each in rest), sum(each.seconds for each in rest),
        sum(each.part for each in rest),
    )  # fmt: skip
    return [*[each for each in shares if each in kept], put]


def share_name(share: Share) -> str:
    """What a bar is called.

    Examples
    --------
    >>> share_name(Share("dead units", True, 2, 1.5, 0.1))
    'dead units: ended'
    >>> share_name(Share("", False, 2, 1.5, 0.1))
    'nothing found'
    """
    if not share.what:
        return "nothing found"
    return f"{shortened(share.what, 36)}: {'ended' if share.ended else 'trained on'}"


def _words(share: Share) -> str:
    count = f"{share.candidates} candidate" + ("s" if share.candidates != 1 else "")
    return f"{count}, {_seconds(share.seconds)} s, {100 * share.part:.0f}%"


def _seconds(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 10 else number(seconds, 2)


def _colour(share: Share) -> str:
    return VERMILION if share.ended else ORANGE if share.what else BLUE
