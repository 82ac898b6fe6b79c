"""What every exporter does before and after its own work: numbers that fit, files written whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from glassnet.errors import InvalidValue
from glassnet.export.layers import require_float32
from glassnet.export.source import Source
from glassnet.files.atomic import atomic_write


def require_dtype(found: Source, dtype: str, *known: str) -> None:
    """Demand a dtype that the format has, and weights that it can hold.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.export.source import source
    >>> net = source(gn.Network(2, [gn.Dense(1, "identity")]))
    >>> require_dtype(net, "float16", "float32", "float64")
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: dtype must be "float32" or "float64"; got 'float16'.
    """
    if dtype not in known:
        *first, last = (f'"{each}"' for each in known)
        raise InvalidValue(f"dtype must be {', '.join(first)} or {last}; got {dtype!r}.")
    if dtype != "float64":
        require_float32(found.members)


def write_files(files: Mapping[Path, bytes | str]) -> tuple[Path, ...]:
    r"""Write each file whole or not at all, texts in UTF-8; return where they are.

    Raises
    ------
    FileFault
        If the system refuses.

    Examples
    --------
    >>> write_files({Path("notes.txt"): "größe"})[0].read_bytes()
    b'gr\xc3\xb6\xc3\x9fe'
    """
    for path, content in files.items():
        atomic_write(path, content.encode("utf-8") if isinstance(content, str) else content)
    return tuple(files)
