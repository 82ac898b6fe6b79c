"""A look: one pass forward and backward, brought down to a small record of signals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.patient import Patient
from glassnet.doctor.signals.layers import LayerSigns, layer_signs
from glassnet.doctor.signals.probes import constant_loss
from glassnet.doctor.signals.sizes import rms, share, spread
from glassnet.doctor.signals.tables import class_recalls
from glassnet.inspection.looking import Looked
from glassnet.inspection.passes import looked
from glassnet.network.network import Network
from glassnet.network.specification import Specification


@dataclass(frozen=True, eq=False)
class Look:
    """What one pass over the sound rows shows; nothing in it is as large as the data.

    Attributes
    ----------
    t : int
        The network's step; of L-BFGS, where that stands still, its iterations.
    rows : int
        Sound rows that were passed.
    loss, constant : float
        Without penalties; that of the best constant output.
    layers : tuple of LayerSigns
        ``layers[l - 1]`` is layer l.
    outputs, targets : float
        Root mean squares of a[L] and of y.
    output_spread, target_spread : float
        Standard deviations between rows.
    residual : float
        Root mean square of a[L] − y.
    outside : float
        Share of the outputs outside the domain of their loss.
    recalls : (classes,) or None
        Share of each class's rows that are recognised; nan of a class without rows.
    """

    t: int
    rows: int
    loss: float
    constant: float
    layers: tuple[LayerSigns, ...]
    outputs: float
    targets: float
    output_spread: float
    target_spread: float
    residual: float
    outside: float
    recalls: Array | None

    @property
    def when(self) -> str:
        """The moment in words."""
        return "step 0" if self.t == 0 else "after training"

    @property
    def finite(self) -> bool:
        """Whether parameters and loss are."""
        return all(layer.finite for layer in self.layers) and bool(np.isfinite(self.loss))

    @property
    def does_well(self) -> bool:
        """Whether the loss is below half that of the best constant output."""
        return self.finite and self.loss < 0.5 * self.constant


def look(who: Patient) -> Look | None:
    """Look at a patient; None where no row is sound or y does not fit.

    At step 0 batch norm uses the statistics of the rows, later its running ones; dropout is off.

    Examples
    --------
    >>> from glassnet.doctor.patient import patient
    >>> from glassnet.network.layers import Dense
    >>> net = Network(1, [Dense(1, "identity", init="zeros")])
    >>> seen = look(patient(net, [[1.0], [2.0]], [3.0, 5.0]))
    >>> seen.when, seen.loss, seen.constant, seen.residual == 17**0.5
    ('step 0', 8.5, 0.5, True)
    """
    good = who.sound
    if who.y is None or not good.any():
        return None
    spec, state = who.spec, who.net.state
    still = replace(spec, layers=tuple(replace(each, dropout=0.0) for each in spec.layers))
    dtype = state.theta.dtype
    x, y, w = who.x[good].astype(dtype), who.y[good].astype(dtype), who.w[good].astype(dtype)
    with np.errstate(all="ignore"):
        t = state.t or state.epoch
        seen = looked(Looked(Network.of(still, state), x, y, w), training=t == 0)
        return _record(spec, seen, y.astype(np.float64), w, t)


def _record(spec: Specification, seen: dict[str, Any], y: Array, w: Array, t: int) -> Look:
    a = np.asarray(seen["a"][spec.depth], np.float64)
    return Look(
        t=t,
        rows=len(y),
        loss=float(seen["loss"]),
        constant=constant_loss(spec, y, w.astype(np.float64)),
        layers=tuple(layer_signs(spec, seen, l) for l in range(1, spec.depth + 1)),
        outputs=rms(a),
        targets=rms(y),
        output_spread=spread(a),
        target_spread=spread(y),
        residual=rms(a - y),
        outside=_outside(spec, a),
        recalls=class_recalls(a, y) if len(spec.heads) == 1 else None,
    )


def _outside(spec: Specification, a: Array) -> float:
    start, out = 0, np.zeros(a.shape, bool)
    for head in spec.heads:
        columns, domain = slice(start, start + head.units), head.loss.domain
        out[:, columns] = (a[:, columns] < domain.lower) | (a[:, columns] > domain.upper)
        start += head.units
    return share(out)
