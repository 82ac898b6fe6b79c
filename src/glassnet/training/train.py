"""``gn.train``: from a network, rows and settings to a trained network and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any, cast

from glassnet.data.batches import Data, Selection
from glassnet.data.rows_on_disk import Rows
from glassnet.data.shuffled_rows import ShuffledRows
from glassnet.engine.choice import arithmetic_of, choose
from glassnet.engine.interface import Program, StopRule
from glassnet.errors import InvalidValue
from glassnet.network.network import Network
from glassnet.optim.optimizers import optimizer as named_optimizer
from glassnet.training.arguments import (
    check_together,
    checked_checkpoint,
    checked_clipping,
    checked_data,
    checked_network,
    checked_observers,
    checked_precision,
    checked_settings,
    positive_integer,
    starting_state,
)
from glassnet.training.checkpoints import Checkpoint, Saver
from glassnet.training.continuation import Left, continued
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.noisy_steps import check_clipped_rows
from glassnet.training.observers import Observer
from glassnet.training.progress import Progress, progress_observers
from glassnet.training.rows import selected, validation_data
from glassnet.training.run import Job, Run
from glassnet.training.streamed import carried_out, check_streamed, rows_from_disk


def train(
    net: Network,
    X: Any,
    y: Any = None,
    *,
    optimizer: Any = "adam",
    epochs: int = 50,
    batch_size: int = 32,
    sample_weight: Any = None,
    rows: Any = None,
    validation: Any = None,
    validation_rows: Any = None,
    metrics: Sequence[Any] = (),
    early_stopping: EarlyStopping | bool | None = None,
    schedule: Any = "constant",
    dropout_schedule: Any = "constant",
    decay_schedule: Any = "constant",
    clip_norm: float | None = None,
    clip_value: float | None = None,
    clip_per_sample: float | None = None,
    noise_multiplier: float | None = None,
    shuffle: bool = True,
    stop: StopRule | None = None,
    observers: Sequence[Observer] = (),
    progress: Progress | bool = False,
    checkpoint: Checkpoint | str | PathLike[str] | None = None,
    resume: bool = False,
    continue_schedule: bool = False,
    after: Run | None = None,
    engine: Any = "auto",
    threads: int | None = None,
    precision: str = "full",
) -> Run:
    """Train a network in place by backpropagation.

    Training goes on from the network's State: a second call continues with the optimizer's memory
    (if it is the same optimizer), the step count and the sample order where the first left them.
    Whatever ends it, Ctrl-C and errors of observers and disks too, the network holds what it has
    learned until then.

    Parameters
    ----------
    net : Network
    X : (m, n₀), dense or CSR, finite; or Rows
        :class:`glassnet.Rows` lie on disk, may be more than fit in memory, and name their targets
        and weights themselves.
    y : (m,) or (m, n_L)
        Class numbers or one-hot rows for cross_entropy, numbers otherwise.
    optimizer : str or Optimizer
        ``"adam"``, ``gn.Adam(learning_rate=1e-2)``, ``gn.LBFGS()`` (whole batches by SciPy), …
    epochs : int ≥ 1
        Passes over the rows, at most; iterations for L-BFGS.
    batch_size : int ≥ 1
        Rows per step; more than m means m. L-BFGS takes all rows whatever is asked.
    sample_weight : (m,), optional
        Weights ≥ 0 of the rows, not all 0. A batch that weighs nothing takes no step.
    rows : (k,) row numbers of X, optional
        Train on these rows only, as on a copy of them, to the bit, and without making one. A number
        that comes twice is a row that counts twice.
    validation : float in (0, 1) or (X, y) or (X, y, weight), optional
        A share of the rows to hold out, drawn by the network's seed, or rows of your own. Of rows
        on disk those are held out whose number has a small hash, 100,000 at most.
    validation_rows : (k,) row numbers of X, optional
        Rows of X to validate on, in place of ``validation``.
    metrics : sequence of str or Metric
        Computed on the validation rows at the end of each epoch.
    early_stopping : EarlyStopping or bool, optional
        True stands for ``EarlyStopping()``.
    schedule : str or Schedule
    dropout_schedule, decay_schedule : str or Schedule
        Factors of all layers' dropout, and of the optimizer's weight decay, over the run: 1 in the
        beginning and 0 at the end with ``"cosine"``.
    clip_norm, clip_value : float > 0, optional
        Limit of ‖g‖₂, and of each entry of g.
    clip_per_sample : float > 0, optional
        C: limit of the length of each row's own gradient, without its weight and without penalties,
        before the rows are added up under their weights. Steps then follow another gradient than
        that of J, which is reported all the same. Not with batch norm, which couples rows.
    noise_multiplier : float > 0, optional
        σ, with ``clip_per_sample``: normal noise of deviation σC is added to the sum of the clipped
        rows, and each batch takes each row with probability batch_size / m (``shuffle`` has no
        part then): DP-SGD (Abadi et al., 2016). :func:`glassnet.privacy` says what it is worth.
    shuffle : bool
        A new order of rows each epoch, by the network's seed.
    stop : StopRule, optional
        End when the mean cost of the epochs has stopped falling.
    observers : sequence of Observer
        They watch, and may ask for the end.
    progress : bool or Progress
        True shows a bar where stdout is a terminal, and plain lines where it is not.
    checkpoint : path-like or Checkpoint, optional
        A file to which the run is saved as it goes.
    resume : bool
        Go on from the checkpoint where there is one; the result is the same to the bit as that of a
        run that was never cut off.
    continue_schedule : bool
        Keep the schedule's memory of an earlier call.
    after : Run, optional
        Go on from that run of the same network as if it had never ended: its clock, its schedule,
        its stop rule and early stopping keep their memories, its history grows, and ``epochs``
        counts its epochs too.
    engine : "auto", "reference" or an Engine
    threads : int, optional
        Most threads the engine may use; by default ``GLASSNET_THREADS``, or the processors there
        are. The numbers do not depend on it, and a small network uses one.
    precision : "full" or "bf16"
        ``"bf16"`` multiplies bfloat16 numbers and sums in float32, on processors that have such
        products (AVX512-BF16) and for networks of dtype float32: the products of a training step
        take half the time, with a relative error of some 10⁻³. Weights, optimizer and predictions
        stay float32.

    Returns
    -------
    Run

    Raises
    ------
    InvalidValue, ShapeMismatch, UnknownName, Unsupported
        If an argument is not what it must be; nothing was changed then.
    Diverged
        If the cost or a parameter stopped being finite; the network then holds the State of the
        last whole epoch (of the checkpoint, if the run was resumed within that epoch).
    BadFile
        If the checkpoint to resume from is damaged, or of another run.
    FileFault
        If a checkpoint cannot be read or written.

    Examples
    --------
    >>> import glassnet as gn
    >>> import numpy as np
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> y = np.array([0, 1, 1, 0])
    >>> net = gn.Network(
    ...     2, [gn.Dense(8, "tanh"), gn.Dense(1, "logistic")], loss="binary_cross_entropy", seed=0
    ... )
    >>> run = gn.train(net, X, y, optimizer=gn.Adam(learning_rate=0.1), epochs=100)
    >>> (gn.predict(net, X)[:, 0] > 0.5).astype(int).tolist()
    [0, 1, 1, 0]
    """
    data, held = _rows(checked_network(net), X, y, sample_weight, rows, validation, validation_rows)
    method = named_optimizer(optimizer)
    clipping = checked_clipping(
        clip_norm, clip_value, clip_per_sample, noise_multiplier, batch_size, len(data)
    )
    threads = None if threads is None else positive_integer("threads", threads)
    program = Program(net.specification, method, clipping, threads, checked_precision(precision))
    settings = checked_settings(
        method,
        len(data),
        epochs=epochs,
        batch_size=batch_size,
        shuffle=shuffle,
        schedule=schedule,
        dropout_schedule=dropout_schedule,
        decay_schedule=decay_schedule,
        metrics=metrics,
        early_stopping=early_stopping,
        stop=stop,
    )
    watching = (*checked_observers(observers), *progress_observers(progress))
    saved = checked_checkpoint(checkpoint, resume=resume)
    check_together(settings, program, data, held, saved)
    if isinstance(data, ShuffledRows):
        check_streamed(program)
    check_clipped_rows(settings, program, data)
    state, track, saver = net.state, None, None
    left = _left(after)
    if left is not None:
        state, track = continued(left, net.state, settings)
    state = starting_state(state, program, settings, keep=continue_schedule or track is not None)
    chosen = choose(engine, program)
    if saved is not None:
        saver = Saver.of(saved, program, state, settings, data, held, arithmetic_of(chosen))
        if resume:
            state, track = saver.restore(state, track)
    noise = () if after is None else after.noise
    job = Job(net, chosen, program, state, data, held, settings, watching, track, saver, noise)
    return carried_out(job) if isinstance(data, ShuffledRows) else job.carry_out()


def _rows(
    net: Network, X: Any, y: Any, weight: Any, rows: Any, validation: Any, validation_rows: Any
) -> tuple[Selection, Selection | None]:
    if isinstance(X, ShuffledRows):
        if isinstance(validation, Selection):
            return cast(Selection, X), validation
        own = validation_data(net, validation)
        return cast(Selection, X), Selection(own) if isinstance(own, Data) else None
    if isinstance(X, Rows):
        data, held = rows_from_disk(net, X, y, weight, rows, validation, validation_rows)
        return cast(Selection, data), held
    data = checked_data(net, X, y, weight)
    held = validation_data(net, validation)
    return selected(data, rows, held, validation_rows, seed=net.state.seed)


def _left(after: object) -> Left | None:
    if after is None:
        return None
    if not isinstance(after, Run) or after.left is None:
        raise InvalidValue(f"after must be a Run that train has given; got {after!r}.")
    return after.left
