"""Ranks as threads of one process: the sums of a group without its sockets."""

import threading

import numpy as np

from glassnet.errors import Diverged, InvalidValue, RankLost, Unsupported
from glassnet.scale.crew import Crew
from glassnet.scale.engine import ParallelEngine
from glassnet.scale.group import Group
from glassnet.scale.place import Place


class Meeting:
    """Where threads add up what each brings, in the order of their ranks."""

    def __init__(self, world):
        self.barrier, self.brought = threading.Barrier(world), [None] * world
        self.sums = 0

    def total(self, rank, array):
        self.brought[rank] = np.array(array)
        self._wait()
        whole = sum(self.brought[1:], self.brought[0])
        self.sums += rank == 0
        self._wait()
        return whole

    def _wait(self):
        try:
            self.barrier.wait(300)
        except threading.BrokenBarrierError:
            raise RankLost("a thread is gone") from None


class InThreads(Group):
    """A group whose ranks are threads."""

    def __init__(self, rank, meeting):
        self.meeting = meeting
        super().__init__(Place(rank, len(meeting.brought)))

    def _open(self, backend):
        """There is nothing to open."""

    def total(self, array):
        array[...] = self.meeting.total(self.place.rank, array)
        return array


def on_ranks(world, work):
    """work(group) of every rank, side by side: what each returned, or what it raised."""
    meeting, found = Meeting(world), [None] * world

    def go(rank):
        try:
            found[rank] = work(InThreads(rank, meeting))
        except (InvalidValue, Diverged, Unsupported) as error:  # as on every rank
            found[rank] = error
        except BaseException as error:  # noqa: BLE001  a test looks at it
            found[rank] = error
            meeting.barrier.abort()

    threads = [threading.Thread(target=go, args=(rank,)) for rank in range(world)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def parallel(group, engine="auto", **options):
    """The engine of all ranks, and the crew it belongs to."""
    crew = Crew(group)
    return ParallelEngine(crew, engine, **options), crew
