"""The machines of a Ray cluster compute: any of them, or a process on it, may die."""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from glassnet.arrays import Array
from glassnet.cluster.connection import connected
from glassnet.cluster.failures import translated
from glassnet.cluster.likeness import build, require_same
from glassnet.tuning.rests import arrays, lend
from glassnet.tuning.training import Part, part
from glassnet.tuning.trials import Material, Order, Outcome
from glassnet.tuning.workers import Gather


class Cluster:
    """Tasks of Ray, a fold each, with one CPU and one thread.

    No disk is shared. The rows go into the object store once, where all processes of a machine read
    them in place; candidates rest as files of the process that asks, and travel with the orders.
    So a machine that is lost takes nothing with it but the orders that it was computing.

    Parameters
    ----------
    address : "auto" or host:port
    count : int ≥ 1
        Folds under way at a time.

    Raises
    ------
    Unreachable, Unsupported
        See :func:`glassnet.cluster.connection.connected`.
    """

    shared = False

    def __init__(self, address: str, count: int) -> None:
        self._held = ExitStack()
        self._ray = self._held.enter_context(connected(address))
        self._count = count
        self._stored: tuple[str, tuple[Any, Any, Any]] | None = None

    def outcomes(self, orders: Sequence[Order], material: Material) -> Iterator[Outcome]:
        """Yield the outcomes as they come; that of an order whose process died is lost."""
        ray = self._ray
        task = ray.remote(num_cpus=1, max_retries=0)(_computed)
        gather = Gather(orders, len(material.folds))
        left = deque(gather.tasks)
        waiting: dict[Any, tuple[Order, int]] = {}
        try:
            stored = self._store(material)
            while left or waiting:
                while left and len(waiting) < self._count:
                    order, fold = left.popleft()
                    if not gather.gone(order):
                        files = resting(order, fold, material)
                        seconds = material.until - time.monotonic()
                        begun = task.remote(order, fold, files, seconds, build(), *stored)
                        waiting[begun] = (order, fold)
                if not waiting:
                    break
                done, _ = ray.wait(list(waiting))
                order, fold = waiting.pop(done[0])
                yield from self._taken(done[0], order, fold, gather, material)
        except ray.exceptions.RayError as error:
            raise translated(error) from error
        finally:
            for reference in waiting:
                ray.cancel(reference, force=True)

    def close(self) -> None:
        """Leave the cluster."""
        self._stored = None
        self._held.close()

    def _taken(
        self, reference: Any, order: Order, fold: int, gather: Gather, material: Material
    ) -> Iterator[Outcome]:
        died = self._ray.exceptions
        try:
            found, files = self._ray.get(reference)
        except (
            died.WorkerCrashedError,
            died.NodeDiedError,
            died.OutOfMemoryError,
            died.ObjectLostError,
        ):
            yield from gather.lose(order)
            return
        for name, content in files.items():
            (Path(material.folder) / name).write_bytes(content)
        yield from gather.take(order, fold, found)

    def _store(self, material: Material) -> tuple[Any, Any, Any]:
        """References to X, y and the rest of the material, which is put into the store once."""
        if self._stored is None or self._stored[0] != material.folder:
            put = self._ray.put
            x, y = arrays(material.folder)
            here = replace(material, folder="", threads=1)
            self._stored = (material.folder, (put(x), put(y), put(here)))
        return self._stored[1]


def resting(order: Order, fold: int, material: Material) -> dict[str, bytes]:
    """The files in which a candidate rests, and the one that it is grown from, by name."""
    needed = {order.number, getattr(order.begin, "parent", order.number)}
    return {
        path.name: path.read_bytes()
        for number in sorted(needed)
        for path in sorted(Path(material.folder).glob(f"{number}-{fold}-*.glassnet"))
    }


def _computed(
    order: Order,
    fold: int,
    files: Mapping[str, bytes],
    seconds: float,
    asker: str,
    x: Array,
    y: Array,
    material: Material,
) -> tuple[Part, dict[str, bytes]]:
    """On a machine of the cluster: a part, and the files in which the candidate now rests."""
    require_same(asker, "the machine that asks")  # one that joined since was not asked
    os.environ["GLASSNET_THREADS"] = "1"
    with (
        tempfile.TemporaryDirectory(prefix="glassnet-order-") as folder,
        lend(folder, x, y),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        until = time.monotonic() + seconds  # each machine has a clock of its own
        found = part(order, replace(material, folder=folder, until=until), fold)
        rests = sorted(Path(folder).glob("*.glassnet"))
        return found, {p.name: p.read_bytes() for p in rests if p.name not in files}
