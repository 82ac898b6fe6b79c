"""``gn.train_parallel``: the same training on every rank of a group."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from glassnet.network.network import Network
from glassnet.scale.ranks import Ranks
from glassnet.training.checkpoints import Checkpoint
from glassnet.training.observers import Observer
from glassnet.training.progress import Progress
from glassnet.training.run import Run
from glassnet.training.train import train


def train_parallel(
    net: Network,
    X: Any,
    y: Any,
    *,
    backend: str = "gloo",
    batch_norm: str = "sync",
    timeout: float = 300.0,
    engine: Any = "auto",
    observers: Sequence[Observer] = (),
    progress: Progress | bool = False,
    checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
    resume: bool = False,
    **training: Any,
) -> Run:
    """Train a network in place, on all ranks that were started together.

    Every rank calls it with the same network and rows, and reads its own share of each batch. The
    gradients are summed over the ranks, so ``batch_size`` is that of the global batch and the
    result is that of :func:`glassnet.train` on one process, but for the rounding of sums in another
    order; on as many ranks it has the same bits each time. All ranks end with the same parameters.

    Start the ranks by ``torchrun --nproc-per-node 2 script.py``, or let ``glassnet fit --ranks 2``
    do it. A process without torchrun's variables is the only rank.

    Parameters
    ----------
    net : Network
    X : (m, n₀)
        All rows, on every rank; a memory map is read where the rank's share lies.
    y : (m,) or (m, n_L)
    backend : "gloo" or "nccl"
        How gradients are summed: from main memory, or by way of the rank's GPU.
    batch_norm : "sync" or "refuse"
        Batch norm with the statistics of the global batch, which are summed over the ranks in
        every layer; or not at all.
    timeout : float > 0
        Seconds after which a silent rank counts as lost.
    engine : "auto", "reference" or an Engine
        What computes on each rank.
    observers : sequence of Observer
        They watch on rank 0, whose own rows of each batch they see.
    progress : bool or Progress
        Shown by rank 0.
    checkpoint : path-like or Checkpoint, optional
        A file to which rank 0 saves the run as it goes.
    resume : bool
        Go on from the checkpoint where there is one. Ranks that torchrun starts again after one was
        lost do so by themselves.
    **training
        All else that :func:`glassnet.train` takes.

    Returns
    -------
    Run
        The same on every rank, but for its seconds and what observers said.

    Raises
    ------
    RankLost
        If another rank is gone, or silent for longer than ``timeout``.
    Unsupported
        If PyTorch is missing, or with L-BFGS or ``clip_per_sample``.
    InvalidValue
        If an argument is not what it must be, or the ranks were given different things.
    Diverged

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> gn.train_parallel(net, [[0.0], [1.0]], [1.0, 3.0], epochs=2).ended
    'epochs'
    """
    with Ranks(backend=backend, timeout=timeout) as ranks:
        arguments = ranks.arguments(
            engine=engine,
            batch_norm=batch_norm,
            observers=observers,
            progress=progress,
            checkpoint=checkpoint,
            resume=resume,
        )
        return ranks.agreed(train(net, X, y, **arguments, **training))
