"""Micro-batching: rows of requests that come together are predicted together.

A row's prediction has the same bits alone and in any batch, so nothing but time depends on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeAlias

import numpy as np

from glassnet.arrays import Array

_INLINE = 4e6  # multiplications up to which a hand-over to another thread would take longer


_Waiting: TypeAlias = "tuple[Array, asyncio.Future[Array]]"


class Batcher:
    """Gathers the rows that wait, and asks the model once for all of them.

    Everything that the event loop has already read is gathered before a batch begins; while a
    large batch is computed in a thread, the next one gathers. A small one is computed at once.

    Parameters
    ----------
    ask : callable
        (m, d) -> (m, k).
    work : int
        Multiplications a row takes, about.
    most : int
        Rows of a batch; a single request may have more.
    executor : Executor
        Where large batches are computed.
    seen : callable
        Told the rows of every batch.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> sizes = []
    >>> async def three():
    ...     with ThreadPoolExecutor(1) as pool:
    ...         batcher = Batcher(lambda x: 2 * x, 1, 256, pool, sizes.append)
    ...         return await asyncio.gather(*(batcher(np.full((1, 1), k)) for k in range(3)))
    >>> [int(a[0, 0]) for a in asyncio.run(three())], sizes
    ([0, 2, 4], [3])
    """

    def __init__(
        self,
        ask: Callable[[Array], Array],
        work: int,
        most: int,
        executor: Executor,
        seen: Callable[[int], object],
    ) -> None:
        self._ask, self._work, self._most = ask, work, most
        self._executor, self._seen = executor, seen
        self._waiting: list[_Waiting] = []
        self._due = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, x: Array) -> Array:
        """The model's outputs for some rows.  (m, d) -> (m, k)"""
        answer: asyncio.Future[Array] = asyncio.get_running_loop().create_future()
        self._waiting.append((x, answer))
        self._call_soon()
        return await answer

    def _call_soon(self) -> None:
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        batch = self._batch()
        parts = [x for x, _ in batch]
        if sum(map(len, parts)) * self._work <= _INLINE:
            self._settle(batch, answers(self._ask, parts))
            return
        task = asyncio.get_running_loop().create_task(self._elsewhere(batch, parts))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _batch(self) -> list[_Waiting]:
        """Take what waits, as many rows as a batch may have, but at least one request."""
        rows, count = 0, 0
        for x, _ in self._waiting:
            rows += len(x)
            if count and rows > self._most:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return [(x, answer) for x, answer in batch if not answer.done()]  # its client may be gone

    async def _elsewhere(self, batch: list[_Waiting], parts: list[Array]) -> None:
        loop = asyncio.get_running_loop()
        self._settle(batch, await loop.run_in_executor(self._executor, answers, self._ask, parts))

    def _settle(self, batch: list[_Waiting], found: list[Array | Exception]) -> None:
        self._due = False
        if batch:
            self._seen(sum(len(x) for x, _ in batch))
        for (_, waits), answer in zip(batch, found, strict=True):
            if waits.done():
                continue
            if isinstance(answer, Exception):
                waits.set_exception(answer)
            else:
                waits.set_result(answer)
        if self._waiting:
            self._call_soon()


def answers(ask: Callable[[Array], Array], parts: list[Array]) -> list[Array | Exception]:
    """What ``ask`` gives for each part, asked once for all of them if none makes it fail.

    Examples
    --------
    >>> def half(x):
    ...     return x / 2 if (x > 0).all() else int("no")
    >>> [type(a).__name__ for a in answers(half, [np.ones((1, 1)), -np.ones((2, 1))])]
    ['ndarray', 'ValueError']
    """
    if not parts:
        return []
    try:
        found = ask(parts[0] if len(parts) == 1 else np.concatenate(parts))
    except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told
        return [error] if len(parts) == 1 else [answers(ask, [part])[0] for part in parts]
    ends = np.cumsum([len(part) for part in parts])
    return [found[end - len(part) : end] for part, end in zip(parts, ends, strict=True)]
