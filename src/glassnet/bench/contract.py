"""How an engine enters a race, and what it does there.

A file in ``peers/`` has two functions, ``train(work, entry)`` and ``predict(work, entry)``. Each
makes everything ready and returns a turn: a call that takes the workload's ``steps`` steps and
comes back when they are done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Dtype = Literal["float32", "float64", "bf16"]

Turn = Callable[[], object]


@dataclass(frozen=True)
class Entry:
    """An engine with its threads and its number type.

    With ``"bf16"`` products are taken in bfloat16; weights, sums and data stay float32.
    """

    engine: str
    threads: int
    dtype: Dtype

    @property
    def storage(self) -> str:
        """The dtype of data and weights."""
        return "float64" if self.dtype == "float64" else "float32"
