"""First parameters that know the rows: each unit's z of spread 1, its kink among the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.engine.prediction import checked_rows
from glassnet.errors import InvalidValue
from glassnet.network.ensembles import check_plain
from glassnet.network.gram import dense
from glassnet.network.network import Network
from glassnet.network.random_numbers import ROW_WEIGHTS, generator

_KINKS = 5  # rows that share a unit's kink
_MOST = 10_000  # rows: a spread of so many is known to 1 %


def init_from_rows(
    net: Network,
    X: Any,
    *,
    layers: Sequence[int] | None = None,
    biases: bool = True,
) -> None:
    """Rewrite the first weights and biases of a network for the rows it is to be trained on.

    Layer by layer, from the first to the last, each unit's weights are divided by the spread of its
    z over the rows, so that z has the spread 1 whatever the columns and the layers below are. Its
    bias becomes −Σᵢ λᵢ zᵢ over 5 rows drawn by lot, with λ uniform among weights that sum to 1: its
    kink (or the middle of its slope) then lies amid the rows, and that of each unit elsewhere
    ("he+5"). Of more than 10,000 rows as many are drawn.

    Units whose z is the same for all rows stay as they are, and so does the bias of a layer with
    batch norm, which has no effect.

    Parameters
    ----------
    net : Network
        Untrained; its seed draws the lots.
    X : (m, n₀), dense or CSR
        Training rows.
    layers : sequence of int, optional
        By default the hidden layers that are not frozen and whose units see all inputs. Holzmüller
        et al. take the output layer too.
    biases : bool
        False: they stay as they are.

    Raises
    ------
    InvalidValue, ShapeMismatch

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data, section 3; Steinwart (2019), A sober look at neural network
    initializations.

    Examples
    --------
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).normal(50.0, 10.0, size=(200, 3))
    >>> net = gn.Network(3, [gn.Dense(4, "relu"), gn.Dense(1, "identity")], seed=0)
    >>> init_from_rows(net, X)
    >>> gn.trace(net, X).z[1].std(axis=0).round(6).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    chosen = _chosen(net, layers)
    spec = net.specification
    rng = generator(net.state.seed, ROW_WEIGHTS, 0)
    x = checked_rows(spec, X, "float64")
    if x.shape[0] < 2:
        raise InvalidValue(f"init_from_rows needs at least 2 rows; got {x.shape[0]}.")
    if x.shape[0] > _MOST:
        x = x[np.sort(rng.choice(x.shape[0], _MOST, replace=False))]
    theta = np.array(net.state.theta, dtype=np.float64)
    blocks = spec.unpack(theta)
    a: Any = x if spec.input_stage is None else spec.input_stage.forward(x)
    for l in range(1, max(chosen, default=0) + 1):
        z = np.asarray(a @ blocks.W[l].T)
        if l in chosen:
            spread = z.std(axis=0)
            still = spread > 1e-12 * np.abs(z).max(axis=0)
            factor = np.where(still, 1 / np.where(still, spread, 1.0), 1.0)
            blocks.W[l][:] *= factor[:, None]
            z = z * factor
            if biases and blocks.b[l] is not None and spec.layer(l).batch_norm is None:
                blocks.b[l][:] = np.where(still, _amid(z, rng), blocks.b[l])
        z = z if blocks.b[l] is None else z + blocks.b[l]
        norm = spec.layer(l).batch_norm
        if norm is not None:
            weight = np.full(len(z), 1 / len(z))
            z = norm.normalise(z, *norm.statistics(z, weight)) * blocks.gamma[l] + blocks.beta[l]
        made = spec.fires(l, blocks).value(z)
        a = made + dense(a) if spec.layer(l).residual else made
    net.state = replace(net.state, theta=theta.astype(net.state.theta.dtype))


def _amid(z: Array, rng: np.random.Generator) -> Array:
    """−Σ λᵢ zᵢ of 5 rows, for each unit.  (m, n) -> (n,)"""
    units = z.shape[1]
    rows = rng.integers(len(z), size=(units, _KINKS))
    shares = rng.dirichlet(np.ones(_KINKS), size=units)
    return -(shares * z[rows, np.arange(units)[:, None]]).sum(axis=1)


def _chosen(net: object, layers: Sequence[int] | None) -> set[int]:
    if not isinstance(net, Network):
        raise InvalidValue(f"net must be a Network; got {type(net).__name__}.")
    if net.state.t > 0:
        raise InvalidValue(
            f"net must be untrained, or init_from_rows would undo {net.state.t:,} steps. "
            "Make it anew."
        )
    spec = net.specification
    check_plain(spec, "init_from_rows")
    if layers is None:
        each = enumerate(spec.layers[:-1], start=1)
        return {l for l, layer in each if layer.connections is None and not layer.frozen}
    wrong = [l for l in layers if isinstance(l, bool) or l not in range(1, spec.depth + 1)]
    if wrong:
        raise InvalidValue(
            f"layers must be numbers of layers, from 1 to {spec.depth}; got {wrong[0]!r}."
        )
    return set(layers)
