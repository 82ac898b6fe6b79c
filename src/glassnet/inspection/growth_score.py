"""``gn.growth_score``: which layer to widen, and where a new layer would help most."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.inspection.numerals import numeral
from glassnet.inspection.relays import Relay, relay
from glassnet.inspection.reshaping import checked, hidden_layer, sees_all
from glassnet.inspection.row_passes import RowPasses
from glassnet.network.contracts import Elementwise
from glassnet.network.ensembles import check_plain
from glassnet.network.gram import RowGradients, outer
from glassnet.network.network import Network


@dataclass(frozen=True, eq=False)
class GrowthScore:
    """How fast J could fall with new units, layer by layer; ``print`` it.

    Attributes
    ----------
    wider : dict of int to (min(n_{l+1}, n_{l−1}),) float64
        The singular values of δ[l+1]ᵀ a[l−1] for each hidden layer l, largest first; softmax, which
        mixes units, is left out, and so are layers with a κ, and those with connections or a
        residual path, or before such a one. The first is
        the score of one new unit in layer l, the root of the sum of the squares of the first k
        that of k units together.
    deeper : dict of int to float
        The largest singular value of δᵀ a[l], δ being that of a new layer behind layer l that at
        first hands on what it is given; nan where no layer of that activation can (see
        :func:`glassnet.deepen`).
    parameters : dict of int to int
        What a new unit of layer l costs: n_{l−1} + n_{l+1}, and 1 for a bias.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(1, "tanh"), gn.Dense(1, "identity")], seed=0)
    >>> score = gn.growth_score(net, [[1.0, 0.0], [0.0, 1.0]], [3.0, -3.0])
    >>> score.widest, score.parameters
    (1, {1: 4})
    """

    wider: dict[int, Array]
    deeper: dict[int, float]
    parameters: dict[int, int]

    def of(self, layer: int, units: int = 1) -> float:
        """√(σ₁² + … + σ_k²): ‖∂J/∂W‖ of k best new units of layer l, as GradMax makes them."""
        return float(np.sqrt(np.square(self.wider[layer][:units]).sum()))

    @property
    def widest(self) -> int:
        """The layer whose new unit lets J fall fastest."""
        return max(self.wider, key=lambda l: (self.of(l), -l))

    @property
    def deepest(self) -> int | None:
        """The layer behind which a new layer lets J fall fastest; None where none can stand."""
        able = [l for l, value in self.deeper.items() if np.isfinite(value)]
        return max(able, key=lambda l: (self.deeper[l], -l)) if able else None

    def __str__(self) -> str:
        """The scores as a table."""
        lines = ["layer  a unit more  parameters  a layer behind it"]
        for l in sorted({*self.wider, *self.deeper}):
            unit = numeral(self.of(l), 4) if l in self.wider else "–"
            cost = str(self.parameters.get(l, "–"))
            layer = numeral(self.deeper[l], 4) if np.isfinite(self.deeper[l]) else "–"
            lines.append(f"{l:<5}  {unit:<11}  {cost:<10}  {layer}")
        return "\n".join(lines)


def growth_score(net: Network, X: Any, y: Any, *, engine: Any = "auto") -> GrowthScore:
    """How fast J could fall with a unit more in each hidden layer, or with a layer more.

    A new unit of layer l with incoming weights u = 0 and outgoing weights v leaves the predictions
    as they are, and has ∂J/∂u = φ′ · (δ[l+1]ᵀ a[l−1])ᵀ v. Over all v of length 1 its largest length
    is the largest singular value of δ[l+1]ᵀ a[l−1]: of all ways to connect layers l − 1 and l + 1
    by one product of weights, the fall of J per length of that product at first order. The same
    number for a new layer that hands on what it is given is the fall of J by a change of rank one
    and length 1 of its weights.

    δ and a are of all rows at once: without dropout, batch norm on its running statistics,
    penalties left out.

    Parameters
    ----------
    net : Network
        With a hidden layer. Trained until J hardly falls, or the score tells of more training.
    X, y : (m, n₀), (m,) or (m, n_L)
        Of the training set.
    engine : "auto", "reference" or an Engine

    Returns
    -------
    GrowthScore

    Raises
    ------
    InvalidValue, ShapeMismatch

    References
    ----------
    Evci et al. (2022), GradMax, eq. 11 (which sums over rows; here J's mean over rows). Wu, Wang &
    Liu (2019), Splitting steepest descent, and Maile, Rachelson, Luga & Wilson (2022), When, where,
    and how to add new neurons to ANNs, score units by the second order and by orthogonality.

    Examples
    --------
    One hidden unit cannot tell three rows apart: a second is missing.

    >>> import glassnet as gn
    >>> import numpy as np
    >>> X = np.eye(3)
    >>> net = gn.Network(3, [gn.Dense(1, "tanh"), gn.Dense(3, "identity")], seed=1)
    >>> _ = gn.train(net, X, X, optimizer="lbfgs", epochs=200)
    >>> growth_score(net, X, X).of(1) > 0.1
    True
    """
    spec = checked(net).specification
    if spec.depth == 1:
        hidden_layer(net, 1)  # says that there is none
    relays = {
        l: relay(spec, l, spec.phi[max(l, 1)]) if sees_all(spec, l + 1) else None
        for l in range(spec.depth)
    }
    gaps = _gaps(net, X, y, relays, engine)
    singular = {l: np.linalg.svd(found, compute_uv=False) for l, found in gaps.items()}
    able = [
        l
        for l in range(1, spec.depth)
        if isinstance(spec.phi[l], Elementwise)
        and spec.layer(l).kappa is None
        and sees_all(spec, l)
        and sees_all(spec, l + 1)
    ]
    wider = {l: singular[l] for l in able}
    deeper = {
        l: float("nan") if each is None else float(singular[-1 - l][0])
        for l, each in relays.items()
    }
    units = spec.units
    cost = {l: units[l - 1] + units[l + 1] + int(spec.layer(l).bias) for l in wider}
    return GrowthScore(wider, deeper, cost)


def gap(net: Network, X: Any, y: Any, l: int) -> Array:
    """δ[l+1]ᵀ a[l−1] over rows.  -> (n_{l+1}, n_{l−1}) float64

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity"), gn.Dense(1, "identity", init="zeros")])
    >>> gap(net, [[1.0], [3.0]], [-2.0, -4.0], 1)  # δ = ½ (2, 4)
    array([[7.]])
    """
    return _gaps(net, X, y, {}, "auto")[l]


def _gaps(
    net: Network, X: Any, y: Any, relays: dict[int, Relay | None], engine: Any
) -> dict[int, Array]:
    """δ[l+1]ᵀ a[l−1] under l, and δᵀ a[l] of a relay behind layer l under −1 − l."""
    spec = net.specification
    check_plain(spec, "gn.growth_score")
    thawed = replace(spec, layers=tuple(replace(each, frozen=False) for each in spec.layers))
    passes = RowPasses.of(Network.of(thawed, net.state), X, y, statistics="running", engine=engine)
    W = [None, *(np.asarray(each, dtype=np.float64) for each in net.W[1:])]
    found: dict[int, Array] = {}
    for _, chunk in passes.chunks():
        layers: list[Any] = chunk.layers
        for l in range(1, spec.depth):
            _add(found, l, outer(layers[l + 1].delta, layers[l].a))
        for l, each in relays.items():
            if each is not None:
                _add(found, -1 - l, _of_relay(each, layers[l + 1], W[l + 1]))
    return {key: value / len(passes) for key, value in found.items()}


def _of_relay(each: Relay, following: RowGradients, W: Any) -> Array:
    a = following.a
    z = np.asarray(a @ each.incoming.T)
    delta = each.phi.back(z, each.phi.value(z), following.delta @ (W @ each.outgoing))
    return outer(delta, a)


def _add(found: dict[int, Array], key: int, value: Any) -> None:
    found[key] = found.get(key, 0.0) + np.asarray(value, dtype=np.float64)
