"""What happened in a run, an epoch a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import UnknownName


class History:
    """A table of epochs: ``epoch``, ``step``, ``J``, ``rate``, ``seconds``, and what was validated.

    ``epoch`` counts from 1 within the run and ``step`` over the network's life. ``J`` is the mean
    cost of the epoch's batches, penalties included, taken as the parameters moved; ``rate`` is the
    learning rate of the epoch's last step. Columns of validation begin with ``val_``: ``val_loss``
    is without penalties. ``seconds`` are those since the run began.

    Examples
    --------
    >>> history = History([{"epoch": 1, "J": 0.7}, {"epoch": 2, "J": 0.5}])
    >>> history.column("J").tolist(), len(history)
    ([0.7, 0.5], 2)
    """

    def __init__(self, rows: Sequence[Mapping[str, float]] = ()) -> None:
        self._rows = [dict(row) for row in rows]

    def append(self, row: Mapping[str, float]) -> None:
        """Add an epoch."""
        self._rows.append(dict(row))

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in the order in which they first came."""
        return list(dict.fromkeys(name for row in self._rows for name in row))

    def column(self, name: str) -> Array:
        """One column; nan where an epoch has no such value.  -> (epochs,) float64"""
        if name not in self.columns:
            raise UnknownName("history column", name, self.columns)
        return np.array([row.get(name, np.nan) for row in self._rows], dtype=np.float64)

    def to_dict(self) -> dict[str, list[float]]:
        """The table by columns, as ``pandas.DataFrame`` and ``polars.DataFrame`` take it."""
        return {name: [row.get(name, np.nan) for row in self._rows] for name in self.columns}

    def __len__(self) -> int:
        """The number of epochs."""
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, float]]:
        """Go through the epochs."""
        return iter(self._rows)

    def __getitem__(self, index: int) -> dict[str, float]:
        """One epoch."""
        return self._rows[index]

    def __repr__(self) -> str:
        """Say how many epochs it holds and how the last went."""
        if not self._rows:
            return "History(no epochs)"
        last = ", ".join(f"{name}={value:.4g}" for name, value in self._rows[-1].items())
        return f"History({len(self)} epoch{'s' * (len(self) > 1)}; last: {last})"
