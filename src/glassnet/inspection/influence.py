"""Which rows taught the network a prediction: influence by inner products of gradients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.inspection.ranking import ranked
from glassnet.inspection.row_passes import RowPasses
from glassnet.network.network import Network
from glassnet.training.trail import Trail


@dataclass(frozen=True, eq=False)
class Influence:
    """What each of m rows did to the loss of one row; made by :func:`influence`.

    Attributes
    ----------
    values : (m,) float64
        About how far a row's own steps have lowered that loss: above 0 the row helped, below 0 it
        did harm.
    losses : (k,) float64
        The loss of the one row in each of the k networks.

    Examples
    --------
    >>> Influence(np.array([0.5, -2.0, 1.0]), np.array([0.1])).helpers(2).tolist()
    [2, 0]
    """

    values: Array
    losses: Array

    def helpers(self, k: int = 10) -> Array:
        """The k rows that lowered the loss most (proponents), the first first.  -> (k,) int64"""
        return ranked(self.values, k)

    def harmers(self, k: int = 10) -> Array:
        """The k rows that raised the loss most (opponents), the first first.  -> (k,) int64"""
        return ranked(-self.values, k)


def influence(
    networks: Any,
    X: Any,
    y: Any,
    x: Any,
    target: Any,
    *,
    rates: Any = None,
    statistics: str | None = None,
    engine: Any = "auto",
) -> Influence:
    """Measure how each row of X acted on the loss of one row: Σ_k η_k ⟨g_k(row), g_k(x)⟩ (TracIn).

    A step of gradient descent on a row at rate η lowers the loss of x by about η ⟨g(row), g(x)⟩.
    That is added up over networks that the run went through. It is the change by plain gradient
    descent on one row at a time; an optimizer with memory, and batches, take other steps in much
    the same directions.

    Parameters
    ----------
    networks : Trail, Network or sequence of Network
        Where the run has been: ``gn.Trail()`` among the observers of :func:`glassnet.train` keeps
        it. One network alone says what a step would do now.
    X, y : (m, n₀), (m,) or (m, n_L)
        The rows whose influence is asked for.
    x : (n₀,) or (1, n₀)
        The row whose prediction it is about.
    target : number or (n_L,)
        Its target, or the one to ask about: the influence is on the loss of predicting it.
    rates : (k,), optional
        η of each network; those of the Trail, or 1, by default.
    statistics, engine
        As for :func:`glassnet.ledger`.

    Returns
    -------
    Influence

    Raises
    ------
    InvalidValue, ShapeMismatch

    References
    ----------
    Pruthi, Liu, Kale & Sundararajan (2020), Estimating training data influence by tracing gradient
    descent, section 3.2 (TracInCP).

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init="zeros")])
    >>> found = influence(net, [[1.0], [1.0]], [2.0, -1.0], [1.0], 2.0)
    >>> found.values.tolist(), found.helpers(1).tolist()
    ([8.0, -4.0], [0])
    """
    nets, rate = _networks(networks, rates)
    rows = x.tocsr() if hasattr(x, "tocsr") else np.atleast_2d(np.asarray(x))
    if rows.shape[0] != 1:
        raise ShapeMismatch(f"x must be one row, (n₀,) or (1, n₀); got shape {tuple(rows.shape)}.")
    values, losses = np.zeros(X.shape[0] if hasattr(X, "shape") else len(X)), np.empty(len(nets))
    for k, net in enumerate(nets):
        one = RowPasses.of(net, rows, _one_target(target), statistics=statistics, engine=engine)
        passes = RowPasses.of(net, X, y, statistics=statistics, engine=engine)
        ((_, about),) = one.chunks()
        losses[k] = about.losses[0]
        for numbers, chunk in passes.chunks():
            values[numbers] += rate[k] * chunk.products(about)[:, 0]
    return Influence(values, losses)


def _one_target(target: Any) -> Array:
    """A number as (1,), a row of outputs as (1, n_L)."""
    given = np.asarray(target)
    return given.reshape(1) if given.size == 1 and given.ndim < 2 else np.atleast_2d(given)


def _networks(networks: Any, rates: Any) -> tuple[list[Network], Array]:
    if isinstance(networks, Trail):
        rates = networks.rates if rates is None else rates
        networks = networks.networks
    given = [networks] if isinstance(networks, Network) else _listed(networks)
    if not given or not all(isinstance(net, Network) for net in given):
        raise InvalidValue(
            "networks must be a Trail with at least one network, a Network or a list of them; "
            f"got {networks!r}."
        )
    found = np.ones(len(given)) if rates is None else np.asarray(rates, dtype=np.float64)
    if found.shape != (len(given),) or not np.isfinite(found).all():
        raise ShapeMismatch(
            f"rates must be ({len(given)},) finite numbers, one per network; got {rates!r}."
        )
    return given, found


def _listed(networks: Any) -> list[Any]:
    return list(cast("Iterable[Any]", networks)) if isinstance(networks, Iterable) else []
