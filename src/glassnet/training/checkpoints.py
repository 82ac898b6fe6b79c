"""Checkpoints: a run on disk, complete enough to go on to the bit.

A checkpoint holds θ, the optimizer's memory, running statistics, the schedule's memory, the clock,
the history, and what early stopping remembers. The order of rows and dropout's masks need no place
in it: they follow from the seed and the clock. It is written whole or not at all.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Selection
from glassnet.data.shuffled_rows import ShuffledRows
from glassnet.engine.interface import Program
from glassnet.errors import BadFile
from glassnet.files.faults import shown
from glassnet.files.header import read_container, write_container
from glassnet.network.state import State
from glassnet.optim.ranges import COUNT, check
from glassnet.training.run_arrays import arrays_of_run, run_of_arrays
from glassnet.training.settings import Settings, Track

if TYPE_CHECKING:
    from glassnet.training.loop import Loop

_NEVER = 2**62


@dataclass(frozen=True)
class Checkpoint:
    """Where and how often a run is saved; it is saved at its beginning and end too.

    Parameters
    ----------
    path : path-like
        The file; each save takes the place of the one before.
    every_epochs : int ≥ 1
    every_steps : int ≥ 1, optional
        Save within epochs too, at each step whose number over the network's life is a multiple.
    writes : bool
        False: the run is resumed from it and never saved; for all ranks but one of a parallel run.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> Checkpoint("run.checkpoint", every_steps=1000).every_epochs
    1
    """

    path: str | os.PathLike[str]
    every_epochs: int = 1
    every_steps: int | None = None
    writes: bool = True

    def __post_init__(self) -> None:
        check(self, every_epochs=COUNT)
        if self.every_steps is not None:
            check(self, every_steps=COUNT)


class Saver:
    """Writes the checkpoints of one run, and reads one to go on from."""

    def __init__(
        self, checkpoint: Checkpoint, fingerprint: Mapping[str, str], arithmetic: str
    ) -> None:
        self._checkpoint, self._fingerprint = checkpoint, dict(fingerprint)
        self._arithmetic = arithmetic

    @classmethod
    def of(
        cls,
        checkpoint: Checkpoint,
        program: Program,
        state: State,
        settings: Settings,
        data: Selection,
        validation: Selection | None,
        arithmetic: str,
    ) -> Saver:
        """Return the saver of a run that is made of these, in an engine's arithmetic."""
        parts: dict[str, Any] = {
            "network": (program.specification, str(state.theta.dtype)),
            "seed": state.seed,
            "optimizer": program.optimizer,
            "clipping": program.clipping,
            "precision": program.precision,
        }
        names = (field.name for field in fields(settings))
        parts |= {name: getattr(settings, name) for name in names if name != "epochs"}
        fingerprint = {name: _digest(_text(part)) for name, part in parts.items()}
        fingerprint["rows"] = _rows_digest(data)
        fingerprint["validation rows"] = "" if validation is None else _rows_digest(validation)
        return cls(checkpoint, fingerprint, arithmetic)

    def steps_until_due(self, t: int) -> int:
        """How many steps may be taken before the next save within an epoch."""
        every = self._checkpoint.every_steps
        return _NEVER if every is None else every - t % every

    def begin(self, loop: Loop) -> None:
        """Save before the first step: a file that cannot be written is found out at once."""
        if loop.epochs_done == 0 and not loop.track.costs:
            self._write(loop)

    def step(self, loop: Loop, t: int) -> None:
        """Save in the middle of an epoch, after t steps, where that is due."""
        if self._falls_on(t):
            self._write(loop)

    def epoch(self, loop: Loop, t: int, *, last: bool) -> None:
        """Save at the end of an epoch, after t steps, where that is due, and after the last."""
        due = loop.epochs_done % self._checkpoint.every_epochs == 0
        if due or last or self._falls_on(t):
            self._write(loop)

    def restore(self, state: State, track: Track | None = None) -> tuple[State, Track | None]:
        """The State and Track saved last, or those given where no file is there yet.

        Raises
        ------
        BadFile
            If the file is damaged, or is of another run.
        FileFault
            If the system cannot read it.
        """
        path = self._checkpoint.path
        if not Path(path).exists():
            return state, track
        held = read_container(path, kind="checkpoint")
        try:
            found: Mapping[str, str] = held.header["fingerprint"]
            others = [name for name, digest in self._fingerprint.items() if found[name] != digest]
            saved = run_of_arrays(held.arrays, held.header)
            arithmetic = str(held.header["arithmetic"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadFile(
                f"{shown(path)} is no checkpoint that this version understands: {error!r}. "
                "Choose another file, or start again without resume."
            ) from error
        if others:
            raise BadFile(
                f"{shown(path)} is the checkpoint of another run, which differs in: "
                f"{', '.join(others)}. Resume with the same settings and data, or choose another "
                "file."
            )
        if arithmetic != self._arithmetic:
            logging.getLogger("glassnet").warning(
                "%s was written by the engine %s, and the run goes on with %s: with the same "
                "mathematics, but not to the same bits as a run that was never cut off.",
                shown(path),
                arithmetic,
                self._arithmetic,
            )
        return saved

    def _falls_on(self, t: int) -> bool:
        every = self._checkpoint.every_steps
        return every is not None and t % every == 0

    def _write(self, loop: Loop) -> None:
        if not self._checkpoint.writes:
            return
        loop.track.seconds = time.monotonic() - loop.began
        arrays, header = arrays_of_run(loop.state(), loop.track)
        header |= {"fingerprint": self._fingerprint, "arithmetic": self._arithmetic}
        write_container(self._checkpoint.path, kind="checkpoint", header=header, arrays=arrays)


def _text(part: Any) -> bytes:
    """A definition's repr, without the addresses in those of a user's own objects."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(part)).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _rows_digest(rows: Selection) -> str:
    """Chosen rows have the digest of the same rows copied out, as the run on them is the same."""
    if isinstance(rows, ShuffledRows):
        return _digest(rows.digest.encode())
    total, x = hashlib.sha256(), rows.x()
    arrays: list[Array | None] = [rows.y, rows.w]
    arrays += [x.data, x.indices, x.indptr] if hasattr(x, "tocsr") else [x]
    for array in arrays:
        if array is not None:
            total.update(f"{array.dtype}{array.shape}".encode())
            total.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return total.hexdigest()
