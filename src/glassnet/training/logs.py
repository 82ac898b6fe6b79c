"""Logs of a run, for other programs: lines of JSON, and TensorBoard."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from glassnet.engine.interface import Moment
from glassnet.errors import Unsupported
from glassnet.files.faults import file_fault
from glassnet.training.observers import EpochEnd, LastStep, Observer


class JsonLines(Observer):
    """One JSON object a line: the settings first, then each epoch's row, at the end why it ended.

    Lines are appended and flushed, so the file can be followed while it grows, and a second run or
    a resumed one goes on below the first. Each line is strict JSON: nan and infinities are null.

    Parameters
    ----------
    path : path-like

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init="zeros")])
    >>> _ = gn.train(net, [[1.0]], [1.0], epochs=2, observers=[JsonLines("run.jsonl")])
    >>> from pathlib import Path
    >>> lines = [json.loads(line) for line in Path("run.jsonl").read_text("utf-8").splitlines()]
    >>> lines[0]["settings"]["rows"], lines[1]["epoch"], lines[1]["J"], lines[3]
    (1, 1, 0.5, {'ended': 'epochs'})
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._settings: Mapping[str, Any] = {}

    def prepare(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    def begin(self, epochs: int, steps: int) -> None:
        try:
            # Unbuffered: a line is one write, whole even if the process is killed after it.
            self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115 (finish closes it)
        except OSError as error:
            raise file_fault(self._path, error, doing="write") from error
        self._write({"settings": self._settings})

    def epoch(self, end: EpochEnd) -> None:
        self._write(end.row)

    def finish(self, ended: str) -> None:
        if self._file is None:
            return
        try:
            self._write({"ended": ended})
        finally:
            self._file.close()
            self._file = None

    def _write(self, value: Mapping[str, Any]) -> None:
        text = json.dumps(_strict(value), ensure_ascii=False, allow_nan=False) + "\n"
        data = text.encode("utf-8", errors="backslashreplace")
        try:
            if self._file is not None and self._file.write(data) != len(data):
                raise OSError("only a part of a line could be written")
        except OSError as error:
            raise file_fault(self._path, error, doing="write") from error


def _strict(value: Any) -> Any:
    """The value in JSON's own kinds; null in the place of nan and infinities."""
    if isinstance(value, Mapping):
        return {str(name): _strict(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


class TensorBoard(LastStep):
    """Scalars of each epoch in TensorBoard's format: J, the learning rate and every validation.

    They stand at the number of the epoch's last step.

    Parameters
    ----------
    folder : path-like
    histograms : int, optional
        Write histograms of W[l] and ∂J/∂W[l] of every layer too, every so many epochs.

    Raises
    ------
    Unsupported
        If tensorboardX is not installed; it comes with the extra ``glassnet[track]``.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> _ = gn.train(net, [[1.0]], [1.0], epochs=2, observers=[TensorBoard("runs/1", histograms=1)])
    >>> [name.split(".")[0] for name in os.listdir("runs/1")]
    ['events']
    """

    needs = frozenset({"dW"})

    def __init__(self, folder: str | os.PathLike[str], *, histograms: int | None = None) -> None:
        super().__init__(1 if histograms is None else histograms)
        self._histograms = histograms is not None
        self._folder = folder
        self._make = _summary_writer()
        self._writer: Any = None
        self._seen: Moment | None = None

    def begin(self, epochs: int, steps: int) -> None:
        super().begin(epochs, steps)
        self._seen = None
        try:
            self._writer = self._make(os.fspath(self._folder))
        except OSError as error:
            raise file_fault(self._folder, error, doing="write") from error

    def next(self, t: int) -> int | None:
        return super().next(t) if self._histograms else None

    def see(self, moment: Moment) -> None:
        self._seen = moment

    def epoch(self, end: EpochEnd) -> None:
        super().epoch(end)
        step = int(end.row["step"])
        for name, value in end.row.items():
            if name in ("J", "rate") or name.startswith("val_"):
                self._writer.add_scalar(name, value, step)
        if self._seen is not None:
            W, dW = end.network().W, self._seen.dW
            for l in range(1, len(W)):
                self._writer.add_histogram(f"W/{l}", W[l].ravel(), step)
                self._writer.add_histogram(f"dW/{l}", dW[l].ravel(), step)
            self._seen = None
        self._writer.flush()

    def finish(self, ended: str) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _summary_writer() -> Any:
    try:
        from tensorboardX import SummaryWriter
    except ImportError as error:
        raise Unsupported(
            "TensorBoard logs need tensorboardX, which is not installed. "
            'Install it with: pip install "glassnet[track]"'
        ) from error
    return SummaryWriter
