"""The displays of ``glassnet plot``: a model file's network on the rows of a table."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from glassnet.data.frames import Table
from glassnet.errors import InvalidValue, UnknownName
from glassnet.estimators.table_model import TableModel
from glassnet.inspection.subjects import subject
from glassnet.report.figures.activations import ActivationDisplay
from glassnet.report.figures.features import FeaturesDisplay
from glassnet.report.figures.gradient_flow import GradientFlowDisplay
from glassnet.report.figures.kinks import DecisionBoundaryDisplay
from glassnet.report.figures.ledger import LedgerDisplay
from glassnet.report.figures.unit_maps import UnitMapsDisplay
from glassnet.report.look import look, readers_fonts

What: TypeAlias = Literal["activations", "features", "boundary", "flow", "units", "ledger"]
WHAT: tuple[What, ...] = ("activations", "features", "boundary", "flow", "units", "ledger")
FORMATS = ("png", "svg", "pdf")


def display_of_model(
    model: TableModel,
    table: Table | None,
    what: What,
    *,
    layer: int = 1,
    columns: Sequence[str] | None = None,
) -> Any:
    """Draw one of :data:`WHAT` for the rows of a table.

    Parameters
    ----------
    model : TableModel
    table : Table or None
        None for the activations only. ``flow`` and ``ledger`` need the target among its columns;
        the others colour the rows by it where it is there.
    what : str
    layer : int
        Of ``units``.
    columns : (str, str), optional
        Encoded columns of ``boundary`` and ``units``; by default those that matter most.

    Raises
    ------
    UnknownName, InvalidValue, ShapeMismatch

    Examples
    --------
    >>> from glassnet.data.datasets import bundled
    >>> from glassnet.estimators.table_fit import fit_table
    >>> from glassnet.estimators.table_plan import TableSettings
    >>> iris = bundled("iris")
    >>> found = fit_table(iris, "target", TableSettings(hidden=(8,), epochs=5))
    >>> display = display_of_model(found.model, iris, "features")
    >>> [ax.get_title(loc="left") for ax in display.ax_]
    ['input', 'layer 1: 8 relu', 'layer 2: 3 softmax']
    """
    if what not in WHAT:
        raise UnknownName("figure", what, WHAT)
    if what == "activations":
        return ActivationDisplay.from_network(model.network)
    if table is None:
        raise InvalidValue(f"a figure of {what} needs a table of rows; got none.")
    X, target = _rows(model, table), model.target
    told = target.name in table
    if what in ("flow", "ledger"):
        # In the network's own units: standardised, or one output per class.
        targets = target.transform(table[target.name])
        display: Any = GradientFlowDisplay if what == "flow" else LedgerDisplay
        return display.from_network(model.network, model.encoder.transform(table), targets)
    if what == "units":
        return UnitMapsDisplay.from_network(model, X, layer=layer, columns=columns)
    values: Any = None
    if told:
        column = table[target.name]
        values = target.codes(column) if target.classes else column.values
    if what == "features":
        return FeaturesDisplay.from_network(model, X, values, classes=target.classes)
    return DecisionBoundaryDisplay.from_network(
        model, X, values, columns=columns, classes=target.classes
    )


def drawn_bytes(figure: Any, kind: str, *, dots_per_inch: float = 200) -> bytes:
    """The figure as the content of a .png, .svg or .pdf file; the same figure, the same bytes.

    Letters of an SVG become shapes, so that it looks the same without the font.

    Examples
    --------
    >>> figure = ActivationDisplay("relu").plot().figure_
    >>> drawn_bytes(figure, "png")[1:4]
    b'PNG'
    """
    if kind not in FORMATS:
        raise UnknownName("file format of figures", kind, FORMATS)
    file = io.BytesIO()
    # Whatever tells the time of day or the version of a library is left out.
    metadata: dict[str, Any] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    }[kind]
    with look({"svg.fonttype": "path"}), readers_fonts():
        figure.savefig(file, format=kind, dpi=dots_per_inch, metadata=metadata)
    return file.getvalue()


def _rows(model: TableModel, table: Table) -> Any:
    """The encoded columns of a table, numbers in their own units."""
    who = subject(model)
    return model.encoder.transform(table) * who.scale + who.center
