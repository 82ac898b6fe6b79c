"""What a rank adds to a training: the engine of all ranks, and a checkpoint of rank 0."""

from __future__ import annotations

import hashlib
import os
import signal
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from glassnet.scale.crew import Crew
from glassnet.scale.engine import ParallelEngine
from glassnet.scale.group import Group
from glassnet.scale.place import Place
from glassnet.training.arguments import checked_checkpoint
from glassnet.training.checkpoints import Checkpoint
from glassnet.training.observers import Observer
from glassnet.training.progress import Progress
from glassnet.training.run import Run


class Ranks:
    """The ranks of one training, from their meeting to their parting.

    Within this context Ctrl-C, on any rank, ends the training on all of them after a whole step; a
    second one is let in at once. What is raised on one rank ends the others by
    :class:`~glassnet.errors.RankLost`.

    Parameters
    ----------
    place : Place, optional
        By default what the environment says, and the only rank where it says nothing.
    backend : "gloo" or "nccl"
    timeout : float > 0
        Seconds after which a silent rank counts as lost.

    Attributes
    ----------
    first : bool
        Whether this is rank 0, which speaks, saves and shows progress.

    Raises
    ------
    RankLost, Unsupported, InvalidValue

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> with Ranks(Place()) as ranks:
    ...     run = gn.train(net, [[0.0], [1.0]], [1.0, 3.0], epochs=2, **ranks.arguments())
    ...     ranks.agreed(run).ended
    'epochs'
    """

    def __init__(
        self, place: Place | None = None, *, backend: str = "gloo", timeout: float = 300.0
    ) -> None:
        self.place = Place.of_environment() if place is None else place
        self.first = self.place.rank == 0
        self._group = Group(self.place, backend, timeout)
        self._crew = Crew(self._group)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._handles = False

    def __enter__(self) -> Ranks:
        """Hear Ctrl-C between steps only."""
        main = threading.current_thread() is threading.main_thread()
        self._handles = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._handles:
            signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Part; the others of a rank that failed see its connections close."""
        if self._handles:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._folder is not None:
            self._folder.cleanup()
        self._group.__exit__()

    def arguments(
        self,
        *,
        engine: Any = "auto",
        batch_norm: str = "sync",
        observers: Sequence[Observer] = (),
        progress: Progress | bool = False,
        checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> dict[str, Any]:
        """The arguments of :func:`glassnet.train` that differ on a rank.

        Observers watch on rank 0 alone, which also saves the checkpoint. Ranks that were started
        again after one was lost go on from it without being told to.
        """
        resume = resume or (self.place.attempt > 0 and checkpoint is not None)
        saved = checked_checkpoint(checkpoint, resume=resume)
        if saved is not None and self.place.world > 1:
            saved = self._saved_by_first(saved, resume=resume)
        found = ParallelEngine(self._crew, engine, batch_norm)
        watching = tuple(observers) if self.first else ()
        return {
            "engine": found,
            "observers": (*watching, _Together()),
            "progress": progress if self.first else False,
            "checkpoint": saved,
            "resume": resume,
        }

    def agreed(self, run: Run) -> Run:
        """Part from the others in peace: the run, ended as that of rank 0 has.

        Raises
        ------
        InvalidValue
            If the ranks have other parameters, which their machines' arithmetic must have caused.
        RankLost
        """
        self._group.doing = "parting"
        self._crew.part()
        theta = np.ascontiguousarray(run.network.state.theta)
        digest = hashlib.sha256(theta.view(np.uint8).data).digest()
        self._group.require_alike({"parameters": digest}, "what was learned")
        ended = self._group.of_first(run.ended.encode()).decode()
        return replace(run, ended=ended)

    def _saved_by_first(self, saved: Checkpoint, *, resume: bool) -> Checkpoint:
        """Rank 0's file for rank 0; a copy of what it holds to read, for the others."""
        there = b""
        if resume:
            self._group.doing = "reading the checkpoint"
            if self.first and Path(saved.path).exists():
                there = Path(saved.path).read_bytes()
            there = self._group.of_first(there)
        if self.first:
            return saved
        self._folder = tempfile.TemporaryDirectory(prefix="glassnet-rank-")
        copy = Path(self._folder.name, Path(saved.path).name)
        if there:
            copy.write_bytes(there)
        return replace(saved, path=copy, writes=False)

    def _interrupted(self, *_: object) -> None:
        if self._crew.leaving:
            raise KeyboardInterrupt
        self._crew.leaving = True


class _Together(Observer):
    """Has epochs end one by one on every rank, whoever else watches there."""
