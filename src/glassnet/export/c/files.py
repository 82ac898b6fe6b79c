"""A model as C: three files, and what they take."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.export.c.floats import Body, float_body
from glassnet.export.c.int8 import (
    RoundedLayer,
    activated,
    int8_body,
    int8_members,
    int8_outputs,
)
from glassnet.export.c.kinds import DOUBLE, FLOAT, Kind
from glassnet.export.c.reading import reading
from glassnet.export.c.spelling import RESERVED, identifier
from glassnet.export.c.text import c_text
from glassnet.export.c.trial import trial_text
from glassnet.export.rows import cells, rows_for
from glassnet.export.source import Source, source
from glassnet.export.writing import require_dtype, write_files

_FRAMES = 512  # bytes: registers and locals of the calls, seen with gcc from -O0 to -O3
_TRIED = 64  # rows at most in the test program


@dataclass(frozen=True)
class CFiles:
    """What :func:`export_c` wrote.

    Attributes
    ----------
    paths : tuple of Path
        The C file, its header, and the test program.
    constants : int
        Bytes of constant data, which a microcontroller keeps in its read-only memory.
    stack : int
        Bytes of stack that a prediction takes at most, the C library's mathematics left out.

    Examples
    --------
    >>> import glassnet as gn
    >>> made = export_c(gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")]), "m.c")
    >>> made.constants, made.stack < 1000
    (52, True)
    """

    paths: tuple[Path, Path, Path]
    constants: int
    stack: int


def export_c(
    model: Any,
    path: str | os.PathLike[str],
    *,
    dtype: Literal["float32", "float64", "int8"] = "float32",
    calibration: Any = None,
    rows: Any = None,
    name: str | None = None,
) -> CFiles:
    """Write a model as one self-contained C99 file, its header, and a test program.

    ``name_predict`` takes a row, missing values and levels included, and fills in probabilities or
    numbers; it allocates nothing, keeps nothing between calls, and returns −1 with NAN for a row
    that the model itself refuses. ``cc -std=c99 m.c m_test.c -lm && ./a.out`` shows the largest
    difference to the model.

    Parameters
    ----------
    model : Network, fitted estimator, Pipeline of scalings, or model of a table
    path : path-like
        Ends in ``.c``; the header and ``…_test.c`` go beside it.
    dtype : {"float32", "float64", "int8"}
        Of the weights and of the arithmetic. "int8" needs ``calibration``; sums of products are
        whole numbers there, and it is proven when the file is written that none can overflow.
    calibration : rows as the model takes them, optional
        A few hundred like those to come: they settle the range of each unit for "int8".
    rows : rows as the model takes them, optional
        For the test program, up to 64 of them; made ones otherwise.
    name : str, optional
        What the names in the C file begin with; the file's own name without it.

    Returns
    -------
    CFiles

    Raises
    ------
    InvalidValue
        If the model is not fitted, the name is none, or a weight is too large.
    Unsupported
        If it has a part that C does not know.
    FileFault
        If the system refuses to write.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")])
    >>> made = export_c(net, "small.c")
    >>> [path.name for path in made.paths], made.constants
    (['small.c', 'small.h', 'small_test.c'], 52)
    """
    found = source(model)
    place = Path(path)
    if place.suffix != ".c":
        raise InvalidValue(f"the path of a C file must end in .c; got {os.fspath(path)!r}.")
    own = _own_name(name, place)
    require_dtype(found, dtype, "float32", "float64", "int8")
    kind = DOUBLE if dtype == "float64" else FLOAT
    read = reading(found, own)
    body, eight = _body(found, dtype, calibration, kind)
    about = f"{_about(found, dtype)}, written by glassnet {version('glassnet')}"
    texts = c_text(found, own, read, body, about, kind)
    tried = rows_for(found, rows)
    tried = tried[:_TRIED] if found.rules is None else tried.take(slice(0, _TRIED))
    answers = found.answers(tried)
    limits = limits_of(found, answers)
    if eight:
        limits = np.maximum(limits, _rounding(found, eight, tried))
    trial = trial_text(found, own, cells(found, tried), answers, limits, about, kind)
    header, test = place.with_name(f"{own}.h"), place.with_name(f"{own}_test.c")
    write_files({header: texts.header, place: texts.source, test: trial})
    return CFiles((place, header, test), texts.bytes, body.stack + _FRAMES)


def _rounding(found: Source, members: list[list[RoundedLayer]], rows: Any) -> Array:
    """Twice what eight bits change in the answers to these rows.  -> (outputs,) or (1,)"""
    a = found.first(rows)
    outputs: list[Array] = []
    for layers in found.members:
        here = a
        for layer in layers:
            here = activated(layer, here @ layer.W.T + layer.b)
        outputs.append(here)
    eight, exact = (
        found.answered(each) for each in (int8_outputs(members, a), np.mean(outputs, axis=0))
    )
    return 2 * np.abs(eight - exact).max(axis=0)


def _own_name(name: str | None, place: Path) -> str:
    """The name given, which must be an identifier, or one made of the file's."""
    if name is None:
        return identifier(place.stem)
    if not name.isidentifier() or not name.isascii() or name.lower() in RESERVED:
        raise InvalidValue(
            f"name must be an identifier of C that is no reserved word; got {name!r}. "
            f"{identifier(name)!r} would be one."
        )
    return name


def _body(
    found: Source, dtype: str, calibration: Any, kind: Kind
) -> tuple[Body, list[list[RoundedLayer]]]:
    """The networks in C; with the layers of int8, where those are asked for."""
    if (dtype == "int8") != (calibration is not None):
        raise InvalidValue(
            f'dtype="int8" and calibration rows go together; got dtype={dtype!r} '
            f"{'without' if calibration is None else 'with'} calibration."
        )
    wide = found.averaged
    if dtype != "int8":
        return float_body(found.members, kind, wide=wide), []
    members = int8_members(found, found.first(rows_for(found, calibration)))
    return int8_body(members, wide=wide), members


def _about(found: Source, dtype: str) -> str:
    sizes = "-".join(str(n) for n in (found.inputs, *(len(layer.b) for layer in found.layers)))
    many = len(found.members)
    what = "a network" if many == 1 else f"the mean of {many} networks"
    return f"{what} {sizes} in {dtype}"


def limits_of(found: Source, answers: Array) -> Array:
    """Up to what difference an exported model is the same: what the test program demands.

    10⁻⁶ of a probability, 10⁻⁵ standard deviations of a number. Outputs of a plain network are
    judged by the size of the answers themselves.  -> (outputs,)
    """
    if found.answer.of_classes:
        return np.full(found.outputs, 1e-6)
    spread = np.array(found.answer.scale) if found.answer.restored else np.std(answers)
    least = np.abs(answers).max(axis=0) * 1e-2
    return 1e-5 * np.maximum(np.maximum(spread, least), 1e-30)
