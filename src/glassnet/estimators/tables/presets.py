"""What a preset stands for: plain parameters, each of which can be given instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from glassnet.errors import UnknownName

Goal: TypeAlias = Literal["classification", "regression"]

_OF_ALL: Mapping[str, Any] = {
    "hidden_layer_sizes": (256, 256, 256),
    "bins": "auto",
    "cuts": "auto",
    "steps": "auto",
    "scaling": "robust",
    "members": "auto",
    "plain_members": "auto",
    "shared_members": 0,
    "epochs": "auto",
    "batch_size": "auto",
    "plain_learning_rate": 0.04,
    "weight_decay": 3e-4,
    "patience": 16,
}
_OF_GOALS: Mapping[Goal, Mapping[str, Any]] = {
    "classification": {
        "activation": "silu",
        "dropout": 0.2,
        "learning_rate": 0.002,
    },
    "regression": {
        "activation": "silu",
        "dropout": 0.05,
        "learning_rate": 0.0015,
    },
}
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "fast": {
        "hidden_layer_sizes": (128, 128),
        "bins": 8,
        "members": 1,
        "plain_members": 0,
        "epochs": 32,
    },
    "default": {},
    "best": {"members": 10, "plain_members": 10, "epochs": 96},
}
NAMES = (*_OF_ALL, *_OF_GOALS["regression"])
ENOUGH_ROWS = 2_500  # with fewer, what is learned on held-out rows beside members is mostly noise
_FEW = {"members": 5, "plain_members": 5}
_MANY = {"members": 4, "plain_members": 2}
_MOST_EPOCHS = 256


def preset_parameters(preset: str = "default", task: str = "classification") -> dict[str, Any]:
    """What a preset of :class:`TableClassifier` and :class:`TableRegressor` stands for.

    Parameters
    ----------
    preset : "fast", "default" or "best"
    task : "classification" or "regression"

    Returns
    -------
    dict
        Parameters of the estimator; edit it and pass it on.

    Raises
    ------
    UnknownName

    Examples
    --------
    >>> import glassnet as gn
    >>> mine = gn.preset_parameters("fast") | {"hidden_layer_sizes": (64,)}
    >>> gn.TableClassifier(**mine).hidden_layer_sizes
    (64,)
    """
    if preset not in PRESETS:
        raise UnknownName("preset", preset, tuple(PRESETS))
    if task not in get_args(Goal):
        raise UnknownName("task", task, get_args(Goal))
    goal: Any = task
    return {**_OF_ALL, **_OF_GOALS[goal], **PRESETS[preset]}


def settled(est: Any, goal: Goal) -> dict[str, Any]:
    """The parameters of a fit: those of the preset, and those that were given in their place."""
    given = {name: getattr(est, name) for name in NAMES}
    found = preset_parameters(est.preset, goal)
    found |= {name: value for name, value in given.items() if value is not None}
    sizes = found["hidden_layer_sizes"]
    found["hidden_layer_sizes"] = (sizes,) if isinstance(sizes, int) else tuple(map(int, sizes))
    return found


def settled_batch_size(batch_size: Any, rows: int, goal: Goal) -> int:
    """A number of rows. "auto" is 256 up to 30,000 rows and 512 beyond; with fewer it is smaller.

    For classes it is 64 up to 1,024 rows and 128 to 8,192, for numbers 32 up to 8,192.

    Examples
    --------
    >>> settled_batch_size("auto", 2_000, "classification")
    128
    >>> settled_batch_size("auto", 2_000, "regression"), settled_batch_size(32, 10, "regression")
    (32, 10)
    """
    if batch_size == "auto":
        small = {"classification": ((1_024, 64), (8_192, 128)), "regression": ((8_192, 32),)}
        limits = (*small[goal], (30_000, 256))
        batch_size = next((size for most, size in limits if rows <= most), 512)
    return min(int(batch_size), rows)


@dataclass(frozen=True)
class Effort:
    """How the time of a preset is spent on a kind of target.

    Attributes
    ----------
    epochs : int
    steps : int
        That a member gets at least, so that small tables are not left half learned.
    averages : bool
        Whether more members are worth more than longer training on many rows too. Two classes that
        overlap are soon learned, and what is left is noise.
    """

    epochs: int
    steps: int
    averages: bool = False

    @classmethod
    def of(cls, goal: Goal, outputs: int) -> Effort:
        """That of a task, for so many outputs of the networks."""
        if goal == "regression":
            return cls(44, 3_000)
        return cls(48, 2_000) if outputs > 2 else cls(28, 1_000, averages=True)


def settle_members(p: dict[str, Any], rows: int, effort: Effort) -> None:
    """What "auto" comes down to: 5 and 5 members, from 2,500 rows on 4 and 2 that train longer.

    Examples
    --------
    >>> p = {"members": "auto", "plain_members": 3, "epochs": "auto"}
    >>> settle_members(p, 6_000, Effort.of("regression", 1))
    >>> p
    {'members': 4, 'plain_members': 3, 'epochs': 44}
    """
    counts = _FEW if effort.averages or rows < ENOUGH_ROWS else _MANY
    p.update({name: count for name, count in counts.items() if p[name] == "auto"})
    if p["epochs"] == "auto":
        p["epochs"] = effort.epochs


def enough_epochs(epochs: int, rows: int, batch_size: int, steps: int) -> int:
    """The epochs of a preset, or as many as make so many steps, 256 at most.

    Examples
    --------
    >>> enough_epochs(64, 2_000, 128, 1_000), enough_epochs(64, 500, 64, 1_000)
    (64, 125)
    """
    each = -(-rows // batch_size)
    return max(epochs, min(_MOST_EPOCHS, -(-steps // each)))
