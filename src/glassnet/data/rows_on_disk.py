"""``gn.Rows``: which files are a set of rows, and which of their columns are what."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, cast

from glassnet.arrays import Array
from glassnet.data.npy_rows import NpyRows
from glassnet.data.parquet_rows import ParquetRows
from glassnet.data.row_sets import RowSet
from glassnet.data.text_files import AnyPath
from glassnet.errors import BadFile, InvalidValue, UnknownName
from glassnet.files import shown

_PARQUET = (".parquet", ".parq", ".pq")
_WINDOW = 2**26


@dataclass(frozen=True)
class Rows:
    """Rows on disk, which may be more than fit in memory.

    :func:`glassnet.train` takes them; MLPClassifier and MLPRegressor do in ``fit``,
    ``partial_fit``, ``predict``, ``predict_proba``, ``predict_log_proba`` and ``score``,
    TableClassifier and TableRegressor in all of these but the fits. ``glassnet fit`` and
    ``glassnet predict`` name their files themselves.

    Parameters
    ----------
    path : path-like, or a sequence of them
        A Parquet file, a folder of such files (and of folders), several of either, or a pattern as
        in ``"data/2024-*.parquet"``; files are taken in the order of their names. Or a ``.npy``
        file of X, (m, n₀) in C order, with ``target`` the ``.npy`` file of y.
    target : str, or a sequence of str, optional
        The target's column, or columns; with ``.npy``, a file. Predictions need none.
    columns : sequence of str, optional
        The input columns; by default all that are neither target nor weight. ``.npy``: all.
    weight : str, optional
        A column, or a ``.npy`` file, of sample weights.
    buffer_bytes : int ≥ 1, default 64 MiB
        Rows that are mixed with each other fill at most so many bytes. Two such windows are in
        memory at a time: the one that is trained on, and the next, which is read meanwhile.
    skip_bad : bool
        Leave out row groups that cannot be read, and name them in a warning. They are found by
        reading everything once before training begins.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(5000, 3)).astype("float32")
    >>> np.save("X.npy", X)
    >>> np.save("y.npy", X @ [1.0, 2.0, 3.0])
    >>> net = gn.Network(3, [gn.Dense(1, "identity")], seed=0)
    >>> run = gn.train(net, gn.Rows("X.npy", "y.npy"), optimizer=gn.Adam(0.05), epochs=5)
    >>> net.W[1].round(2)
    array([[1., 2., 3.]])
    """

    path: AnyPath | Sequence[AnyPath]
    target: AnyPath | Sequence[str] | None = None
    _: KW_ONLY
    columns: Sequence[str] | None = None
    weight: AnyPath | None = None
    buffer_bytes: int = _WINDOW
    skip_bad: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.buffer_bytes, bool) or not hasattr(self.buffer_bytes, "__index__"):
            raise InvalidValue(f"buffer_bytes must be whole; got {self.buffer_bytes!r}.")
        if self.buffer_bytes < 1:
            raise InvalidValue(f"buffer_bytes must be at least 1; got {self.buffer_bytes}.")
        if isinstance(self.columns, str):
            raise InvalidValue(
                f"columns must be a list of names, as in [{self.columns!r}]; got a text."
            )

    def open(self, *, targets: bool = True) -> RowSet:
        """Open the files, and hold their columns against each other.

        Parameters
        ----------
        targets : bool
            Whether a target must be named.

        Raises
        ------
        BadFile, FileFault, InvalidValue, UnknownName, Unsupported
            If there is no file, one is damaged, or columns are not there or do not agree.
        """
        if targets and self.target is None:
            raise InvalidValue(
                "rows must name their target here; got target=None. Name its column, as in "
                "Rows('days', 'sold'), or its file, as in Rows('X.npy', 'y.npy')."
            )
        paths = files_of(self.path)
        if any(path.suffix.lower() == ".npy" for path in paths):
            return self._open_arrays(paths)
        of = () if self.target is None else _names(self.target)
        weight = None if self.weight is None else os.fspath(self.weight)
        extra = [*of, *([] if weight is None else [weight])]
        needed = None if self.columns is None else [*self.columns, *extra]
        source = ParquetRows(paths, needed)
        for name in extra:
            if name not in source.names:
                raise UnknownName("column", name, source.names)
        inputs = [name for name in self.columns or source.names if name not in extra]
        if not inputs:
            raise InvalidValue(
                f"rows must have columns beside the target; got {', '.join(map(repr, extra))} only."
            )
        if len(set(inputs)) < len(self.columns or inputs):
            raise InvalidValue(
                "columns must name each input once, and neither the target nor the weight; got "
                f"{list(self.columns or ())}."
            )
        return RowSet(source, tuple(inputs), of, weight, self.buffer_bytes, self.skip_bad)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Refuse to be an array, which would be all rows in memory."""
        require_in_memory(self)
        raise AssertionError("rows on disk are not in memory")

    def _open_arrays(self, paths: Sequence[Path]) -> RowSet:
        if len(paths) > 1 or not isinstance(self.target, str | os.PathLike | None):
            raise InvalidValue(
                ".npy files are given as one of X and one of y: Rows('X.npy', 'y.npy'); got "
                f"{len(paths)} of X and target={self.target!r}."
            )
        if self.columns is not None:
            raise InvalidValue("columns names columns of Parquet files; of .npy, all are taken.")
        beside = {} if self.target is None else {"y": Path(self.target)}
        if self.weight is not None:
            beside["weight"] = Path(self.weight)
        source = NpyRows(paths[0], beside)
        of = [name for name in source.names if name[0] == "y"]
        inputs = tuple(name for name in source.names if name[0] == "x")
        weight = None if self.weight is None else "weight"
        return RowSet(
            source, inputs, tuple(of), weight, self.buffer_bytes, self.skip_bad, named=False
        )


