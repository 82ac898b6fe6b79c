"""Training on rows that lie on disk: what of ``gn.train``'s arguments they take, and the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data, Selection
from glassnet.data.row_blocks import Block
from glassnet.data.row_sets import RowSet, require_finite_rows, row_in_words
from glassnet.data.row_shares import VALIDATION, Shares
from glassnet.data.rows_on_disk import Rows
from glassnet.data.shuffled_rows import MOST_HELD, ShuffledRows
from glassnet.engine.interface import Program
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.network import Network
from glassnet.network.targets import encode_targets
from glassnet.optim.optimizers import LBFGS
from glassnet.training.rows import validation_data
from glassnet.training.run import Job, Run
from glassnet.training.streamed_engine import StreamedEngine


@dataclass(frozen=True)
class NumberRecipe:
    """Columns of numbers as they are; the target by ``encode``, from (rows,) or (rows, k) values.

    ``factors``, where given, are what the weights of rows are multiplied by, for each target value.
    """

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    weight: str | None
    outputs: int
    dtype: str
    encode: Callable[[Array], Array]
    factors: Callable[[Array], Array] | None = None

    @property
    def names(self) -> Sequence[str]:
        """The columns it needs."""
        return (*self.inputs, *self.targets, *([] if self.weight is None else [self.weight]))

    @property
    def weight_names(self) -> Sequence[str]:
        """The columns that weights follow from."""
        weight = () if self.weight is None else (self.weight,)
        return weight if self.factors is None else (*self.targets, *weight)

    @property
    def shape(self) -> tuple[int, int]:
        """Columns of x and of y."""
        return len(self.inputs), self.outputs

    def __call__(self, block: Block) -> Data:
        """The rows of a block."""
        x = block.numbers(self.inputs, self.dtype)
        require_finite_rows(block, self.inputs, x)
        y = self.targets_of(block)
        w = self._weights(block, y) if self.weight_names else None
        return Data(x, y, w)

    def weights(self, block: Block) -> Array:
        """The weights of a block's rows."""
        return self._weights(block, None if self.factors is None else self.targets_of(block))

    def targets_of(self, block: Block) -> Array:
        """The targets of a block's rows, encoded."""
        values = target_values(block, self.targets)
        try:
            return np.ascontiguousarray(self.encode(values), dtype=self.dtype)
        except ValueError as error:
            first = block.group.row + block.start + 1
            raise InvalidValue(
                f"{block.group.file}, rows {first:,} to {first + len(block) - 1:,}: {error}"
            ) from error

    def _weights(self, block: Block, y: Array | None) -> Array:
        if self.weight is None:
            w = np.ones(len(block), self.dtype)
        else:
            w = weight_values(block, self.weight, self.dtype)
        return w if self.factors is None or y is None else (w * self.factors(y)).astype(self.dtype)


def target_values(block: Block, targets: Sequence[str]) -> Array:
    """The target's values as they stand: (rows,) of one column, (rows, k) of several.

    Raises
    ------
    InvalidValue
        If one is missing.
    """
    columns = [block.values(name) for name in targets]
    for name, values in zip(targets, columns, strict=True):
        absent = values != values if values.dtype.kind == "f" else values == np.array(None)
        if np.any(absent):
            where = row_in_words(block, int(np.argmax(absent)))
            raise InvalidValue(
                f"a target must not be missing; {name!r} is in {where}. Leave such rows out."
            )
    return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)


def weight_values(block: Block, name: str, dtype: Any) -> Array:
    """The weights of a block's rows.  -> (rows,)

    Raises
    ------
    InvalidValue
        If one is missing, not finite or negative.
    """
    values = block.numbers((name,), dtype)
    require_finite_rows(block, (name,), values)
    w = values[:, 0]
    if (w < 0).any():
        where = row_in_words(block, int(np.argmin(w)))
        raise InvalidValue(
            f"the weight {name!r} must not be negative; it is {w.min():g} in {where}."
        )
    return w


def rows_from_disk(
    net: Network, rows: Rows, y: Any, sample_weight: Any, chosen: Any, validation: Any, held: Any
) -> tuple[ShuffledRows, Selection | None]:
    """The rows to train on and those to validate on, as ``gn.train`` was given them.

    Raises
    ------
    InvalidValue, BadFile, FileFault
    """
    given = {"y": y, "sample_weight": sample_weight, "rows": chosen, "validation_rows": held}
    for name, value in given.items():
        if value is not None:
            raise InvalidValue(
                f"{name} is for rows in memory; Rows names columns of its own. Leave it None."
            )
    spec, dtype = net.specification, str(net.state.theta.dtype)
    apart = validation_data(net, validation)
    opened = rows.open()
    if len(opened.inputs) != spec.inputs:
        raise ShapeMismatch(
            f"layer 1 takes {spec.inputs} inputs; the rows have {len(opened.inputs)} input columns."
        )
    opened.source.require_numbers(opened.columns)
    recipe = NumberRecipe(
        opened.inputs,
        opened.targets,
        opened.weight,
        spec.units[spec.depth],
        dtype,
        lambda values: encode_targets(spec, values, dtype),
    )
    opened.without_bad()
    share = apart if isinstance(apart, float) else 0.0
    data = ShuffledRows(opened, recipe, shares_of(opened, net.state.seed, validation=share))
    if isinstance(apart, Data):
        return data, Selection(apart)
    return data, held_selection(data, VALIDATION)[0] if share else None


def shares_of(rows: RowSet, seed: int, *, validation: float = 0.0, test: float = 0.0) -> Shares:
    """The shares of rows to hold out, lowered where they would hold out more than 100,000 rows.

    Groups that were left out count here: which rows are held out does not depend on them.
    """
    most = MOST_HELD / sum(group.rows for group in rows.source.groups)
    return Shares(seed, min(validation, most), min(test, most))


def held_selection(data: ShuffledRows, *parts: int) -> list[Selection]:
    """The rows of each of the parts that are held out, in memory.

    Raises
    ------
    InvalidValue
        If there are none, or all of them weigh nothing.
    """
    held = [Selection(found) for found in data.held(*parts)]
    for one in held:
        if not one.total_weight > 0:
            raise InvalidValue(
                f"the rows held out must not all have weight 0; the {len(one)} drawn do. Give "
                "validation rows of your own."
            )
    return held


def carried_out(job: Job) -> Run:
    """Carry out a job on rows from disk: the reader's thread ends with it, however it ends.

    Raises
    ------
    Diverged
    """
    data = cast(Any, job.data)
    with closing(StreamedEngine(job.engine, data)) as engine:
        run = replace(job, engine=engine).carry_out()
    data.rows.warn_of_skipped()
    return run


def check_streamed(program: Program) -> None:
    """Refuse what needs all rows at once.

    Raises
    ------
    InvalidValue
    """
    if isinstance(program.optimizer, LBFGS):
        raise InvalidValue(
            'lbfgs needs all rows at once, and these are read piece by piece. Use "adam" or "sgd".'
        )
    if program.clipping.noise_multiplier:
        raise InvalidValue(
            "noise_multiplier draws each batch from all rows, and these are read piece by piece. "
            "Train on rows in memory."
        )
