"""What is searched: a domain for each parameter of an estimator, and how a network is shaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeAlias

from glassnet.errors import InvalidValue, UnknownName

SHAPES = ("equal", "funnel")
_OF_SHAPE = ("depth", "width", "shape")


@dataclass(frozen=True)
class Between:
    """Numbers from ``low`` to ``high``, both included.

    Parameters
    ----------
    low, high : float
    log : bool
        Spread evenly over orders of magnitude; ``low`` is then above 0.
    whole : bool
        Whole numbers only.

    Raises
    ------
    InvalidValue
        If there is no such number.

    Examples
    --------
    >>> Between(1e-4, 1e-1, log=True)
    Between(low=0.0001, high=0.1, log=True, whole=False)
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if not (isfinite(self.low) and isfinite(self.high) and self.low <= self.high):
            raise InvalidValue(f"low must be at most high, both finite; got {self!r}.")
        if self.log and not self.low > 0:
            raise InvalidValue(f"low must be above 0 where log is True; got {self!r}.")
        if self.whole and (self.low % 1 or self.high % 1):
            raise InvalidValue(f"the ends must be whole where whole is True; got {self!r}.")


Domain: TypeAlias = "Between | tuple[Any, ...]"
Space: TypeAlias = "Mapping[str, Domain]"


def checked_space(space: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Domain]:
    """A space whose every value an estimator takes.

    Parameters
    ----------
    space : mapping of str to Between, list or tuple
        Keys are parameters of the estimator, and ``depth``, ``width`` (units of the first hidden
        layer) and ``shape`` ("equal" or "funnel": each layer half of the one before), which make
        ``hidden_layer_sizes``.
    known : mapping
        The estimator's parameters.

    Raises
    ------
    UnknownName, InvalidValue

    Examples
    --------
    >>> checked_space({"depth": [1, 2], "alpha": Between(0, 1)}, {"alpha": 0.1})
    {'depth': (1, 2), 'alpha': Between(low=0, high=1, log=False, whole=False)}
    """
    if not space:
        raise InvalidValue("a space must have at least one parameter; it has none.")
    found: dict[str, Domain] = {}
    for name, domain in space.items():
        if name not in (*known, *_OF_SHAPE):
            raise UnknownName("parameter to search", name, (*known, *_OF_SHAPE))
        if isinstance(domain, Between):
            found[name] = domain
        elif isinstance(domain, list | tuple) and len(domain):
            found[name] = tuple(domain)
        else:
            raise InvalidValue(
                f"the domain of {name!r} must be a list of values or a Between; got {domain!r:.60}."
            )
    if "hidden_layer_sizes" in found and set(found) & set(_OF_SHAPE):
        raise InvalidValue(
            "a space must have either hidden_layer_sizes or depth, width and shape; it has both."
        )
    return found


def ends(domain: Domain) -> tuple[Any, ...]:
    """The values between which all others lie, or all of them.

    Examples
    --------
    >>> ends(Between(1, 8, whole=True)), ends(("relu", "tanh"))
    ((1, 8), ('relu', 'tanh'))
    """
    return (domain.low, domain.high) if isinstance(domain, Between) else domain


def default_space(rows: int, rates: Between | None = None) -> dict[str, Domain]:
    """What matters for a network on a table of so many rows.

    Parameters
    ----------
    rows : int
    rates : Between, optional
        Of learning: what :func:`glassnet.tuning.rates.rate_range` says of them.

    Examples
    --------
    >>> default_space(150)["width"].high, default_space(100_000)["width"].high
    (128, 512)
    """
    widest = 128 if rows < 1000 else 256 if rows < 10_000 else 512
    narrowest = 8 if rows < 1000 else 16 if rows < 10_000 else 32
    smallest = 16 if rows < 500 else 32 if rows < 10_000 else 64 if rows < 50_000 else 128
    sizes = (16, 32, 64, 128, 256, 512)
    batches = tuple(size for size in sizes if smallest <= size <= max(smallest, rows // 16))
    return {
        "depth": Between(1, 4 if rows >= 1000 else 3, whole=True),
        "width": Between(narrowest, widest, log=True, whole=True),
        "shape": SHAPES,
        "activation": ("relu", "tanh", "silu"),
        "dropout": (0.0, 0.1, 0.25, 0.5) if rows < 1000 else (0.0, 0.1, 0.25),
        "batch_norm": (False, True),
        "learning_rate_init": rates or Between(1e-4, 3e-2, log=True),
        "schedule": ("constant", "cosine", "one_cycle"),
        "weight_decay": Between(1e-6, 0.1, log=True),
        "batch_size": batches,
        "dtype": ("float32",),
    }


def default_epochs(rows: int) -> int:
    """Of the longest training: a table of few rows has few steps an epoch.

    Examples
    --------
    >>> default_epochs(1000), default_epochs(10_000), default_epochs(100_000)
    (243, 81, 27)
    """
    return 243 if rows < 5000 else 81 if rows < 50_000 else 27


def labelled(domain: tuple[Any, ...]) -> dict[Any, Any]:
    """Choices by what a study can store of them: plain values as they are, others as text.

    Examples
    --------
    >>> labelled(("relu", (64, 32)))
    {'relu': 'relu', '(64, 32)': (64, 32)}
    """
    plain = (str, int, float, bool, type(None))
    return {choice if isinstance(choice, plain) else repr(choice): choice for choice in domain}


def chosen(space: Space, labels: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a study's labels stand for."""
    return {
        name: value if isinstance(domain := space[name], Between) else labelled(domain)[value]
        for name, value in labels.items()
    }


def parameters_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The estimator's parameters of a candidate.

    Examples
    --------
    >>> parameters_of({"depth": 3, "width": 64, "shape": "funnel", "alpha": 0.1})
    {'hidden_layer_sizes': (64, 32, 16), 'alpha': 0.1}
    """
    told = {name: value for name, value in values.items() if name not in _OF_SHAPE}
    if not set(values) & set(_OF_SHAPE):
        return told
    depth, width = int(values.get("depth", 1)), int(values.get("width", 100))
    halves = values.get("shape", "equal") == "funnel"
    sizes = tuple(max(2, width >> layer if halves else width) for layer in range(depth))
    return {"hidden_layer_sizes": sizes, **told}
