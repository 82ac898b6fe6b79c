"""The settings that an experienced person would try first; a search begins with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.tuning.space import Between, Domain

_SETTINGS: tuple[dict[str, Any], ...] = (
    {"depth": 3, "activation": "relu", "dropout": 0.0, "batch_norm": False, "schedule": "cosine"},
    {"depth": 2, "activation": "silu", "dropout": 0.1, "batch_norm": False, "schedule": "cosine"},
    {"depth": 2, "activation": "relu", "dropout": 0.0, "batch_norm": True, "schedule": "one_cycle"},
)
_RATE = 2e-3
_DECAY = 1e-4


def usual_candidates(space: Mapping[str, Domain]) -> list[dict[str, Any]]:
    """Three candidates of a default space: a good guess each, and different from each other.

    They have equal layers of half the greatest width, the second smallest batch, Adam's rate of
    0.002 (or what of the range is nearest), and hardly any decay.

    Examples
    --------
    >>> from glassnet.tuning.space import default_space
    >>> [found["width"] for found in usual_candidates(default_space(5000))]
    [128, 128, 128]
    """
    batches: Any = space["batch_size"]
    shared = {
        "width": int(_top(space["width"])) // 2,
        "shape": "equal",
        "learning_rate_init": _nearest(space["learning_rate_init"], _RATE),
        "weight_decay": _nearest(space["weight_decay"], _DECAY),
        "batch_size": batches[min(1, len(batches) - 1)],
        "dtype": "float32",
    }
    return [{**shared, **settings} for settings in _SETTINGS]


def _top(domain: Domain) -> float:
    return domain.high if isinstance(domain, Between) else max(domain)


def _nearest(domain: Domain, value: float) -> float:
    if isinstance(domain, Between):
        return min(max(value, domain.low), domain.high)
    return min(domain, key=lambda each: abs(each - value))
