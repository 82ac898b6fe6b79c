"""Which rank of how many a process is, as its environment says: torchrun's contract."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from glassnet.errors import InvalidValue

_NAMES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class Place:
    """A process's place in a parallel training.

    Attributes
    ----------
    rank, world : int
        Rank ``rank`` of 0..world − 1.
    address, port : str, int
        Where rank 0 waits for the others.
    local_ranks : int
        How many of the ranks share this machine's processors.
    attempt : int
        How often the ranks have been started again before.

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> Place().world
    1
    >>> Place(1, 2).environment()["RANK"]
    '1'
    """

    rank: int = 0
    world: int = 1
    address: str = "127.0.0.1"
    port: int = 29500
    local_ranks: int = 1
    attempt: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.world:
            raise InvalidValue(
                f"the rank must be one of 0 to {self.world - 1}; got {self.rank} of {self.world}. "
                "Start the ranks by torchrun or glassnet fit --ranks, which number them."
            )
        if not 0 < self.port < 65536:
            raise InvalidValue(f"the port of rank 0 must be from 1 to 65535; got {self.port}.")

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> Place:
        """The place that torchrun and our own launcher write there; the only rank without them.

        Raises
        ------
        InvalidValue
            If only some of them are there, or one is no number.

        Examples
        --------
        >>> named = {"RANK": "3", "WORLD_SIZE": "4", "MASTER_ADDR": "a", "MASTER_PORT": "2000"}
        >>> Place.of_environment(named).rank, Place.of_environment({}).world
        (3, 1)
        """
        missing = [name for name in _NAMES if name not in environment]
        if "RANK" in missing and "WORLD_SIZE" in missing:
            return cls()
        if missing:
            raise InvalidValue(
                f"a rank needs {', '.join(_NAMES)} in its environment; {', '.join(missing)} "
                "is not there. Start the ranks by torchrun or glassnet fit --ranks, which set them."
            )
        return cls(
            rank=_number(environment, "RANK"),
            world=_number(environment, "WORLD_SIZE"),
            address=environment["MASTER_ADDR"],
            port=_number(environment, "MASTER_PORT"),
            local_ranks=_number(environment, "LOCAL_WORLD_SIZE", "1"),
            attempt=_number(environment, "TORCHELASTIC_RESTART_COUNT", "0"),
        )

    def environment(self) -> dict[str, str]:
        """What a rank finds its place by."""
        found = {
            "RANK": self.rank,
            "WORLD_SIZE": self.world,
            "MASTER_ADDR": self.address,
            "MASTER_PORT": self.port,
            "LOCAL_WORLD_SIZE": self.local_ranks,
            "TORCHELASTIC_RESTART_COUNT": self.attempt,
        }
        return {name: str(value) for name, value in found.items()}

    def share(self, rows: int) -> tuple[int, int]:
        """From where to where in a batch of so many rows this rank's own go.

        Shares differ by one row at most, the first ranks have the larger ones, and rank 0 is never
        without.

        Examples
        --------
        >>> [Place(rank, 4).share(6) for rank in range(4)]
        [(0, 2), (2, 4), (4, 5), (5, 6)]
        """
        each, more = divmod(rows, self.world)
        start = self.rank * each + min(self.rank, more)
        return start, start + each + (self.rank < more)


def _number(environment: Mapping[str, str], name: str, otherwise: str = "") -> int:
    text = environment.get(name, otherwise)
    if not text.isdecimal():
        raise InvalidValue(f"{name} in the environment must be a whole number; got {text!r}.")
    return int(text)
