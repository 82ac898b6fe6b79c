"""Lists as people write them."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 8


def listed(items: Sequence[object]) -> str:
    """Items between commas; of many, the first and how many more.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(range(20))
    ('a, b and c', '0, 1, 2, 3, 4, 5, 6, 7 and 12 more')
    """
    texts = [str(item) for item in items]
    if len(texts) > _MOST:
        return f"{', '.join(texts[:_MOST])} and {len(texts) - _MOST} more"
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))
