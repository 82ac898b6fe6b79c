"""An engine that computes on all ranks of a group at once."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.engine.choice import arithmetic_of, choose
from glassnet.engine.interface import Program
from glassnet.engine.threads import thread_count
from glassnet.errors import InvalidValue, Unsupported
from glassnet.network.state import State
from glassnet.optim.optimizers import LBFGS
from glassnet.scale.crew import Crew
from glassnet.scale.session import ParallelSession


class ParallelEngine:
    """Another engine, on a share of every batch; the ranks add their gradients up.

    Parameters
    ----------
    crew : Crew
    engine : "auto", "native", "reference" or an Engine
        What computes on each rank.
    batch_norm : "sync" or "refuse"
        ``"sync"``: batch norm takes the statistics of the global batch, which costs three sums over
        the ranks for each of its layers, and one more. ``"refuse"``: a network that has it is not
        trained.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> from glassnet.scale.group import Group
    >>> from glassnet.scale.place import Place
    >>> ParallelEngine(Crew(Group(Place()))).name
    'parallel'
    """

    name = "parallel"

    def __init__(self, crew: Crew, engine: Any = "auto", batch_norm: str = "sync") -> None:
        if batch_norm not in ("sync", "refuse"):
            raise InvalidValue(f'batch_norm must be "sync" or "refuse"; got {batch_norm!r}.')
        self._crew, self._engine, self._batch_norm = crew, engine, batch_norm
        self._arithmetic, self._said = "", False

    def supports(self, program: Program) -> str | None:
        """None, or in one sentence why it cannot run the program."""
        if isinstance(program.optimizer, LBFGS):
            return "lbfgs searches along lines on one rank; several ranks train by steps."
        if program.clipping.per_sample is not None:
            return "rows' own gradients are clipped on one rank only."
        if self._batch_norm == "refuse" and _normed(program):
            return (
                "the network has batch norm, whose statistics would have to be summed over the "
                'ranks in every layer, and batch_norm="refuse" was asked for.'
            )
        try:
            self._arithmetic = arithmetic_of(choose(self._engine, program))
        except Unsupported as reason:
            return str(reason)
        return None

    def arithmetic(self) -> str:
        """The engine's of each rank, and how many there are: the order of sums depends on it."""
        return f"{self._arithmetic} on {self._crew.group.place.world} ranks"

    def open(self, program: Program, state: State, data: Data) -> ParallelSession:
        """Return a session on a State and data.

        Raises
        ------
        InvalidValue
            If the ranks were given different networks, rows or engines.
        """
        place = self._crew.group.place
        if program.threads is None:
            program = replace(program, threads=max(1, thread_count() // place.local_ranks))
        self._crew.group.doing = "comparing what they train"
        self._crew.group.require_alike(self._parts(program, state, data), "what is trained")
        session = choose(self._engine, program).open(program, state, data)
        if _normed(program) and place.world > 1 and place.rank == 0 and not self._said:
            self._said = True
            logging.getLogger("glassnet").info(
                "batch norm is synchronised: its statistics are those of the global batch, summed "
                "over %d ranks in every layer that has it.",
                place.world,
            )
        return ParallelSession(session, self._crew, program, data, state)

    def _parts(self, program: Program, state: State, data: Data) -> dict[str, bytes]:
        """Digests of all that must be the same on every rank; of x the shape, which is quick."""
        memory = [f"{name} {value!r}" for name, value in state.memory.items() if _plain(value)]
        clock = (state.t, state.epoch, state.position, state.seed, memory)
        held = {**state.memory, **state.buffers}
        return {
            "network": _digest(repr((program.specification, str(state.theta.dtype)))),
            "optimizer": _digest(repr((program.optimizer, program.clipping, program.precision))),
            "parameters": _digest(state.theta),
            "optimizer's memory and statistics": _digest(
                *(held[name] for name in sorted(held) if not _plain(held[name]))
            ),
            "step or seed": _digest(repr(clock)),
            "number of rows": _digest(repr(tuple(data.x.shape))),
            "targets": _digest(data.y),
            "sample weights": _digest("" if data.w is None else data.w),
            "instruction set (GLASSNET_ISA chooses one)": _digest(self._arithmetic),
            "version of glassnet": _digest(version("glassnet")),
        }


def _normed(program: Program) -> bool:
    return any(layer.batch_norm and not layer.frozen for layer in program.specification.layers)


def _plain(value: Any) -> bool:
    return not hasattr(value, "shape") or value.ndim == 0


def _digest(*parts: Array | str) -> bytes:
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(part.encode())
        else:
            total.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    return total.digest()