def require_in_memory(X: Any) -> None:
    """Refuse Rows where rows in memory are meant; to turn them into an array does so too.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> require_in_memory(Rows("days"))
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: rows must be in memory here; got Rows, which lie on disk. Read some of them into a frame. gn.train, and fit, predict and score of estimators take Rows.
    """  # noqa: E501 (an error is one line, and the example shows all of it)
    if isinstance(X, Rows):
        raise InvalidValue(
            "rows must be in memory here; got Rows, which lie on disk. Read some of them into a "
            "frame. gn.train, and fit, predict and score of estimators take Rows."
        )


def files_of(path: Any) -> list[Path]:
    """The files that a path, a folder, a pattern or a sequence of these names, in order.

    Hidden files, and those whose name begins with ``_``, are none of a folder's data.

    Raises
    ------
    BadFile
        If a folder or pattern has no file, or there is none at all.

    Examples
    --------
    >>> import os
    >>> os.mkdir("days")
    >>> for name in ("days/b.parquet", "days/a.parquet", "days/_SUCCESS"):
    ...     open(name, "w").close()
    >>> [file.name for file in files_of("days")]
    ['a.parquet', 'b.parquet']
    """
    if not isinstance(path, str | os.PathLike):
        found = [file for one in cast("Iterable[Any]", path) for file in files_of(one)]
        if not found:
            raise BadFile("rows must have at least one file; the list is empty.")
        return found
    place = Path(path)
    if place.is_dir():
        inside = (file for file in place.rglob("*") if file.suffix.lower() in _PARQUET)
        files = sorted(
            file
            for file in inside
            if not any(part[0] in "._" for part in file.relative_to(place).parts)
        )
        if not files:
            raise BadFile(f"the folder {shown(place)} must hold .parquet files; it holds none.")
        return files
    if glob.has_magic(os.fspath(path)) and not place.exists():
        files = sorted(Path(file) for file in glob.glob(os.fspath(path), recursive=True))
        if not files:
            raise BadFile(f"no file matches {shown(place)}. Check the pattern.")
        return files
    return [place]


def _names(target: Any) -> tuple[str, ...]:
    if isinstance(target, str):
        return (target,)
    names = tuple(target) if isinstance(target, Iterable) else ()
    if not names or not all(isinstance(name, str) for name in names):
        raise InvalidValue(f"target must be a column's name, or a list of names; got {target!r}.")
    return cast("tuple[str, ...]", names)
