"""Sums over the ranks, by torch.distributed.

The sums have the same bits on every rank, and on every run with as many ranks: each entry is added
up once, in the order of the ring, and then passed on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, RankLost, Unsupported
from glassnet.scale.place import Place

BACKENDS = ("gloo", "nccl")
_DIGEST = 32  # bytes


class Group:
    """All ranks of one training, seen from one of them.

    With a single rank nothing is sent, and PyTorch is not needed.

    Parameters
    ----------
    place : Place
    backend : "gloo" or "nccl"
        ``"gloo"`` sends from main memory; ``"nccl"`` by way of the rank's GPU.
    timeout : float > 0
        Seconds to wait for the others before they count as lost.

    Attributes
    ----------
    place : Place
    doing : str
        What is under way, for messages.

    Raises
    ------
    RankLost
        If the others do not come within ``timeout``.
    Unsupported
        If PyTorch, or the backend, is not there.

    Examples
    --------
    >>> with Group(Place()) as group:
    ...     group.total(np.array([1.0, 2.0])).tolist()
    [1.0, 2.0]
    """

    def __init__(self, place: Place, backend: str = "gloo", timeout: float = 300.0) -> None:
        if backend not in BACKENDS:
            raise InvalidValue(f'backend must be "gloo" or "nccl"; got {backend!r}.')
        if not timeout > 0:
            raise InvalidValue(f"timeout must be above 0 seconds; got {timeout!r}.")
        self.place, self.doing, self._timeout = place, "meeting", timeout
        self._torch: Any = None
        self._distributed: Any = None
        self._device: Any = None
        self._ours = False
        if place.world > 1 or backend == "nccl":
            self._open(backend)

    def __enter__(self) -> Group:
        """The group itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it."""
        if self._ours:
            self._distributed.destroy_process_group()
            self._ours = False

    def total(self, array: Array) -> Array:
        """Add an array up over the ranks, in its place, and return it; NumPy's own only.

        Raises
        ------
        RankLost
        """
        if self._distributed is not None:
            self._send(array, self._distributed.all_reduce)
        return array

    def gathered(self, numbers: Array) -> Array:
        """The bytes of every rank, a row each.  (k,) uint8 -> (world, k)"""
        whole = np.zeros((self.place.world, len(numbers)), np.int32)
        whole[self.place.rank] = numbers
        return self.total(whole).astype(np.uint8)

    def of_first(self, content: bytes) -> bytes:
        """What rank 0 gives, on every rank."""
        if self._distributed is None:
            return content
        size = np.array([len(content)], np.int64)
        self._send(size, self._first_to_all)
        numbers = np.frombuffer(content, np.uint8).copy()
        if self.place.rank > 0:
            numbers = np.zeros(int(size[0]), np.uint8)
        if numbers.size:
            self._send(numbers, self._first_to_all)
        return numbers.tobytes()

    def require_alike(self, parts: Mapping[str, bytes], what: str) -> None:
        """Refuse to go on where a rank has another of the parts, given as digests of 32 bytes.

        Raises
        ------
        InvalidValue
            On every rank alike.
        """
        mine = np.frombuffer(b"".join(digest[:_DIGEST] for digest in parts.values()), np.uint8)
        everybody = self.gathered(mine).reshape(self.place.world, len(parts), _DIGEST)
        other = (everybody != everybody[0]).any(axis=2)
        if other.any():
            rank = int(np.flatnonzero(other.any(axis=1))[0])
            names = [name for name, differs in zip(parts, other[rank], strict=True) if differs]
            raise InvalidValue(
                f"{what} must be the same on every rank; rank {rank} differs from rank 0 in: "
                f"{', '.join(names)}."
            )

    def _first_to_all(self, tensor: Any) -> None:
        self._distributed.broadcast(tensor, 0)

    def _open(self, backend: str) -> None:
        try:
            import torch
            from torch import distributed
        except ImportError as error:
            raise Unsupported(
                "training on several ranks sends through PyTorch, which is not installed: "
                "pip install 'glassnet[scale]'."
            ) from error
        self._torch = torch
        there = distributed.is_available() and getattr(distributed, f"is_{backend}_available")()
        if not there:
            raise Unsupported(f"this PyTorch was built without {backend}.")
        if backend == "nccl":
            self._device = self._gpu()
        if not distributed.is_initialized():
            self._meet(distributed, backend)
            self._ours = True
        elif distributed.get_world_size() != self.place.world:
            raise InvalidValue(
                f"torch.distributed was begun with {distributed.get_world_size()} ranks, and the "
                f"environment says {self.place.world}."
            )
        self._distributed = distributed

    def _gpu(self) -> Any:
        """The rank's own GPU, by its number on the machine."""
        cuda = self._torch.cuda
        if not cuda.is_available():
            raise Unsupported('backend="nccl" needs a GPU, and there is none here. Use "gloo".')
        local = int(os.environ.get("LOCAL_RANK", "0")) % cuda.device_count()
        cuda.set_device(local)
        return self._torch.device("cuda", local)

    def _meet(self, distributed: Any, backend: str) -> None:
        place = self.place
        if place.address in ("localhost", "::1") or place.address.startswith("127."):
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        try:
            distributed.init_process_group(
                backend,
                init_method=f"tcp://{place.address}:{place.port}",
                rank=place.rank,
                world_size=place.world,
                timeout=timedelta(seconds=self._timeout),
            )
        except (RuntimeError, ValueError) as error:
            raise RankLost(
                f"rank {place.rank} of {place.world} did not meet the others at "
                f"{place.address}:{place.port} within {self._timeout:g} s ({_first_line(error)}). "
                "See that every rank was started, with the same address, and that no firewall "
                "stands between them."
            ) from error

    def _send(self, array: Array, how: Callable[[Any], object]) -> None:
        tensor = self._torch.from_numpy(array)
        there = tensor if self._device is None else tensor.to(self._device)
        try:
            how(there)
            if self._device is not None:
                tensor.copy_(there)
        except RuntimeError as error:
            raise RankLost(
                f"rank {self.place.rank} of {self.place.world} lost another rank while "
                f"{self.doing} ({_first_line(error)}). Start all ranks again: with a checkpoint "
                "they go on from the last save."
            ) from error


def _first_line(error: BaseException) -> str:
    """What PyTorch says, without its sources' names and the stack below."""
    text = str(error).strip().split("\n", maxsplit=1)[0]
    return text.rpartition("] ")[2][:200].rstrip(". ") or type(error).__name__
