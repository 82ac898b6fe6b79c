"""``gn.run_many``: networks trained side by side on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

from glassnet.engine.choice import choose
from glassnet.engine.interface import Program, StopRule
from glassnet.engine.threads import thread_count
from glassnet.errors import Diverged
from glassnet.network.network import Network
from glassnet.training.arguments import (
    check_together,
    checked_clipping,
    checked_data,
    checked_precision,
    checked_settings,
    positive_integer,
    starting_state,
)
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.interrupts import Interrupts
from glassnet.training.members import checked_networks, for_each, methods, watchers
from glassnet.training.noisy_steps import check_clipped_rows
from glassnet.training.observers import Observer
from glassnet.training.rows import selected, validation_data
from glassnet.training.run import Job, Run

_HEARING = 0.1  # seconds; Ctrl-C may come to another thread, and does not wake this one then


def run_many(
    nets: Sequence[Network],
    X: Any,
    y: Any,
    *,
    rows: Any = None,
    validation_rows: Any = None,
    learning_rate: Any = None,
    optimizer: Any = "adam",
    epochs: int = 50,
    batch_size: int = 32,
    sample_weight: Any = None,
    validation: Any = None,
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
    observers: Sequence[Sequence[Observer]] | None = None,
    engine: Any = "auto",
    precision: str = "full",
    workers: int | None = None,
) -> list[Run]:
    """Train networks side by side, in place: an ensemble, folds, or settings to choose from.

    Each member's run is, to the bit, what :func:`glassnet.train` gives for it alone. X and y are
    checked and converted once, and all members read the same arrays: a fold is row numbers, never a
    copy of rows. Each member runs on one thread, as many at a time as there are ``workers``. A
    batch-ensemble by itself runs on as many threads.

    A member that diverges disturbs no other: its Run has ``ended`` "diverged" and ``error``. What
    an observer or a metric raises is raised when all other members have ended.

    Ctrl-C ends all of them between two steps.

    Parameters
    ----------
    nets : sequence of Network
        With the same inputs, outputs, loss and dtype; hidden layers, seeds and penalties may
        differ.
    X : (m, n₀), dense or CSR, finite
    y : (m,) or (m, n_L)
    rows : sequence with (k,) row numbers of X or None for each network, optional
        The rows that the member is trained on; None: all.
    validation_rows : sequence with (k,) row numbers of X or None for each network, optional
        The rows that the member is validated on.
    learning_rate : float > 0, or a sequence of one for each network, optional
        In place of the optimizer's own.
    optimizer : str or Optimizer, or a list of one for each network
    epochs, batch_size, sample_weight, validation, metrics, early_stopping, schedule, \
dropout_schedule, decay_schedule, clip_norm, \
clip_value, clip_per_sample, noise_multiplier, shuffle, stop, engine, precision
        As :func:`glassnet.train` takes them, for all members alike. ``validation`` as a share is
        drawn by each network's own seed. Metrics are called by several threads.
    observers : sequence with a list of Observer for each network, optional
    workers : int ≥ 1, optional
        Members at a time; by default as many as an engine has threads (``GLASSNET_THREADS``, or
        the processors), and 1 on the reference engine, which holds the interpreter's lock.

    Returns
    -------
    list of Run
        In the order of the networks.

    Raises
    ------
    InvalidValue, ShapeMismatch, UnknownName, Unsupported
        If an argument is not what it must be; nothing was changed then. Members are counted from 0.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.data.datasets import two_moons
    >>> X, y = two_moons(noise=0.2)
    >>> def network(seed):
    ...     layers = [gn.Dense(8, "tanh"), gn.Dense(1, "logistic")]
    ...     return gn.Network(2, layers, loss="binary_cross_entropy", seed=seed)
    >>> ensemble = [network(seed) for seed in range(4)]
    >>> runs = gn.run_many(ensemble, X, y, learning_rate=0.05, epochs=20)
    >>> [run.ended for run in runs]
    ['epochs', 'epochs', 'epochs', 'epochs']
    >>> mean = sum(gn.predict(net, X) for net in ensemble) / len(ensemble)
    >>> bool(((mean[:, 0] > 0.5) == y).mean() > 0.85)
    True
    """
    members = checked_networks(nets)
    count = len(members)
    data = checked_data(members[0], X, y, sample_weight)
    apart = validation_data(members[0], validation)
    chosen_rows = for_each("rows", rows, count)
    held_rows = for_each("validation_rows", validation_rows, count)
    watching = watchers(observers, count)
    crew = None if workers is None else positive_integer("workers", workers)
    jobs: list[Job] = []
    for k, method in enumerate(methods(optimizer, learning_rate, count)):
        net, which = members[k], f"member {k}: "
        own, held = selected(
            data, chosen_rows[k], apart, held_rows[k], seed=net.state.seed, which=which
        )
        clipping = checked_clipping(
            clip_norm, clip_value, clip_per_sample, noise_multiplier, batch_size, len(own)
        )
        threads = 1 if count > 1 or net.specification.members == 1 else crew
        program = Program(
            net.specification, method, clipping, threads, checked_precision(precision)
        )
        settings = checked_settings(
            method,
            len(own),
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
        check_together(settings, program, own, held)
        check_clipped_rows(settings, program, own)
        state = starting_state(net.state, program, settings, keep=False)
        found = choose(engine, program)
        jobs.append(Job(net, found, program, state, own, held, settings, watching[k]))
    return _side_by_side(jobs, min(count, crew or _crew(jobs)))


def _side_by_side(jobs: Sequence[Job], workers: int) -> list[Run]:
    with Interrupts() as interrupts:
        pool = ThreadPoolExecutor(workers, thread_name_prefix="glassnet")
        try:
            runs = [pool.submit(_member, job, interrupts) for job in jobs]
            while wait(runs, timeout=_HEARING).not_done:
                pass
        except BaseException:  # a second Ctrl-C, or what somebody's own handler of it raises
            interrupts.press()
            raise
        finally:  # nobody is waited for then
            pool.shutdown(wait=False, cancel_futures=True)
    return [_outcome(run, number) for number, run in enumerate(runs)]


def _member(job: Job, interrupts: Interrupts) -> Run:
    try:
        return job.carry_out(interrupts)
    except Diverged as error:
        # The traceback would keep the member's session and all that it holds.
        return replace(error.run, error=error.with_traceback(None))


def _outcome(run: Future[Run], member: int) -> Run:
    error = run.exception()
    if error is not None:
        error.add_note(
            f"In member {member} of run_many. The other members have ended, and each network holds "
            "what it has learned."
        )
        raise error
    return run.result()


def _crew(jobs: Sequence[Job]) -> int:
    """Members at a time, where nobody has said how many."""
    if any(job.engine.name == "reference" for job in jobs):
        return 1  # measured: two threads that want the interpreter's lock take longer than one
    return thread_count()
