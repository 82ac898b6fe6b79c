"""Who computes: this process, or several others, any of which may be killed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

from joblib.externals.loky import get_reusable_executor

from glassnet.errors import Unsupported
from glassnet.tuning.trials import Material, Order, Outcome, compute


class Workers(Protocol):
    """Computes orders."""

    def outcomes(self, orders: Sequence[Order], material: Material) -> Iterator[Outcome]:
        """Yield the outcomes as they come, one for each order."""
        ...


class Here:
    """The process that asks, an order after the other."""

    def outcomes(self, orders: Sequence[Order], material: Material) -> Iterator[Outcome]:
        """Yield the outcomes in order."""
        for order in orders:
            yield compute(order, material)


class Processes:
    """Processes of joblib's loky, each with one thread.

    One that is killed takes its order with it, and ends the pool: what was under way is computed
    again by a new pool, and an order that twice saw its pool die is given up.

    Parameters
    ----------
    count : int ≥ 1
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self.retried = 0

    def outcomes(self, orders: Sequence[Order], material: Material) -> Iterator[Outcome]:
        """Yield the outcomes as they come."""
        deaths = dict.fromkeys((order.number for order in orders), 0)
        left = list(orders)
        while left:
            pool: Any = get_reusable_executor(self._count, timeout=60, env={"OMP_NUM_THREADS": "1"})
            waiting: dict[Future[Outcome], Order] = {
                pool.submit(compute, order, material): order for order in left
            }
            left = []
            try:
                while waiting:
                    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        order = waiting.pop(future)
                        try:
                            yield future.result()
                        except BrokenProcessPool:
                            deaths[order.number] += 1
                            left.append(order)
            except GeneratorExit:
                for future in waiting:
                    future.cancel()
                raise
            for order in [each for each in left if deaths[each.number] > 1]:
                left.remove(order)
                yield Outcome(order.number, order.rung, failed="its worker was killed twice")
            self.retried += len(left)


def crew(count: int, ray: str | None = None) -> Workers:
    """Who computes: this process, so many others, or those of a Ray cluster.

    Parameters
    ----------
    count : int ≥ 1
    ray : "auto" or an address, optional
    """
    if ray is not None:
        raise Unsupported(f"no cluster is known to a search yet; got ray={ray!r}.")
    return Here() if count == 1 else Processes(count)
