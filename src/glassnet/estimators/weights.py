"""``coefs_`` and ``intercepts_``: a network's parameters in scikit-learn's shapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, SupportsIndex

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import ShapeMismatch
from glassnet.network.network import Network


class Blocks(list[Any]):
    """One array per layer, views of θ: what is written to an entry, or put in its place, counts.

    Examples
    --------
    >>> theta = np.zeros(2)
    >>> blocks = Blocks("intercepts_", [theta[:1], theta[1:]])
    >>> blocks[1] = [3.0]
    >>> theta.tolist()
    [0.0, 3.0]
    """

    def __init__(self, name: str, views: Iterable[Array]) -> None:
        super().__init__(views)
        self.name = name

    def __setitem__(self, index: Any, value: Any) -> None:
        """Write an array over an entry.

        Raises
        ------
        ShapeMismatch
            If its shape is another.
        """
        view = self[index]
        given = np.asarray(value)
        if given.shape != view.shape:
            raise ShapeMismatch(
                f"{self.name}[{index}] must have shape {view.shape}; got {given.shape}."
            )
        view[...] = given

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        """Refuse: a network keeps its layers."""
        raise ShapeMismatch(f"{self.name} has one entry per layer; none can be deleted.")

    def __reduce__(self) -> Any:
        """Copy as a plain list of arrays: a copy is no view."""
        return list, ([np.array(view) for view in self],)


def blocks(net: Network, name: str) -> Blocks:
    """``coefs_`` or ``intercepts_`` of a network.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> blocks(Network(3, [Dense(1, "identity")]), "coefs_")[0].shape
    (3, 1)
    """
    return Blocks(name, [W.T for W in net.W[1:]] if name == "coefs_" else net.b[1:])


def overwrite(views: Blocks, given: Sequence[Any]) -> None:
    """Write the given arrays over all entries."""
    if len(given) != len(views):
        raise ShapeMismatch(f"{views.name} must have {len(views)} entries; got {len(given)}.")
    for k, value in enumerate(given):
        views[k] = value


def at_least(net: Network, dtype: Any) -> Network:
    """The network with its numbers in ``dtype``, where that is finer than its own.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> at_least(Network(1, [Dense(1, "identity")], dtype="float32"), "float64").W[1].dtype
    dtype('float64')
    """
    state = net.state
    wanted = np.result_type(state.theta, dtype)
    if wanted == state.theta.dtype:
        return net
    buffers = {name: np.asarray(value, dtype=wanted) for name, value in state.buffers.items()}
    finer = replace(state, theta=state.theta.astype(wanted), buffers=buffers)
    return Network.of(net.specification, finer)
