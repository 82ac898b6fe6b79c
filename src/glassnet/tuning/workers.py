"""Who computes: this process, its threads, or other processes, any of which may be killed."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Any, Protocol

from joblib.externals.loky import ProcessPoolExecutor

from glassnet.engine.native import compiled
from glassnet.errors import UnknownName
from glassnet.tuning.training import Part, combined, compute, part
from glassnet.tuning.trials import Material, Order, Outcome

BACKENDS = ("auto", "threads", "processes")
_HEARING = 0.1  # seconds; Ctrl-C wakes no thread that waits for another
KILLED = "its worker was killed"


class Workers(Protocol):
    """Computes orders.

    Attributes
    ----------
    shared : bool
        Whether it does so in this process.
    """

    shared: bool

    def outcomes(self, orders: Sequence[Order], material: Material) -> Iterator[Outcome]:
        """Yield the outcomes as they come, one for each order.

        One whose worker was killed has a ``lost`` outcome: whoever ordered it may do so again.
        """
        ...

    def close(self) -> None:
        """Let go of threads and processes."""
        ...


class Here:
    """The process that asks, an order after the other."""

    shared = True

    def outcomes(self, orders: Sequence[Order], material: Material) -> Iterator[Outcome]:
        """Yield the outcomes in order."""
        for order in orders:
            yield compute(order, material)

    def close(self) -> None:
        """Nothing is held."""


class Threads:
    """Threads of this process: the engine lets go of the interpreter while it computes.

    Parameters
    ----------
    count : int ≥ 1
    """

    shared = True

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="glassnet-search")
        self._count = count
        self._ended = threading.Event()

    def outcomes(self, orders: Sequence[Order], material: Material) -> Iterator[Outcome]:
        """Yield the outcomes as they come."""
        gather = Gather(orders, len(material.folds))
        alone = replace(material, threads=max(1, self._count // max(1, len(gather.tasks))))
        waiting = {
            self._pool.submit(part, order, alone, fold, self._ended.is_set): (order, fold)
            for order, fold in gather.tasks
        }
        try:
            while waiting:
                done, _ = wait(waiting, timeout=_HEARING, return_when=FIRST_COMPLETED)
                for future in done:
                    yield from gather.take(*waiting.pop(future), future.result())
        except BaseException:
            self._ended.set()
            for future in waiting:
                future.cancel()
            wait(waiting)
            self._ended.clear()
            raise

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


class Processes:
    """Processes of joblib's loky, each with one thread.

    Each is a pool of its own, so that one that is killed takes with it what it was doing, and
    nothing else.

    Parameters
    ----------
    count : int ≥ 1
    """

    shared = False

    def __init__(self, count: int) -> None:
        self._idle: list[Any] = [_process() for _ in range(count)]

    def outcomes(self, orders: Sequence[Order], material: Material) -> Iterator[Outcome]:
        """Yield the outcomes as they come."""
        alone = replace(material, threads=1)
        gather = Gather(orders, len(material.folds))
        left = list(reversed(gather.tasks))
        busy: dict[Future[Part], tuple[Any, Order, int]] = {}
        try:
            while left or busy:
                while left and self._idle:
                    order, fold = left.pop()
                    if gather.gone(order):
                        continue
                    process = self._idle.pop()
                    busy[process.submit(_quietly, order, alone, fold)] = (process, order, fold)
                done, _ = wait(busy, return_when=FIRST_COMPLETED)
                for future in done:
                    process, order, fold = busy.pop(future)
                    try:
                        found = future.result()
                    except BrokenProcessPool:
                        self._idle.append(_process())
                        yield from gather.lose(order)
                    else:
                        self._idle.append(process)
                        yield from gather.take(order, fold, found)
        except BaseException:
            for process, *_ in busy.values():
                process.shutdown(kill_workers=True)
                self._idle.append(_process())
            raise

    @property
    def pids(self) -> list[int]:
        """Of the processes that run and are idle."""
        return [pid for process in self._idle for pid in process._processes]

    def close(self) -> None:
        """End the processes."""
        for process in self._idle:
            process.shutdown(kill_workers=True)


class Gather:
    """Folds of orders as they come in; an outcome when enough of an order is there.

    Enough is what one worker would compute: the folds up to the first that failed, or all.
    """

    def __init__(self, orders: Sequence[Order], folds: int) -> None:
        self.tasks = [(order, fold) for order in orders for fold in range(folds)]
        self._parts: dict[int, dict[int, Part]] = {order.number: {} for order in orders}
        self._folds = folds
        self._done: set[int] = set()

    def gone(self, order: Order) -> bool:
        """Whether nobody waits for the order any more."""
        return order.number in self._done

    def take(self, order: Order, fold: int, found: Part) -> Iterator[Outcome]:
        """A fold has come in."""
        parts = self._parts[order.number]
        parts[fold] = found
        known = [parts[k] for k in range(self._folds) if all(j in parts for j in range(k))
                 and k in parts]  # fmt: skip
        ends = [k for k, each in enumerate(known) if each.failed or each.fatal]
        known = known[: ends[0] + 1] if ends else known
        if not self.gone(order) and (ends or len(known) == self._folds):
            self._done.add(order.number)
            yield combined(order, known)

    def lose(self, order: Order) -> Iterator[Outcome]:
        """The worker of a fold has died."""
        if not self.gone(order):
            self._done.add(order.number)
            yield Outcome(order.number, order.rung, failed=KILLED, lost=True)


def _process() -> Any:
    return ProcessPoolExecutor(1, timeout=600, env={"OMP_NUM_THREADS": "1"})


def _quietly(order: Order, material: Material, fold: int) -> Part:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return part(order, material, fold)


def crew(count: int, ray: str | None = None, backend: str = "auto") -> Workers:
    """Who computes: this process, so many threads or processes, or those of a Ray cluster.

    Parameters
    ----------
    count : int ≥ 1
    ray : "auto" or an address, optional
    backend : "auto", "threads" or "processes"
        "auto": threads, where the engine is the native one, which computes without the
        interpreter's lock.

    Raises
    ------
    UnknownName

    Examples
    --------
    >>> type(crew(1)).__name__
    'Here'
    """
    if backend not in BACKENDS:
        raise UnknownName("backend", backend, BACKENDS)
    if ray is not None:
        from glassnet.tuning.ray_workers import Cluster

        return Cluster(ray, count)
    if backend == "auto":
        backend = "processes" if compiled() is None else "threads"
    if count == 1 and backend == "threads":
        return Here()
    return Threads(count) if backend == "threads" else Processes(count)
