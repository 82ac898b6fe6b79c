"""Layers: what a dense layer is, and the stage that may stand before the first."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from math import isfinite
from numbers import Real
from typing import Any

from glassnet.arrays import Array, like
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network import catalogue
from glassnet.network.batch_norm import BatchNorm
from glassnet.network.connections import Blocks
from glassnet.network.contracts import Elementwise
from glassnet.network.gram import RowGradients
from glassnet.network.hyperparameters import settle, settle_count
from glassnet.network.intervals import Interval
from glassnet.network.multipliers import Multipliers


@dataclass(frozen=True)
class Dense:
    """a[l] = φ(z[l]) with z[l] = a[l−1] W[l]ᵀ + b[l]; batch norm and dropout where asked.

    Parameters
    ----------
    units : int ≥ 1
    activation : str or Activation
        A name from the catalogue, or an object with ``value``, ``derivative`` and a ``name``.
    bias : bool
    init : str or Initializer
        ``"auto"`` picks He for relu-like activations, LeCun for selu, Glorot for the others.
    bias_init : str, float or Initializer
        A float sets every bias to it.
    dropout : float in [0, 1)
        Probability that an activation of this layer is dropped in training; the others are divided
        by 1 − dropout, so that prediction needs no change (Srivastava et al., 2014, section 10).
    batch_norm : bool or BatchNorm
        Normalise z before the activation. The bias then has no effect, its gradient is exactly 0.
    frozen : bool
        The layer's parameters and running statistics stay as they are.
    multipliers : Multipliers
        Factors of the learning rate and of the weight decay for this layer.
    connections : Blocks, optional
        Which inputs each unit sees; by default all.
    kappa : float or sequence of float, one per unit, optional
        Makes the activation a = z̃ + κ (φ(z̃) − z̃) with a κ for each unit, which is learned from
        these values on: 1 is φ, 0 nothing at all. Not for the output layer.
    residual : bool
        a[l] = φ(z̃[l]) + a[l−1], after dropout: the layer adds to what it is given, and has as many
        units as the layer below. Not for the output layer.
    members : int ≥ 1
        With k > 1 the layer is one of a batch-ensemble (Wen et al., 2020): k members share W, and
        member i has its own rᵢ, (n_in,), sᵢ and bᵢ, (n_out,): zᵢ = sᵢ ∘ (W (rᵢ ∘ aᵢ)) + bᵢ. All
        layers above it have as many members. The entries of r are drawn from ±1 in the first layer
        with members, all others begin at 1. Neither with batch norm nor with connections.

    Raises
    ------
    InvalidValue, UnknownName
        If a value is out of its range, or a name is not in the catalogue.

    Examples
    --------
    >>> Dense(16, "tanh").activation.name
    'tanh'
    """

    units: int
    activation: Any
    bias: bool = True
    init: Any = "auto"
    bias_init: Any = "zeros"
    dropout: float = 0.0
    batch_norm: Any = None
    frozen: bool = False
    multipliers: Multipliers = field(default_factory=Multipliers)
    connections: Blocks | None = None
    kappa: Any = None
    residual: bool = False
    members: int = 1

    def __post_init__(self) -> None:
        settle_count(self, "units")
        settle_count(self, "members")
        settle(self, dropout=Interval(0, 1, closed_lower=True))
        if not isinstance(self.multipliers, Multipliers):
            raise InvalidValue(
                f"multipliers of a layer must be a Multipliers; got {self.multipliers!r}."
            )
        _check_connections(self.connections, self.units)
        activation = catalogue.activation(self.activation)
        made: dict[str, Any] = {
            "activation": activation,
            "init": catalogue.initializer(self.init, activation.name),
            "bias_init": catalogue.initializer(self.bias_init, activation.name),
            "batch_norm": _batch_norm(self.batch_norm),
            "kappa": _kappa(self.kappa, self.units, activation),
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)
        _check_members(self)

    def row_gradients(
        self,
        a: Array,
        delta: Array,
        into: Array | None = None,
        x_hat: Array | None = None,
        of_kappa: Array | None = None,
    ) -> RowGradients | None:
        """Each row's own gradient, in factors; None in a frozen layer, which has none.

        ``a``, (m, n_in), is what the layer is given and ``delta``, (m, n_out), ∂ℓ/∂z of each row's
        own loss; ``into`` and ``x_hat`` are ∂ℓ/∂z̃ and x̂ where batch norm stands on constants,
        ``of_kappa`` is ∂ℓ/∂κ of each row.
        """
        if self.frozen:
            return None
        return RowGradients(a, delta, self.bias, into, x_hat, self.connections, of_kappa)


def _check_connections(value: Any, units: int) -> None:
    if value is None:
        return
    if not isinstance(value, Blocks):
        raise InvalidValue(f"connections of a layer must be Blocks or None; got {value!r}.")
    if sum(value.units) != units:
        raise InvalidValue(
            f"the groups of units in connections must sum to the layer's {units} units; "
            f"got {sum(value.units)}."
        )


def _check_members(layer: Dense) -> None:
    if layer.members == 1:
        return
    for name, there in (
        ("batch_norm", layer.batch_norm is not None),
        ("connections", layer.connections is not None),
    ):
        if there:
            raise InvalidValue(
                f"a layer with members takes no {name}; got members={layer.members}. Leave one of "
                "them out, or put it on a layer below those with members."
            )


def _kappa(value: Any, units: int, activation: Any) -> Any:
    """None, a float, or a float for each unit."""
    if value is None:
        return None
    if not isinstance(activation, Elementwise):
        raise InvalidValue(
            f"kappa needs an activation that acts on each unit alone; {activation.name!r} does not."
        )
    if isinstance(value, Real) and not isinstance(value, bool) and isfinite(value):
        return float(value)
    made: list[Any] = list(value) if isinstance(value, list | tuple) else []
    if len(made) != units or not all(isinstance(k, Real) and isfinite(k) for k in made):
        raise InvalidValue(
            f"kappa of a layer must be a finite number, or a list of one for each of its {units} "
            f"units; got {value!r:.60}."
        )
    return tuple(float(k) for k in made)


def _batch_norm(value: Any) -> BatchNorm | None:
    if value is None or value is False:
        return None
    if value is True:
        return BatchNorm()
    if isinstance(value, BatchNorm):
        return value
    raise InvalidValue(f"batch_norm must be True, False or a BatchNorm; got {value!r}.")


class InputStage(ABC):
    """What may make a[0] of the given columns, before layer 1."""

    name: str

    @abstractmethod
    def check(self, columns: int) -> None:
        """Raise ShapeMismatch unless the stage takes that many columns."""

    @abstractmethod
    def forward(self, x: Array) -> Array:
        """a[0].  (m, columns) -> (m, n₀)"""


@dataclass(frozen=True)
class Scaling(InputStage):
    """a[0] = (x − mean) / scale, per column: standardised inputs that travel with the network.

    Examples
    --------
    >>> import numpy as np
    >>> Scaling((1.0,), (2.0,)).forward(np.array([[3.0]])).tolist()
    [[1.0]]
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    name = "scaling"

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", tuple(float(value) for value in self.mean))
        object.__setattr__(self, "scale", tuple(float(value) for value in self.scale))
        finite = all(isfinite(value) for value in (*self.mean, *self.scale))
        if len(self.mean) != len(self.scale) or 0.0 in self.scale or not finite:
            raise InvalidValue(
                "Scaling takes one finite mean and one finite scale other than 0 per column; got "
                f"{len(self.mean)} means and {len(self.scale)} scales, "
                f"{self.scale.count(0.0)} of them 0, {'all' if finite else 'not all'} finite."
            )

    def check(self, columns: int) -> None:
        if len(self.mean) != columns:
            raise ShapeMismatch(
                f"the Scaling stage has {len(self.mean)} columns; the network takes {columns}."
            )

    def forward(self, x: Array) -> Array:
        if hasattr(x, "tocsr"):
            raise InvalidValue(
                "a Scaling stage takes dense rows, since centring fills a sparse matrix; "
                "got sparse ones. Leave the stage out, or convert with toarray()."
            )
        return (x - like(self.mean, x)) / like(self.scale, x)
