"""The network a user holds: a specification and its State."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.network.drawing import network_svg
from glassnet.network.layers import Dense, InputStage
from glassnet.network.penalties import MaxNorm, Penalty
from glassnet.network.specification import Parameters, Specification
from glassnet.network.state import State
from glassnet.network.summaries import activation_name, loss_name, summary


class Network:
    """A feedforward network: layers 1..L on ``inputs`` columns, a loss, and its parameters.

    Parameters
    ----------
    inputs : int ≥ 1
        n₀, the number of input columns. The input is not counted as a layer.
    layers : sequence of Dense
        The last is the output layer (for several heads, ``gn.output_layer``).
    loss : str or Loss
        What the output layer is trained on; the heads' own where there are several.
    penalties : sequence of Penalty
        ``gn.L2(1e-4)``, ``gn.L1(…)``: terms of the cost made of the weights.
    max_norm : float, optional
        No row of a W may become longer than this.
    input_stage : InputStage, optional
        ``gn.Scaling(mean, scale)``: what makes a[0] of the given columns.
    seed : int in [0, 2⁶⁴)
        Key of the first weights and of every random number drawn in training.
    dtype : "float64" or "float32"
    strict : bool
        Refuse an output activation that can leave the loss's domain; False clips instead.

    Raises
    ------
    InvalidValue, UnknownName, OutsideDomain

    Examples
    --------
    >>> net = Network(
    ...     2, [Dense(16, "tanh"), Dense(1, "logistic")], loss="binary_cross_entropy", seed=0
    ... )
    >>> net.W[1].shape, net.b[1].shape, net.parameter_count
    ((16, 2), (16,), 65)
    """

    def __init__(
        self,
        inputs: int,
        layers: Sequence[Dense],
        *,
        loss: Any = "squared_error",
        penalties: Sequence[Penalty] = (),
        max_norm: float | None = None,
        input_stage: InputStage | None = None,
        seed: int = 0,
        dtype: Any = "float64",
        strict: bool = True,
    ) -> None:
        if isinstance(seed, bool) or not hasattr(seed, "__index__") or not 0 <= seed < 2**64:
            raise InvalidValue(f"seed must be an integer in [0, 2^64); got {seed!r}.")
        dtype = getattr(dtype, "__name__", str(dtype))  # numpy.float32 is as good as "float32"
        if dtype not in ("float32", "float64"):
            raise InvalidValue(f'dtype must be "float32" or "float64"; got {dtype!r}.')
        limit = None if max_norm is None else MaxNorm(max_norm)
        self.specification = Specification(
            inputs, tuple(layers), loss, tuple(penalties), limit, input_stage, strict
        )
        self.state = self.specification.initial_state(int(seed), dtype)

    @classmethod
    def of(cls, specification: Specification, state: State) -> Network:
        """Return the network of a specification and a State made elsewhere."""
        network = cls.__new__(cls)
        network.specification, network.state = specification, state
        return network

    @property
    def parameters(self) -> Parameters:
        """All blocks of parameters; views of θ."""
        return self.specification.unpack(self.state.theta)

    @property
    def W(self) -> list[Array]:
        """Weights: ``W[l]`` is (n_l, n_{l−1}), a row per unit; slot 0 is None."""
        return self.parameters.W

    @property
    def b(self) -> list[Array]:
        """Biases: ``b[l]`` is (n_l,), (k, n_l) with members, or None; slot 0 is None."""
        return self.parameters.b

    @property
    def gamma(self) -> list[Array]:
        """Scales of batch norm: (n_l,), or None."""
        return self.parameters.gamma

    @property
    def beta(self) -> list[Array]:
        """Shifts of batch norm: (n_l,), or None."""
        return self.parameters.beta

    @property
    def kappa(self) -> list[Array]:
        """Shares of parametric activations: (n_l,), or None."""
        return self.parameters.kappa

    @property
    def r(self) -> list[Array]:
        """Factors of what each member of a batch-ensemble is given: (k, n_{l−1}), or None."""
        return self.parameters.r

    @property
    def s(self) -> list[Array]:
        """Factors of what each member of a batch-ensemble makes: (k, n_l), or None."""
        return self.parameters.s

    @property
    def depth(self) -> int:
        """L; the input is not counted."""
        return self.specification.depth

    @property
    def units(self) -> tuple[int, ...]:
        """(n₀, n₁, …, n_L)."""
        return self.specification.units

    @property
    def parameter_count(self) -> int:
        """Number of entries of θ."""
        return self.specification.parameter_count

    def summary(self) -> str:
        """Return a table of the layers: units, activation, shapes and parameters.

        Examples
        --------
        >>> print(Network(2, [Dense(3, "relu"), Dense(1, "identity")]).summary())
        layer  units  activation  W       b     parameters
        1      3      relu        (3, 2)  (3,)  9
        2      1      identity    (1, 3)  (1,)  4
        2 layers (input not counted), 13 parameters, loss squared_error
        """
        return summary(self.specification)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        sizes = "-".join(str(n) for n in self.units)
        names = ", ".join(activation_name(layer) for layer in self.specification.layers)
        loss = loss_name(self.specification)
        k = self.specification.members
        of = f"{self.parameter_count} parameters" + (f"; {k} members" if k > 1 else "")
        return f"Network({sizes}; {names}; {loss}; {of})"

    def _repr_html_(self) -> str:
        """A drawing and the table, for notebooks."""
        return f"<div>{network_svg(self.specification)}<pre>{escape(self.summary())}</pre></div>"
