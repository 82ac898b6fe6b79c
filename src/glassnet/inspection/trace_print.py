"""A trace to be read: each array beside the equation that made it, or a table of all arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, cast

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.inspection.equations import Equations
from glassnet.inspection.looking import checked_layer
from glassnet.inspection.numerals import aligned, grid, matrix_latex, numeral
from glassnet.inspection.script import LATEX, TEXT, Script
from glassnet.inspection.shapes import shapes
from glassnet.inspection.trace_frames import statistics
from glassnet.inspection.trace_html import sheet_html
from glassnet.network.summaries import activation_name, extras, loss_name

if TYPE_CHECKING:
    from glassnet.inspection.trace import Trace

MOST_LAYERS, MOST_NUMBERS = 8, 20_000  # beyond, what is shown would be nothing that can be read
_BACK = ("da", "delta", "dW", "db", "dgamma", "dbeta", "dkappa")


@dataclass(frozen=True)
class Item:
    """One array: its name in the code, its equation in both scripts, its shapes, its numbers."""

    name: str
    text: tuple[str, str]
    latex: tuple[str, str]
    shape: str
    array: Array
    back: bool


@dataclass(frozen=True)
class Block:
    """The arrays of one layer under a heading, or a table of texts."""

    heading: str
    items: tuple[Item, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, repr=False)
class Sheet:
    r"""Something to read: ``print`` it, show it with rich, or let a notebook show it.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init="zeros")])
    >>> print(gn.trace(net, [[2.0]], [3.0]).show(layers=1, largest=3).latex().splitlines()[0])
    \begin{align*}
    """

    title: str
    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    largest: int = 8
    digits: int = 4

    def __str__(self) -> str:
        """As plain text, 100 letters wide."""
        from rich.console import Console

        file = StringIO()
        console = Console(file=file, width=100, color_system=None, legacy_windows=False)
        console.print(self)
        return "\n".join(line.rstrip() for line in file.getvalue().rstrip().splitlines())

    __repr__ = __str__

    def __rich_console__(self, console: Any, options: Any) -> Any:
        """As rich shows it, as wide as the console."""
        from rich.text import Text

        yield Text(self.title, style="bold")
        yield from (Text(line) for line in self.lines)
        for block in self.blocks:
            yield Text("")
            if block.heading:
                yield Text(block.heading, style="bold underline")
            yield _items(block, options.max_width, self) if block.items else _rows(block)

    def html(self) -> str:
        """As one element of HTML with a style of its own."""
        return sheet_html(self)

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        return self.html()

    def latex(self) -> str:
        r"""As LaTeX: an ``align*`` a layer, for amsmath."""
        made: list[str] = []
        for block in (block for block in self.blocks if block.items):
            equations = [_latex_line(item, self) for item in block.items]
            body = " \\\\\n".join(equations)
            made.append(f"\\begin{{align*}}\n{body}\n\\end{{align*}}")
        return "\n".join(made)


def sheet(trace: Trace, layers: Any, *, largest: int, digits: int) -> Sheet:
    """What :meth:`Trace.show` returns.

    Raises
    ------
    InvalidValue
        If a layer does not exist, or ``largest`` or ``digits`` is too small.
    """
    if isinstance(largest, bool) or largest < 3 or isinstance(digits, bool) or digits < 1:
        raise InvalidValue(
            f"largest must be at least 3 and digits at least 1; got {largest!r} and {digits!r}."
        )
    numbers = sum(shape_size(line["shape"]) for line in statistics(trace))
    if layers is None and (trace.depth > MOST_LAYERS or numbers > MOST_NUMBERS):
        return table(trace, too_large=numbers)
    chosen = _layers(trace, layers)
    return Sheet(_title(trace), _cost(trace), _blocks(trace, chosen), largest, digits)


def shape_size(shape: tuple[int, ...]) -> int:
    """How many numbers an array of that shape has."""
    size = 1
    for extent in shape:
        size *= extent
    return size


def table(trace: Trace, *, too_large: int = 0) -> Sheet:
    """What :meth:`Trace.table` returns; ``too_large`` numbers are why nothing more is shown."""
    rows: list[tuple[str, ...]] = [
        ("layer", "array", "shape", "‖·‖₂", "smallest", "largest", "zeros")
    ]
    for line in statistics(trace):
        numbers = (numeral(line[key]) for key in ("norm", "min", "max"))
        share = f"{line['zeros']:.0%}"
        name = TEXT.name(line["quantity"], line["layer"])
        rows.append((str(line["layer"]), name, _shape(line["shape"]), *numbers, share))
    lines = _cost(trace)
    if too_large:
        lines += (
            f"{too_large:,} numbers in {trace.depth} layers are too many to be read at once. Ask "
            "for the rest: .show(layers=[1, 2]), .z[1], .dW[1], .to_frame().",
        )
    return Sheet(_title(trace), lines, (Block("", rows=tuple(rows)),))


def _shape(shape: tuple[int, ...]) -> str:
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"


def _layers(trace: Trace, layers: Any) -> list[int]:
    if layers is None:
        return list(range(trace.depth + 1))
    given = cast(
        "Sequence[Any]", [layers] if not isinstance(layers, list | tuple | range) else layers
    )
    return [checked_layer(trace.specification, l, lowest=0) for l in given]


def _title(trace: Trace) -> str:
    sizes = "-".join(map(str, trace.specification.units))
    many = _counted(trace.rows, "row")
    how = "a sample per column" if trace.view.columns else "a sample per row"
    return f"Trace of {sizes}, {loss_name(trace.specification)}: {many}, {how}, {trace.mode}"


def _cost(trace: Trace) -> tuple[str, ...]:
    if trace.J is None or trace.loss is None or trace.penalty is None:
        return ("forward only: without y there is no J and no derivative",)
    parts = f"J = {numeral(trace.J, 6)}"
    if trace.specification.penalties:
        parts += f" = loss {numeral(trace.loss, 6)} + penalties {numeral(trace.penalty, 6)}"
    mean = "δ carries the 1/m" if trace.view.mean == "delta" else "dW divides by m, δ does not"
    return (f"{parts}   ({mean})",) if trace.rows > 1 else (parts,)


def _blocks(trace: Trace, layers: list[int]) -> tuple[Block, ...]:
    """Forward through the layers, then back: the order in which the numbers come to be."""
    made = [_block(trace, l, back=False) for l in sorted(layers)]
    if trace.J is not None:
        made += [_block(trace, l, back=True) for l in sorted(layers, reverse=True)]
    return tuple(made)


def _block(trace: Trace, l: int, *, back: bool) -> Block:
    spec, of = trace.specification, (Equations(trace, TEXT), Equations(trace, LATEX))
    way = "back" if back else "forward"
    heading = f"{way} · input · {_counted(spec.units[0], 'column')}"
    if l > 0:
        more = "".join(f", {each}" for each in extras(spec.layer(l)))
        units = _counted(spec.units[l], "unit")
        heading = f"{way} · layer {l} · {activation_name(spec.layer(l))}{more} · {units}"
    items = [
        _item(trace, l, name, array, *of)
        for name, array in trace.layer(l).items()
        if (name in _BACK) == back
    ]
    if back and l == trace.depth and trace.y is not None:
        items.insert(0, Item("y", ("y", ""), ("y", ""), _shape(trace.y.shape), trace.y, True))
    return Block(heading, tuple(items))


def _counted(count: int, thing: str) -> str:
    return f"1 {thing}" if count == 1 else f"{count} {thing}s"


def _item(trace: Trace, l: int, name: str, array: Array, text: Equations, latex: Equations) -> Item:
    pair = [(of.left(name, l), of.right(name, l)) for of in (text, latex)]
    shape = shapes(trace, name, l)
    return Item(f"{name}[{l}]", pair[0], pair[1], shape, array, name in _BACK)


def equation(parts: tuple[str, str], script: Script = TEXT) -> str:
    """Both sides of an equation; the left one alone where the right one is given."""
    return f"{parts[0]} = {parts[1]}" if parts[1] else parts[0]


def _items(block: Block, width: int, of: Sheet) -> Any:
    from rich.table import Table
    from rich.text import Text

    names = max(len(item.name) for item in block.items)
    longest = max(max(len(equation(item.text)), len(item.shape)) for item in block.items)
    left = min(longest, max(24, min(42, width // 2 - 8)))
    room = width - left - names - 2 * 3
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(width=left)
    made.add_column(no_wrap=True)
    for item in block.items:
        color = "dark_orange" if item.back else "dodger_blue1"
        words = Text(equation(item.text))
        words.append(f"\n{item.shape}", style="dim")
        numbers = "\n".join(_fitting(item.array, room, of))
        made.add_row(Text(item.name, style=f"bold {color}"), words, Text(numbers))
    return made


def _fitting(array: Array, room: int, of: Sheet) -> list[str]:
    """The array between brackets, with as many columns as there is room for."""
    lines: list[str] = []
    for columns in range(of.largest, 1, -1):
        lines = bars(aligned(grid(array, rows=of.largest, columns=columns, digits=of.digits)))
        if len(lines[0]) <= room:
            break
    return lines


def bars(lines: list[str]) -> list[str]:
    """Lines of numbers between the brackets of a matrix.

    Examples
    --------
    >>> bars(["1", "2"]), bars(["1"])
    (['⎡1⎤', '⎣2⎦'], ['[1]'])
    """
    if len(lines) == 1:
        return [f"[{lines[0]}]"]
    ends = [("⎡", "⎤"), *[("⎢", "⎥")] * (len(lines) - 2), ("⎣", "⎦")]
    return [left + line + right for line, (left, right) in zip(lines, ends, strict=True)]


def _rows(block: Block) -> Any:
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for k, name in enumerate(block.rows[0]):
        made.add_column(name, justify="right" if k > 2 else "left", no_wrap=True)
    for row in block.rows[1:]:
        made.add_row(*map(Text, row))
    return made


def _latex_line(item: Item, of: Sheet) -> str:
    matrix = matrix_latex(grid(item.array, rows=of.largest, columns=of.largest, digits=of.digits))
    left, right = item.latex
    middle = f" &= {right} = " if right else " &= "
    return f"{left}{middle}{matrix}"
