"""Which parameters make the difference between the best candidates and the others."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from glassnet.report.figures.display import panels
from glassnet.report.figures.importances import spread_bars
from glassnet.report.figures.search_axes import remark
from glassnet.report.look import finished, look
from glassnet.tuning.importance import ENOUGH
from glassnet.tuning.result import SearchResult


@look()
def importances_figure(found: SearchResult, *, ax: Any = None) -> Figure:
    """A bar for each parameter; a line from a tenth to nine tenths of what draws of it give.

    With fewer than twenty candidates trained for as many epochs the panel says so instead.
    """
    told = found.by_importance
    height = 2.4 if not told else 0.75 + 0.27 * len(told)
    figure, (panel,) = panels(ax, 1, columns=1, width=4.2, height=height, above=0.0)
    if not told:
        remark(panel, f"It takes {ENOUGH} candidates that were\ntrained for as many epochs.")
        return finished(figure, ax)
    names, means = [each.name for each in told], [each.share for each in told]
    spread_bars(panel, names, means, [each.low for each in told], [each.high for each in told])
    panel.set_xlim(0, min(1.0, 1.05 * max(each.high for each in told)))
    panel.set_xlabel("share of what sets the best quarter apart")
    panel.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    return finished(figure, ax)
