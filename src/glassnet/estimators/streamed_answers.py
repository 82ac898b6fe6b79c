"""What an estimator says of rows that lie on disk, piece by piece: ``predict(gn.Rows(...))``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.data.read_ahead import ReadAhead
from glassnet.data.row_blocks import Block
from glassnet.data.row_pieces import read_pieces
from glassnet.data.row_sets import RowSet, require_finite_rows
from glassnet.data.rows_on_disk import Rows
from glassnet.engine.prediction import predict
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.estimators.weights import at_least
from glassnet.training.streamed import weight_values

# Rows of a piece. Rows in memory pass through a network so many at a time too: with the same rows
# in a product of matrices BLAS gives the same bits, which are the reference engine's.
PIECE = 16_384
_NAMED = 5  # columns that a message names


@dataclass(frozen=True, eq=False)
class Question:
    """How an estimator is asked about rows on disk.

    Attributes
    ----------
    inputs : tuple of str
        The columns that it takes, in its order.
    row_bytes : int
        Of a row of x.
    read : callable
        Block -> x (rows, n₀), in one part or in several.
    ask : callable
        x (m, n₀) -> answers (m, k).
    """

    inputs: tuple[str, ...]
    row_bytes: int
    read: Callable[[Block], Iterator[Array]]
    ask: Callable[[Array], Array]


def network_question(est: Any, rows: RowSet) -> Question:
    """A network is asked about columns of numbers, in the dtype that they would have in memory.

    Parameters
    ----------
    est : MLPClassifier or MLPRegressor
    rows : RowSet

    Raises
    ------
    InvalidValue
        If columns are not those of the fit, or hold no numbers.
    """
    inputs = fitted_columns(est, rows)
    rows.source.require_numbers(inputs)
    single = rows.source.together(inputs) == np.float32
    dtype = np.dtype(np.float32 if single else np.float64)
    net = at_least(est.network_, dtype)

    def read(block: Block) -> Iterator[Array]:
        x = block.numbers(inputs, dtype)
        require_finite_rows(block, inputs, x)
        yield x

    return Question(
        inputs, len(inputs) * dtype.itemsize, read, lambda x: predict(net, x, engine=est.engine)
    )


def answered(est: Any, rows: Rows, decide: Callable[[Array], Array]) -> Array:
    """What an estimator says of each row, in the order of the rows.

    Beside the result, two pieces of rows of at most ``rows.buffer_bytes`` are in memory, and the
    block that is being read.

    Parameters
    ----------
    est : estimator of glassnet
    rows : Rows
    decide : callable
        What answers become, row by row.

    Raises
    ------
    ValueError
        If the estimator is not fitted, or the rows are not like those it was fitted to.
    BadFile, FileFault
        If a file cannot be read.
    """
    check_is_fitted(est)
    opened = opened_for(rows)
    question: Question = est._question(opened)
    whole: Array | None = None
    end = 0
    with closing(question_pieces(question, replace(opened, targets=(), weight=None))) as pieces:
        for piece in pieces:
            part = decide(question.ask(piece.x))
            if whole is None:
                whole = np.empty((len(opened), *part.shape[1:]), part.dtype)
            begin, end = end, end + len(part)
            whole[begin:end] = part
    opened.warn_of_skipped()
    assert whole is not None  # a set without rows is refused
    return whole


def opened_for(rows: Rows, *, targets: bool = False) -> RowSet:
    """The rows, opened; groups that cannot be read are left out, where that is wished."""
    opened = rows.open(targets=targets)
    opened.without_bad()
    return opened


def question_pieces(
    question: Question,
    rows: RowSet,
    targets_of: Callable[[Block], Array] = lambda block: np.empty((len(block), 0)),
) -> ReadAhead[Data]:
    """The rows as the question takes them, with targets and weights; close it at the end.

    Parameters
    ----------
    question : Question
    rows : RowSet
        Its targets and its weight are read too.
    targets_of : callable
        Block -> y.
    """
    weight = rows.weight

    def read(block: Block) -> Iterator[Data]:
        y = targets_of(block)
        w = None if weight is None else weight_values(block, weight, np.float64)
        end = 0
        for x in question.read(block):
            begin, end = end, end + len(x)
            yield Data(x, y[begin:end], None if w is None else w[begin:end])

    size = max(1, min(PIECE, rows.buffer_bytes // question.row_bytes))
    return read_pieces(replace(rows, inputs=question.inputs), read, size)


def fitted_columns(est: Any, rows: RowSet) -> tuple[str, ...]:
    """The columns of rows on disk that a fitted estimator takes, in its order.

    They are found by name; where the estimator or the rows have no names, by their places.

    Raises
    ------
    InvalidValue
        If columns of the fit are not there, or others are: they are named.
    ShapeMismatch
        If there are more or fewer.

    Warns
    -----
    UserWarning
        If either of the two has names, and the other has not.
    """
    names: Any = vars(est).get("feature_names_in_")
    who, file = type(est).__name__, rows.source.groups[0].file
    if names is not None and rows.named:
        known = tuple(map(str, names))
        absent = [name for name in known if name not in rows.inputs]
        if absent:
            raise InvalidValue(
                f"the rows must have the columns that {who} was fitted to; {_some(absent)} of "
                f"{len(known)} are not there in {file}. Add them."
            )
        more = [name for name in rows.inputs if name not in known]
        if more:
            raise InvalidValue(
                f"the rows must have the columns that {who} was fitted to; {_some(more)} in {file} "
                "was not among them. Name those to take with columns=[...], and the target as such."
            )
        return known
    if len(rows.inputs) != est.n_features_in_:
        raise ShapeMismatch(
            f"the rows must have the {est.n_features_in_} columns that {who} was fitted to; they "
            f"have {len(rows.inputs)}: {_some(rows.inputs)}."
        )
    if rows.named != (names is not None):
        which = ("have names", "without") if rows.named else ("have no names", "with names")
        warnings.warn(
            f"The columns of the rows {which[0]}, and {who} was fitted {which[1]}: they are taken "
            "in their order.",
            stacklevel=2,
        )
    return rows.inputs


def _some(names: Any) -> str:
    more = len(names) - _NAMED
    return ", ".join(map(repr, names[:_NAMED])) + (f" and {more} more" if more > 0 else "")
