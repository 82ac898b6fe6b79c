"""Ranks on the machines of a Ray cluster: started together, and again where one has died."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from glassnet.cluster.connection import connected
from glassnet.cluster.failures import translated
from glassnet.cluster.likeness import build, require_same
from glassnet.errors import GlassnetError, RankLost, Unreachable
from glassnet.files.atomic import atomic_write
from glassnet.scale.launch import free_port, rank_main
from glassnet.scale.ray_desk import Desk, reported

_POLL = 0.2  # seconds
_ROOM = 60.0  # for processors that others still use
_GRACE = 30.0  # for the ranks that are left to notice, and Ray to give a machine up

Job = Callable[[Path | None, TextIO], Any]


@dataclass(frozen=True)
class RayRanks:
    """A job done by several ranks on a cluster.

    No disk is shared: the job goes out through the object store, what rank 0 returns comes back
    through it, and the checkpoint that rank 0 writes is brought to this process as it is written.

    Parameters
    ----------
    address : "auto" or host:port
    ranks : int ≥ 1
        A processor and a process each.
    restarts : int ≥ 0
        How often all may be started again, from the checkpoint, when one has died.
    checkpoint : Path or None
        Of this process; given to rank 0 where it is there.
    say : callable
        Takes the lines about what happens to the ranks.
    write : callable
        Takes what rank 0 writes.
    """

    address: str
    ranks: int
    restarts: int = 0
    checkpoint: Path | None = None
    say: Callable[[str], object] = lambda line: None
    write: Callable[[str], object] = lambda text: None

    def run(self, job: Job) -> Any:
        """What the job returns on rank 0.

        Parameters
        ----------
        job : callable (checkpoint, stream) -> value
            Can be pickled. Finds its place in the environment, as under torchrun; ``checkpoint`` is
            the file to use, None where no checkpoint was asked for; ``stream`` is shown here.

        Raises
        ------
        RankLost
            If ranks died more often than ``restarts``.
        Unreachable, Unsupported
            If the cluster cannot be joined, has too few processors, or fails.
        """
        with connected(self.address) as ray:
            slots = int(ray.cluster_resources().get("CPU", 0))
            if slots < self.ranks:
                raise Unreachable(
                    f"the cluster must have a processor for each of {self.ranks} ranks; it has "
                    f"{slots}. Add machines with ray start --address, or ask for fewer ranks."
                )
            here = ray.get_runtime_context().get_node_id()
            stored, lost = ray.put(job), ""
            for attempt in range(self.restarts + 1):
                with _desk(ray, here) as desk, _bundles(ray, self.ranks) as group:
                    lost, value = self._attempt(ray, desk, group, stored, attempt)
                if not lost:
                    return value
                if attempt < self.restarts:
                    more = self.restarts - attempt - 1
                    self.say(f"{lost}; all ranks start again, {more} more times at most.")
        raise RankLost(
            f"{lost}. See that its machine has the memory; with a checkpoint and restarts, the "
            "training goes on from the last save."
        )

    def _attempt(self, ray: Any, desk: Any, group: Any, job: Any, attempt: int) -> tuple[str, Any]:
        """What was lost, if anything, and what rank 0 returned."""
        strategy = ray.util.scheduling_strategies.PlacementGroupSchedulingStrategy
        place = partial(strategy, group)
        table = ray.util.placement_group_table(group)["bundles_to_node_id"]
        nodes = [table[rank] for rank in range(self.ranks)]
        doing = ray.remote(num_cpus=1, max_retries=0, max_calls=1)
        asking = ray.remote(num_cpus=1, max_retries=0)(_where).options(scheduling_strategy=place(0))
        running: dict[Any, int] = {}
        try:
            address, port = ray.get(asking.remote())
            saved = self._read()
            for rank in range(self.ranks):
                do = doing(_rank).options(scheduling_strategy=place(rank))
                numbers = {
                    "rank": rank,
                    "world": self.ranks,
                    "address": address,
                    "port": port,
                    "local_ranks": nodes.count(nodes[rank]),
                    "attempt": attempt,
                }
                running[do.remote(job, numbers, saved, desk, build())] = rank
            return self._watched(ray, desk, running)
        except ray.exceptions.RayError as error:
            if _died(ray, error):
                return "the machine of rank 0 was lost", None
            raise translated(error) from error
        finally:
            for reference in running:
                ray.cancel(reference, force=True)

    def _watched(self, ray: Any, desk: Any, running: dict[Any, int]) -> tuple[str, Any]:
        waiting, deadline, leaving = list(running), float("inf"), False
        value, died, wrong = None, list[int](), list[GlassnetError]()
        while waiting and time.monotonic() < deadline:
            try:
                done, waiting = ray.wait(waiting, timeout=_POLL)
                self._relay(ray, desk)
            except KeyboardInterrupt:
                if leaving:  # a second one is let in
                    raise
                leaving = True
                ray.get(desk.leave.remote())
                continue
            for reference in done:
                try:
                    given = ray.get(reference)
                    value = given if running[reference] == 0 else value
                except ray.exceptions.RayError as error:
                    if _died(ray, error):
                        died.append(running[reference])
                    else:
                        wrong.append(translated(error))
                    deadline = min(deadline, time.monotonic() + _GRACE)
        self._relay(ray, desk)
        own = [error for error in wrong if not isinstance(error, RankLost)]
        if died:
            return f"rank {died[0]} of {len(running)} was killed, or its machine lost", None
        if own:
            raise own[0]
        if wrong:
            return str(wrong[0]), None
        return "", value

    def _relay(self, ray: Any, desk: Any) -> None:
        text, saved = ray.get(desk.take.remote())
        if text:
            self.write(text)
        if saved is not None and self.checkpoint is not None:
            atomic_write(self.checkpoint, saved)

    def _read(self) -> tuple[str, bytes | None] | None:
        """Name and content of the checkpoint; None where none was asked for."""
        path = self.checkpoint
        return path and (path.name, path.read_bytes() if path.exists() else None)


@contextmanager
def _desk(ray: Any, node: str) -> Generator[Any]:
    affinity = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
    desk = ray.remote(num_cpus=0, scheduling_strategy=affinity)(Desk).remote()
    try:
        yield desk
    finally:
        ray.kill(desk)


@contextmanager
def _bundles(ray: Any, ranks: int) -> Generator[Any]:
    """A processor for each rank, on as few machines as have them: less goes over the network."""
    from ray.util.placement_group import placement_group, remove_placement_group

    group = placement_group([{"CPU": 1}] * ranks, strategy="PACK")
    try:
        if not group.wait(_ROOM):
            free = ray.available_resources().get("CPU", 0)
            raise Unreachable(
                f"the cluster must have {ranks} free processors; {free:g} were free after "
                f"{_ROOM:.0f} s. Wait for what else runs there, or ask for fewer ranks."
            )
        yield group
    finally:
        remove_placement_group(group)


def _died(ray: Any, error: Any) -> bool:
    kinds = ray.exceptions
    return isinstance(
        error,
        kinds.WorkerCrashedError
        | kinds.NodeDiedError
        | kinds.OutOfMemoryError
        | kinds.ObjectLostError
        | kinds.TaskPlacementGroupRemoved,
    )


def _where() -> tuple[str, int]:
    """On the machine of rank 0: where the others find it."""
    import ray

    address = ray.util.get_node_ip_address()
    return address, free_port(address)


def _rank(
    job: Job,
    numbers: dict[str, Any],
    saved: tuple[str, bytes | None] | None,
    desk: Any,
    asker: str,
) -> Any:
    """On a machine of the cluster: do the job as one rank."""
    require_same(asker, "the machine that asks")
    os.environ["GLASSNET_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="glassnet-rank-") as folder:
        checkpoint = None if saved is None else Path(folder) / saved[0]
        first = numbers["rank"] == 0
        if first and checkpoint is not None and saved is not None and saved[1] is not None:
            checkpoint.write_bytes(saved[1])
        if not first:
            with open(os.devnull, "w", encoding="utf-8") as nowhere:
                rank_main(partial(job, checkpoint, nowhere), **numbers)
            return None
        with reported(desk, checkpoint) as stream:
            return rank_main(partial(job, checkpoint, stream), **numbers)
