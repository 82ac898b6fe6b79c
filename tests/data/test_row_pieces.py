"""Even pieces have the rows of the parts, in their order."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glassnet.data.batches import Data
from glassnet.data.row_pieces import even


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(1, 12), st.booleans())
def test_pieces_are_even_and_hold_all_rows_in_order(lengths, size, weighted):
    x = np.arange(2 * sum(lengths)).reshape(-1, 2)
    y, w = -x[:, :1], 3 * x[:, 1] if weighted else None
    ends = np.cumsum([0, *lengths])
    parts = [Data(x[a:b], y[a:b], None if w is None else w[a:b]) for a, b in pairwise(ends)]

    pieces = list(even(parts, size))

    assert all(len(piece) == size for piece in pieces[:-1])
    assert all(0 < len(piece) <= size for piece in pieces)
    assert sum(map(len, pieces)) == len(x)
    for name, whole in (("x", x), ("y", y), ("w", w)):
        found = [getattr(piece, name) for piece in pieces]
        if whole is None:
            assert found == [None] * len(pieces)
        elif pieces:
            np.testing.assert_array_equal(np.concatenate(found), whole)
