"""An engine's gradient beside four-point differences, entry by entry and row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Batch, Data
from glassnet.engine.choice import choose
from glassnet.engine.interface import Moment, Program
from glassnet.engine.penalties import penalty
from glassnet.engine.reference import Training, forward, targets
from glassnet.inspection.looking import Looked, in_float64
from glassnet.inspection.numerals import numeral
from glassnet.network.blended import Blended
from glassnet.network.penalties import L1
from glassnet.network.specification import Slot, Specification
from glassnet.network.state import State
from glassnet.optim.optimizers import SGD

STEP = 1e-4
_MOVES = (-2, -1, 1, 2)


@dataclass(frozen=True)
class BlockCheck:
    """One parameter block before the judge.

    Attributes
    ----------
    name : str
        As in "W[1]".
    error : float
        The worst |g − ĝ| / max(|g|, |ĝ|) of its entries, entries below 10⁻⁴ (1 + |J|) being taken
        for that large, since a difference does not tell smaller ones from rounding.
    entries, checked : int
        Entries it has; those that were compared.
    rows : tuple of int
        Rows left out of some entry's comparison.

    Examples
    --------
    >>> BlockCheck("W[1]", 1e-9, 6, 6, ()).row()
    ('W[1]', '1·10⁻⁹', '6', '6', '–')
    """

    name: str
    error: float
    entries: int
    checked: int
    rows: tuple[int, ...]

    def row(self) -> tuple[str, ...]:
        """A line of a table."""
        left_out = str(len(self.rows)) if self.rows else "–"
        error = numeral(self.error, 2) if self.checked else "–"
        return self.name, error, f"{self.entries:,}", f"{self.checked:,}", left_out


def compared(
    looked: Looked, most: int | None, engine: Any
) -> tuple[tuple[BlockCheck, ...], tuple[int, ...], float, str]:
    """The blocks, the rows left out somewhere, J, and the engine's name.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.inspection.looking import look_at
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> compared(look_at(net, [[1.0]], [2.0]), None, "reference")[0][0].name
    'W[1]'
    """
    spec, state = looked.net.specification, in_float64(looked.net.state)
    data = Data(*(None if part is None else part.astype(np.float64) for part in _parts(looked)))
    program = Program(spec, SGD())
    chosen = choose(engine, program)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        session = chosen.open(program, state, data)
        moment = session.gradient(None, frozenset({"a", "delta", "x_hat", "dbeta", "g"}))
        judge = _Judge(spec, state, data.take(np.arange(len(data))))
        blocks = tuple(
            _block(judge, moment, slot, places) for slot, places in _drawn(spec, most, state.seed)
        )
    rows = tuple(sorted({row for block in blocks for row in block.rows}))
    return blocks, rows, float(moment.J), chosen.name


def _parts(looked: Looked) -> tuple[Any, Any, Any]:
    return looked.x, looked.y, looked.w


def _drawn(spec: Specification, most: int | None, seed: int) -> Iterator[tuple[Slot, Array]]:
    """Each block with the entries of it that are checked."""
    rng = np.random.default_rng(seed)
    for slot in spec.slots:
        places = np.flatnonzero(spec.is_connected[slot.start : slot.stop])
        size = len(places)
        if most is not None and size > most:
            places = places[np.sort(rng.choice(size, most, replace=False))]
        yield slot, places


class _Judge:
    """Losses of single rows, and on which side of each kink they run, for any θ."""

    def __init__(self, spec: Specification, state: State, batch: Batch) -> None:
        self.spec, self.state, self.batch = spec, state, batch
        self.coupled = any(layer.batch_norm and not layer.frozen for layer in spec.layers)
        self.coupled |= spec.members > 1  # a row is left out with all of its copies, or not at all
        self.here = self.sides(state.theta)[1]
        self.scale = 1.0 + abs(float((batch.w * self.sides(state.theta)[0]).sum()))

    def sides(self, theta: Array) -> tuple[Array, Array]:
        """ℓ of each row, (m,), and the sides of its kinks, (m, …)."""
        spec, batch, L = self.spec, self.batch, self.spec.depth
        training = Training(batch.w, self.state.t, self.state.seed)
        passed = forward(spec, theta, self.state.buffers, batch.x, training)
        m, y = len(batch.w), targets(spec, batch)[0]
        parts = [spec.phi[l].side(passed.z_tilde[l]).reshape(m, -1) for l in range(1, L + 1)]
        parts.append(spec.loss.side(passed.a[L], y).reshape(m, -1))
        losses = spec.loss.value(spec.phi[L], passed.z_tilde[L], passed.a[L], y)
        return losses.reshape(m, -1).mean(axis=1), np.concatenate(parts, axis=1)

    def difference(self, j: int) -> tuple[Array, float, Array, bool]:
        """By entry j of θ: ∂ℓ of each row, ∂penalty, which rows cross, whether a weight does."""
        theta = self.state.theta
        h = STEP * max(1.0, abs(theta[j]))
        crossed = np.zeros(self.batch.x.shape[0], dtype=bool)
        losses: dict[int, Array] = {}
        terms: dict[int, float] = {}
        for k in _MOVES:
            moved = theta.copy()
            moved[j] += k * h
            losses[k], sides = self.sides(moved)
            terms[k] = penalty(self.spec, moved, self.batch.weight_sum)
            crossed |= (sides != self.here).any(axis=1)
        weight = abs(theta[j]) <= 2 * h and bool(self.spec.is_weight[j])
        kinked = weight and any(isinstance(term, L1) for term in self.spec.penalties)
        return _four_points(losses, h), float(_four_points(terms, h)), crossed, kinked


def _four_points(values: Any, h: float) -> Any:
    return (8 * (values[1] - values[-1]) - (values[2] - values[-2])) / (12 * h)


def _block(judge: _Judge, moment: Moment, slot: Slot, places: Array) -> BlockCheck:
    worst, checked, rows = 0.0, 0, set[int]()
    floor = 1e-4 * judge.scale
    entries = int(judge.spec.is_connected[slot.start : slot.stop].sum())
    for place in places:
        each, term, crossed, kinked = judge.difference(slot.start + int(place))
        rows |= set(np.flatnonzero(crossed).tolist())
        if kinked or crossed.all() or (judge.coupled and crossed.any()):
            continue
        mine = float(moment.g[slot.start + int(place)])
        if crossed.any():
            mine -= float(_rows(judge, moment, slot, int(place))[crossed].sum())
            if not np.isfinite(mine):  # γ = 0 hides what a row adds
                continue
        other = float((judge.batch.w * each)[~crossed].sum()) + term
        error = abs(mine - other) / max(abs(mine), abs(other), floor)
        worst, checked = (max(worst, error) if error == error else np.inf), checked + 1
    return BlockCheck(str(slot), float(worst), entries, checked, tuple(sorted(rows)))


def _rows(judge: _Judge, moment: Moment, slot: Slot, place: int) -> Array:
    """What each row adds to one entry of ∂J/∂W or ∂J/∂b, weights included.  -> (m,)"""
    l = slot.layer
    delta = moment.delta[l]
    if slot.name == "b":
        return delta[:, place]
    if slot.name == "W":
        unit, below = divmod(place, slot.shape[1])
        column = moment.a[l - 1][:, below]
        column = column.toarray()[:, 0] if hasattr(column, "toarray") else column
        return delta[:, unit] * column
    if slot.name == "kappa":
        phi, blocks = judge.spec.phi[l], judge.spec.unpack(judge.state.theta)
        through = moment.da[l] if moment.mask[l] is None else moment.da[l] * moment.mask[l]
        blend = Blended(phi, blocks.kappa[l])
        return blend.of_kappa(moment.z_tilde[l], through)[:, place]
    # γ and β of frozen batch norm: δ = ∂J/∂z̃ γ / √(σ² + ε).
    norm = judge.spec.layer(l).batch_norm
    gamma = judge.spec.unpack(judge.state.theta).gamma[l]
    spread = np.sqrt(judge.state.buffers[f"variance[{l}]"] + norm.epsilon)
    into = delta[:, place] * spread[place] / gamma[place]
    return into * moment.x_hat[l][:, place] if slot.name == "gamma" else into
