"""A training that is ready to begin, carried out, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from glassnet.data.batches import Selection
from glassnet.engine.interface import Engine, Program
from glassnet.errors import Diverged
from glassnet.network.network import Network
from glassnet.network.state import State
from glassnet.optim.optimizers import LBFGS
from glassnet.training.checkpoints import Saver
from glassnet.training.continuation import Left
from glassnet.training.history import History
from glassnet.training.interrupts import Interrupts
from glassnet.training.loop import Loop
from glassnet.training.noisy_steps import NoisySteps, noisy_steps
from glassnet.training.observers import Observer
from glassnet.training.settings import Settings, Track
from glassnet.training.whole_batch import walk

_SOON, _MOST_AT_FIRST = 10**8, 512  # operations; steps, since each costs something of its own


@dataclass(frozen=True)
class Run:
    """What a training gave.

    Attributes
    ----------
    network : Network
        The network that was trained (the one given to :func:`glassnet.train`).
    history : History
        A row per epoch.
    ended : str
        "epochs" (all done), "converged", "early stopping", "plateau", "observer" or "interrupted";
        with L-BFGS also "line search" (no step downhill was found) or "evaluations"; "diverged" for
        a member of :func:`glassnet.run_many`.
    reason : str
        What the observer said that ended it; "" where none did or it gave no reason.
    best_epoch : int
        The epoch whose parameters early stopping judged best, from 1; 0 without early stopping.
    left : Left
        Where it stood at its end: what ``train(after=run)`` goes on from.
    noise : tuple of NoisySteps
        The steps it took and their noise: what :func:`glassnet.privacy` asks for.
    error : Diverged, optional
        What ``train`` would have raised, of a member of :func:`glassnet.run_many` that diverged.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> run = gn.train(net, [[0.0], [1.0]], [1.0, 3.0], epochs=2)
    >>> run.ended, len(run.history), run.network is net
    ('epochs', 2, True)
    """

    network: Network
    history: History
    ended: str
    best_epoch: int = 0
    reason: str = ""
    left: Left | None = field(default=None, repr=False)
    noise: tuple[NoisySteps, ...] = field(default=(), repr=False)
    error: Diverged | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Job:
    """All that a run needs, checked; ``noise`` is that of the run it goes on from."""

    network: Network
    engine: Engine
    program: Program
    state: State
    data: Selection
    held: Selection | None
    settings: Settings
    observers: tuple[Observer, ...]
    track: Track | None = None
    saver: Saver | None = None
    noise: tuple[NoisySteps, ...] = ()

    def carry_out(self, above: Interrupts | None = None) -> Run:
        """Train the network.

        Parameters
        ----------
        above : Interrupts, optional
            Of the thread that waits for this one; the main thread needs none.

        Raises
        ------
        Diverged
        """
        session = self.engine.open(self.program, self.state, self.data.data)
        with Interrupts(above, self._first_steps()) as interrupts:
            loop = Loop(
                self.program,
                session,
                self.data,
                self.held,
                self.settings,
                self.observers,
                self.track,
                self.saver,
                interrupts,
            )
            try:
                ended = loop.go(walk if isinstance(self.program.optimizer, LBFGS) else None)
            except Diverged as error:
                error.run = self._run(loop, "diverged")
                raise
            finally:  # whatever ended it, the network keeps what it has learned
                self.network.state = _canonical(loop.result(), self.state.theta.dtype)
        return self._run(loop, "interrupted" if interrupts.pending else ended)

    def _first_steps(self) -> int:
        """Steps that take some 0.01 s natively, and 0.1 s on any engine."""
        of_a_step = 6 * self.settings.batch_size * self.program.specification.parameter_count
        return int(min(max(_SOON // of_a_step, 1), _MOST_AT_FIRST))

    def _run(self, loop: Loop, ended: str) -> Run:
        left, track = Left(loop.state(), loop.track, self.settings), loop.track
        taken = left.state.t - track.first_step
        noise = noisy_steps(self.noise, self.program, self.data, self.settings, taken)
        best = track.watch.best_epoch
        return Run(self.network, track.history, ended, best, loop.reason, left, noise)


def _canonical(state: State, dtype: Any) -> State:
    return replace(state, theta=np.array(state.theta, dtype=dtype, order="C"), position=0)
