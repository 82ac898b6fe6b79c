"""The models that are served, by name; a file that changes is read again."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassnet.errors import FileFault, GlassnetError, InvalidValue
from glassnet.files.faults import file_fault, shown
from glassnet.serve.batching import Batcher
from glassnet.serve.measures import Measures
from glassnet.serve.servable import Servable, servable
from glassnet.web.refusals import Refused

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_BATCH_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Served:
    """A model as it was read from its file.

    Attributes
    ----------
    name : str
    version : str
        The first 12 digits of the file's SHA-256.
    face : Servable
    ask : Batcher
    """

    name: str
    version: str
    face: Servable
    ask: Batcher


class Shelf:
    """Models by name, the first of which answers where none is named.

    A model is replaced as a whole: requests that began with the old one end with it. A file that
    does not load leaves the old one where it is, and is tried again when it has changed again.

    Parameters
    ----------
    paths : sequence of paths
        A model is named by its file, without the ending.
    load : callable
        Path -> model; :func:`glassnet.load`.
    measures : Measures
    log : callable
        As of :func:`~glassnet.web.journal.journal`.

    Raises
    ------
    InvalidValue
        If two files have one name, or a name is not fit for an address.
    FileFault, BadFile, Unsupported
        If one does not load.
    """

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        load: Callable[[Path], Any],
        measures: Measures,
        log: Callable[..., None],
    ) -> None:
        self._load, self._measures, self._log = load, measures, log
        self._executor = ThreadPoolExecutor(1, "glassnet-predict")
        self._paths = _named(paths)
        self._stamps: dict[str, tuple[int, ...]] = {}
        self._held: dict[str, Served] = {}
        for name, path in self._paths.items():
            self._stamps[name] = _stamp(path)
            self._put(name, self._read(name))

    def __iter__(self) -> Iterator[Served]:
        """The models as they are now, in the order given."""
        return iter(self._held.values())

    def __getitem__(self, name: str | None) -> Served:
        """The model of that name, or the first; Refused, 404, if there is none."""
        if name is None:
            return next(iter(self))
        if name not in self._held:
            known = ", ".join(self._held)
            raise Refused(404, f"no model is named {name!r:.100}. Known: {known}.")
        return self._held[name]

    async def refresh(self) -> None:
        """Read again what has changed on the disk."""
        for name, path in self._paths.items():
            try:
                stamp = _stamp(path)
            except FileFault:
                continue  # it is being replaced, or gone; what is held stays
            if stamp == self._stamps[name]:
                continue
            self._stamps[name] = stamp
            loop = asyncio.get_running_loop()
            try:
                fresh = await loop.run_in_executor(None, self._read, name)
            except GlassnetError as error:
                self._measures.loads.labels(name, "failed").inc()
                self._log("not reloaded", model=name, error=str(error), kept=self[name].version)
            else:
                self._put(name, fresh)

    async def watch(self, seconds: float) -> None:
        """Refresh for ever, with a pause between."""
        while True:
            await asyncio.sleep(seconds)
            await self.refresh()

    def close(self) -> None:
        """Let go of the thread of large batches."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _read(self, name: str) -> Served:
        path = self._paths[name]
        face = servable(self._load(path))
        batches, rows = self._measures.batches.labels(name), self._measures.rows.labels(name)

        def seen(count: int) -> None:
            batches.observe(count)
            rows.inc(count)

        ask = Batcher(face.ask, face.work, _BATCH_ROWS, self._executor, seen)
        return Served(name, _version(path), face, ask)

    def _put(self, name: str, fresh: Served) -> None:
        old = self._held.get(name)
        self._held[name] = fresh
        self._measures.loads.labels(name, "loaded").inc()
        if old is not None:
            self._measures.model.remove(name, old.version)
        self._measures.model.labels(name, fresh.version).set(1)
        self._log("loaded", model=name, version=fresh.version, target=fresh.face.target)


def _named(paths: Sequence[str | os.PathLike[str]]) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for path in map(Path, paths):
        name = path.stem
        if not _NAME.fullmatch(name):
            raise InvalidValue(
                f"a model is named by its file, with letters, digits, . _ and -; got "
                f"{shown(path)}. Rename it."
            )
        if name in named:
            raise InvalidValue(
                f"models must have different names; {shown(named[name])} and {shown(path)} are "
                f"both {name!r}. Rename one."
            )
        named[name] = path
    if not named:
        raise InvalidValue("there must be a model to serve; got none.")
    return named


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError as error:
        raise file_fault(path, error, doing="read") from error
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _version(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:12]
    except OSError as error:
        raise file_fault(path, error, doing="read") from error
