"""A set of rows on disk that has been opened: its columns by what they are for, and its groups."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.data.row_blocks import Block, Group, RowSource
from glassnet.data.row_shares import Shares
from glassnet.errors import BadFile, InvalidValue

_SHOWN = 3  # groups that a warning names


class Recipe(Protocol):
    """How blocks of columns become rows as an engine takes them."""

    @property
    def names(self) -> Sequence[str]:
        """The columns it needs."""
        ...

    @property
    def weight_names(self) -> Sequence[str]:
        """The columns that weights follow from; none where all weigh 1."""
        ...

    @property
    def shape(self) -> tuple[int, int]:
        """Columns of x and of y."""
        ...

    @property
    def dtype(self) -> str:
        """Of x and y."""
        ...

    def __call__(self, block: Block) -> Data:
        """The rows of a block; InvalidValue if a value is not what it must be."""
        ...

    def weights(self, block: Block) -> Array:
        """The weights of a block's rows.  -> (rows,)"""
        ...


@dataclass(eq=False)
class RowSet:
    """Rows on disk, opened.

    Attributes
    ----------
    source : RowSource
    inputs, targets : tuple of str
        Names of columns.
    weight : str or None
    buffer_bytes : int
    skip_bad : bool
    named : bool
        Whether the inputs have names of their own.
    skipped : dict
        Why each group that was left out could not be read.
    """

    source: RowSource
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    weight: str | None
    buffer_bytes: int
    skip_bad: bool = False
    named: bool = True
    skipped: dict[Group, str] = field(default_factory=dict[Group, str])

    def __len__(self) -> int:
        """The number of rows, without those left out."""
        return sum(group.rows for group in self.groups)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns in use."""
        weight = () if self.weight is None else (self.weight,)
        return (*self.inputs, *self.targets, *weight)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups, without those left out."""
        if not self.skipped:
            return self.source.groups
        return tuple(group for group in self.source.groups if group not in self.skipped)

    def blocks(
        self, names: Sequence[str], tell: Callable[[int], object], most: int | None = None
    ) -> Iterator[Block]:
        """Every block of these columns; ``tell`` hears how many rows have been read.

        Blocks have some megabytes, and at most ``most`` rows.

        Raises
        ------
        BadFile
            If a group cannot be read.
        """
        read = 0
        for group in self.groups:
            for block in self.source.read(group, names, most):
                read += len(block)
                yield block
                del block  # before the next is decoded
                tell(read)

    def leave_out(self, group: Group, error: BadFile) -> None:
        """Leave a group out that cannot be read, if that is wished; else raise the error."""
        if not self.skip_bad:
            raise error
        self.skipped[group] = str(error).split(". Write the file anew")[0]
        if not self.groups:
            raise BadFile(
                f"no row group can be read; the first: {self.skipped[group]}. Write the files anew."
            ) from error

    def without_bad(self) -> None:
        """Read everything once, where that is wished, and leave out what cannot be read."""
        if not self.skip_bad:
            return
        for group in self.groups:
            try:
                for _ in self.source.read(group, self.columns):
                    pass
            except BadFile as error:
                self.leave_out(group, error)

    @property
    def said_of_skipped(self) -> str:
        """What was left out, in words; "" if nothing was."""
        if not self.skipped:
            return ""
        rows = sum(group.rows for group in self.skipped)
        some = "; ".join(list(self.skipped.values())[:_SHOWN])
        more = len(self.skipped) - _SHOWN
        return (
            f"{len(self.skipped)} of {len(self.source.groups)} row groups, {rows:,} rows, were "
            f"left out: {some}" + (f"; and {more} more" if more > 0 else "") + "."
        )

    def warn_of_skipped(self) -> None:
        """Name in a warning what was left out."""
        said = self.said_of_skipped
        if said:
            warnings.warn(said, stacklevel=2)


def training_rows(groups: Sequence[Group], shares: Shares) -> tuple[int, ...]:
    """How many rows of each group are trained on.

    Examples
    --------
    >>> training_rows([Group("a", 0, 0, 0, 5)], Shares(0))
    (5,)
    """
    if not shares.holds_out:
        return tuple(group.rows for group in groups)
    return tuple(
        int(np.count_nonzero(shares.parts(group.first, group.rows) == 0)) for group in groups
    )


def row_in_words(block: Block, row: int) -> str:
    """File and number of a block's row; rows of a file are counted from 1."""
    return f"{block.group.file}, row {block.group.row + block.start + row + 1:,}"


def require_finite_rows(
    block: Block, names: Sequence[str], values: Array, *, missing: bool = False
) -> None:
    """Demand that the numbers of a block be finite; the message names file, column and row.

    Parameters
    ----------
    block : Block
    names : sequence of str
        Of the columns.
    values : (rows, names)
    missing : bool
        Whether nan, which stands for a missing value, passes.

    Raises
    ------
    InvalidValue
    """
    bad = np.isinf(values) if missing else ~np.isfinite(values)
    if not bad.any():
        return
    row, j = (int(k) for k in np.argwhere(bad)[0])
    where = row_in_words(block, row)
    if np.isnan(values[row, j]):
        raise InvalidValue(
            f"the column {names[j]!r} must hold finite numbers; it is missing or nan in {where}. "
            "Fill it, or leave the row out; `glassnet fit` takes missing values as they are."
        )
    raise InvalidValue(
        f"the column {names[j]!r} must hold finite numbers; it is infinite, or too large for "
        f"{values.dtype}, in {where}. Correct it, or leave the row out."
    )
