"""From a diagnosis to the pictures of its findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glassnet.doctor.causes import TITLES
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.doctor.findings import Finding
from glassnet.errors import InvalidValue
from glassnet.report.figures.evidence import layers, ranges, runs, slopes, steps, table, units
from glassnet.report.figures.evidence.seen import Seen
from glassnet.report.look import WIDTH, figure_of, finished, look, own_axes

# The first of them that has its numbers is drawn.
_DRAWINGS: dict[str, tuple[Callable[[Seen, Axes], str | None], ...]] = {
    "ALL_LINEAR": (table.explained,),
    "BATCH": (runs.batches, steps.noise),
    "CAPACITY": (runs.wider, runs.against_constant),
    "DATA_BAD": (table.broken_cells,),
    "DEAD_RELU": (units.dead_map,),
    "EXPLODE": (layers.growth_by_layer, runs.curves),
    "FEW_STEPS": (runs.against_constant,),
    "IMBALANCE": (table.classes,),
    "INIT_SCALE": (layers.signal_by_layer,),
    "INIT_SYMM": (units.twin_map,),
    "INPUT_SCALE": (table.column_sizes,),
    "LABEL_CODE": (ranges.compared_pairs, ranges.values_of_labels),
    "LOSS_PAIR": (ranges.labels_per_row, ranges.outputs_and_domain),
    "LR_HIGH": (
        steps.before_and_after,
        steps.rehearsed,
        runs.other_rate,
        runs.against_constant,
    ),
    "LR_LOW": (steps.rehearsed, runs.other_rate, runs.against_constant),
    "METRIC": (runs.scores,),
    "OUT_RANGE": (ranges.targets_and_range,),
    "OVERFIT": (runs.curves,),
    "OVER_REG": (runs.pulls,),
    "SOFTMAX_ONE": (units.constant_outputs,),
    "SPLIT_LEAK": (table.leak, runs.curves),
    "STEP_BUG": (slopes.derivative, steps.of_the_optimizer, runs.against_constant),
    "TARGET_SCALE": (ranges.targets_and_outputs,),
    "VANISH": (layers.error_by_layer,),
}


@dataclass(frozen=True, eq=False)
class Evidence:
    """The picture of one finding, and what it shows in a sentence or two."""

    title: str
    figure: Figure
    caption: str


@look()
def evidence(
    diagnosis: Diagnosis, which: int | Finding = 1, *, ax: Axes | None = None
) -> Evidence | None:
    """Draw the picture of a finding: what convinces that it is so.

    Parameters
    ----------
    diagnosis : Diagnosis
    which : int or Finding
        The number of the finding, from 1, or the finding itself, also one of the consequences.
    ax : Axes, optional
        Draw there instead of on a figure of its own.

    Returns
    -------
    Evidence or None
        ``figure``, ``title`` and ``caption``; None where the numbers are not there, as in a
        diagnosis that was unpickled.

    Raises
    ------
    InvalidValue
        If there is no such finding.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "relu")])
    >>> diagnosis = gn.diagnose(net, [[0.0], [1.0]], [-1.0, 1.0])
    >>> print(evidence(diagnosis).caption)
    The green band is all that relu can give. y goes from −1 to 1, the outputs now from 0 to 1.45.
    """
    finding = which if isinstance(which, Finding) else _numbered(diagnosis, which)
    seen = Seen(diagnosis, finding)
    for draw in _DRAWINGS.get(finding.code, ()):
        panel = own_axes(ax, WIDTH, 2.9)
        caption = draw(seen, panel)
        if caption is not None:
            figure = figure_of(panel)
            made = finished(figure, ax)
            return Evidence(TITLES.get(finding.code, finding.code), made, caption)
        if ax is not None:
            ax.clear()
    return None


def _numbered(diagnosis: Diagnosis, which: int) -> Finding:
    count = len(diagnosis.findings)
    if not isinstance(which, int) or not 1 <= which <= count:
        raise InvalidValue(
            f"which must be the number of a finding, from 1 to {count}; got {which!r}."
            + ("" if count else " The diagnosis has none: the network is healthy.")
        )
    return diagnosis.findings[which - 1]
