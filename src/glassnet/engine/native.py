"""The native engine behind the seam: C++ kernels on parameters that stay packed between steps.

The compiled module is optional. Where it is missing, :meth:`NativeEngine.supports` says so for
every program, and ``engine="auto"`` uses the reference engine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.engine.interface import Moment, Pace, Plan, Program, Scores, Share, Stretch
from glassnet.engine.native_design import LETTERS, design, missing
from glassnet.engine.reference import Pass, into_inputs, moved_by, targets
from glassnet.errors import Unsupported
from glassnet.network.network import Network
from glassnet.network.specification import Parameters
from glassnet.network.state import State
from glassnet.optim.optimizers import SGD


@cache
def compiled() -> Any:
    """The compiled module, or None where the package was built without a compiler.

    Examples
    --------
    >>> module = compiled()
    >>> module is None or module.instruction_set() in ("avx512", "avx2", "plain")
    True
    """
    try:
        return import_module("glassnet._native")
    except ModuleNotFoundError as error:
        if error.name not in ("glassnet._native", "nanobind_backend"):
            raise
        return None


class NativeEngine:
    """Networks of glassnet's own functions in float32 or float64, many times as fast.

    Examples
    --------
    >>> NativeEngine().name
    'native'
    """

    name = "native"

    def supports(self, program: Program) -> str | None:
        """None, or in one sentence why this engine cannot run the program."""
        module = compiled()
        if module is None:
            return "the native engine was not built here: there was no C++ compiler."
        if program.precision == "bf16" and not module.has_bf16():
            return "this processor has no products of bfloat16 numbers (AVX512-BF16)."
        return missing(program, module.knows)

    def arithmetic(self) -> str:
        """The engine and its instruction set, as in ``"native avx512"``."""
        return f"{self.name} {compiled().instruction_set()}"

    def open(self, program: Program, state: State, data: Data) -> NativeSession:
        """Return a session on a State and data.

        Raises
        ------
        Unsupported
        """
        reason = self.supports(program)
        if reason is None and str(getattr(state.theta, "dtype", "")) not in _SESSIONS:
            reason = "the native engine computes on NumPy arrays of float32 or float64."
        if reason is None and program.precision == "bf16" and state.theta.dtype != np.float32:
            raise Unsupported(
                'precision="bf16" keeps weights in float32, so the network\'s dtype must be '
                f'"float32"; got "{state.theta.dtype}".'
            )
        if reason is not None:
            raise Unsupported(f'{reason} Use engine="reference", or "auto" to fall back.')
        return NativeSession(compiled(), program, state, data)

    def predictor(self, net: Network, other: Callable[[Any], Array]) -> Callable[[Any], Array]:
        """A compiled callable for plain rows of the network's dtype; ``other`` takes the rest."""
        dtype, buffers = net.state.theta.dtype, net.state.buffers
        made = getattr(compiled(), _PREDICTORS[dtype.name])
        plain = design(Program(net.specification, SGD()), net.state.seed)
        ask = made(plain, net.state.theta, partial(np.empty, dtype=dtype), other)
        for l, layer in enumerate(net.specification.layers, start=1):
            if layer.batch_norm:
                ask.load_statistics(l, buffers[f"mean[{l}]"], buffers[f"variance[{l}]"])
        return ask


_SESSIONS = {"float32": "Session32", "float64": "Session64"}
_PREDICTORS = {"float32": "Predictor32", "float64": "Predictor64"}


class NativeSession:
    """A State packed for the kernels; see :class:`~glassnet.engine.interface.Session`."""

    def __init__(self, module: Any, program: Program, state: State, data: Data) -> None:
        self._program, self._spec = program, program.specification
        self._dtype = np.dtype(state.theta.dtype)
        self._letters = LETTERS.get(program.optimizer.name, ())
        made = getattr(module, _SESSIONS[self._dtype.name])
        self._core = made(design(program, state.seed))
        self._data = data
        self._held = self._hand_over(data)  # the core points into these arrays
        self.load(state)

    def run(self, plan: Plan) -> Stretch:
        """Take the steps of the plan and keep nothing but their costs."""
        costs, weights = np.empty(plan.steps), np.empty(plan.steps)
        memory = plan.stop_memory
        stop = plan.stop and (
            float(plan.stop.tolerance),
            float(plan.stop.patience),
            float(memory["best"]),
            float(memory["stale"]),
        )
        taken, ended = self._core.run(
            _int64(plan.rows),
            _int64(plan.offsets),
            *(_doubles(values) for values in (plan.rates, plan.dropout, plan.decay)),
            _int64(plan.epoch_ends),
            stop,
            costs,
            weights,
            _hears_ctrl_c(),
        )
        return Stretch(costs[:taken], weights[:taken], ended)

    def look(self, plan: Plan, keep: frozenset[str]) -> Moment:
        """Take the plan's first step and return what ``keep`` names of it."""
        rows, pace = _int64(plan.step_rows(0)), plan.pace(0)
        before, t = self._theta(), self._core.t
        seen = self._core.look(rows, pace.rate, pace.dropout, pace.decay)
        moment = self._moment(seen, rows, t, before, keep)
        change = {"change": self._theta() - before} if "change" in keep and seen[3] else {}
        return replace(moment, rate=pace.rate, **change)

    def gradient(
        self,
        rows: Array | None,
        keep: frozenset[str] = frozenset(),
        *,
        share: Share | None = None,
        dropout: float = 1.0,
    ) -> Moment:
        """J and its gradient on these rows (None: all), as in training at step t. Takes no step."""
        taken = np.arange(len(self._data)) if rows is None else _int64(rows)
        part = share and (float(share.weight_sum), int(share.first_row), bool(share.penalised))
        total = None if share is None else share.total
        seen = self._core.gradient(
            taken, part, total and partial(_in_place, total), not keep <= _ALONE, dropout
        )
        theta = self._theta() if keep & {"theta", "da"} else None
        return self._moment(seen, taken, self._core.t, theta, keep | {"g"})

    def forward(self, x: Array, *, every_layer: bool = False) -> Scores:
        """Predict: running statistics, no dropout."""
        shape = (x.shape[0], self._spec.units[-1])
        z, a = np.empty(shape, self._dtype), np.empty(shape, self._dtype)
        if hasattr(x, "tocsr"):
            self._core.sparse_forward(*self._sparse(x), z, a)
            dense = x.toarray() if every_layer else None
        else:
            dense = np.ascontiguousarray(x, dtype=self._dtype)
            self._core.forward(dense, z, a)
        layers = self._pass(x, dense) if every_layer else None
        return Scores(z if self._spec.members == 1 else None, a, layers)

    def apply(
        self, g: Array, pace: Pace, J: float, statistics: Mapping[str, Array] | None = None
    ) -> bool:
        """Take the step that a gradient computed elsewhere asks for; False: θ is not finite."""
        t = self._core.t
        given = np.ascontiguousarray(g, dtype=self._dtype)
        finite = self._core.apply(given, pace.rate, pace.decay, float(J))
        if statistics is not None:
            self._load_statistics(moved_by(self._spec, self._buffers(), statistics, t))
        return bool(finite)

    def state(self) -> State:
        """The canonical State."""
        theta = np.empty(self._spec.parameter_count, self._dtype)
        arrays = [np.empty_like(theta) for _ in self._letters]
        self._core.save(theta, arrays)
        memory: dict[str, Any] = dict(zip(self._letters, arrays, strict=True))
        if self._program.optimizer.name in ("adam", "adamw"):
            memory["t"] = self._core.optimizer_steps
        if self._program.optimizer.name == "irprop":
            memory["J"] = self._core.last_cost
        buffers = self._buffers()
        return replace(self._state, theta=theta, memory=memory, buffers=buffers, t=self._core.t)

    def load(self, state: State) -> None:
        """Put another State in the place of the present one."""
        memory = state.memory or self._program.optimizer.start(state.theta)
        arrays = [np.ascontiguousarray(memory[key], dtype=self._dtype) for key in self._letters]
        theta = np.ascontiguousarray(state.theta, dtype=self._dtype)
        J, steps = float(memory.get("J", np.inf)), int(memory.get("t", 0))
        self._core.load(theta, arrays, J, steps, int(state.t))
        self._load_statistics(state.buffers)
        self._state = state

    def _buffers(self) -> dict[str, Array]:
        """The running statistics."""
        buffers: dict[str, Array] = {}
        for l, layer in enumerate(self._spec.layers, start=1):
            if layer.batch_norm:
                mean, variance = (np.empty(layer.units, self._dtype) for _ in range(2))
                self._core.save_statistics(l, mean, variance)
                buffers |= {f"mean[{l}]": mean, f"variance[{l}]": variance}
        return buffers

    def _load_statistics(self, buffers: Mapping[str, Array]) -> None:
        for l, layer in enumerate(self._spec.layers, start=1):
            if layer.batch_norm:
                both = (buffers[f"{name}[{l}]"] for name in _OF_UNITS)
                self._core.load_statistics(
                    l, *(np.ascontiguousarray(a, dtype=self._dtype) for a in both)
                )

    def _hand_over(self, data: Data) -> tuple[Any, ...]:
        y = np.ascontiguousarray(data.y, dtype=self._dtype)
        w = None if data.w is None else np.ascontiguousarray(data.w, dtype=self._dtype)
        if hasattr(data.x, "tocsr"):
            parts = self._sparse(data.x)
            self._core.sparse_data(*parts, y, w)
            return (*parts, y, w)
        x = np.ascontiguousarray(data.x, dtype=self._dtype)
        self._core.data(x, y, w)
        return x, y, w

    def _sparse(self, x: Any) -> tuple[Array, Array, Array]:
        if self._spec.input_stage is not None:
            self._spec.input_stage.forward(x)  # says why it takes no sparse rows
        rows = x.tocsr()
        values = np.ascontiguousarray(rows.data, dtype=self._dtype)
        return values, np.ascontiguousarray(rows.indices, dtype=np.int32), _int64(rows.indptr)

    def _theta(self) -> Array:
        theta = np.empty(self._spec.parameter_count, self._dtype)
        self._core.save(theta, [np.empty_like(theta) for _ in self._letters])
        return theta

    def _read(self, name: str, l: int, *shape: int) -> Array | None:
        to = np.empty(shape, self._dtype)
        return to if self._core.read(name, l, to) else None

    def _layers(self, name: str, wanted: Any = None) -> list[Any]:
        """A quantity of every layer; slot 0 is None, and so are layers without it."""
        found: list[Any] = [None]
        for l, layer in enumerate(self._spec.layers, start=1):
            rows = self._core.seen_rows * self._spec.copies(l)
            shape = (layer.units,) if name in _OF_UNITS else (rows, layer.units)
            there = wanted is None or wanted(layer)
            found.append(self._read(name, l, *shape) if there else None)
        return found

    def _forward_lists(self, keep: frozenset[str], x: Any) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for name in keep & {"z", "z_tilde", "fired", "a"}:
            found[name] = self._layers(name)
        for name in keep & {"x_hat", "mean", "variance"}:
            found[name] = self._layers(name, lambda layer: layer.batch_norm)
        if "mask" in keep:
            found["mask"] = self._layers("mask", lambda layer: layer.dropout > 0)
        if "a" in keep:
            found["a"][0] = (
                x if self._spec.input_stage is None else self._spec.input_stage.forward(x)
            )
        return found

    def _pass(self, x: Any, dense: Any) -> Pass:
        self._core.forward_kept(np.ascontiguousarray(dense, dtype=self._dtype))
        names = frozenset({"a", "z", "z_tilde", "x_hat", "mean", "variance", "fired"})
        blank: list[Any] = [None] * (self._spec.depth + 1)
        return Pass(**self._forward_lists(names, x), mask=blank)

    def _moment(
        self, seen: Any, rows: Array, t: int, theta: Array | None, keep: frozenset[str]
    ) -> Moment:
        loss, penalty, weight_sum, finite = seen
        x = self._data.x[rows] if keep & {"a", "da"} else None
        kept: dict[str, Any] = dict(self._forward_lists(keep, x))
        if keep & {"delta", "da"}:
            kept["delta"] = self._layers("delta")
        if "da" in keep:
            kept["da"] = self._into_activations(rows, theta, kept["delta"])
        if keep & _OF_GRADIENT:
            g = np.empty(self._spec.parameter_count, self._dtype)
            self._core.read_gradient(g)
            blocks: Parameters = self._spec.unpack(g)
            parts = {"g": g, "dW": blocks.W, "db": blocks.b}
            kept |= parts | {"dgamma": blocks.gamma, "dbeta": blocks.beta, "dkappa": blocks.kappa}
            kept |= {"dr": blocks.r, "ds": blocks.s}
        kept["theta"] = theta
        kept = {name: value for name, value in kept.items() if name in keep}
        return Moment(t, loss + penalty, loss, penalty, weight_sum, finite, **kept)

    def _into_activations(self, rows: Array, theta: Array | None, delta: list[Any]) -> list[Any]:
        """∂J/∂a of every layer; the ends are not needed for any step, and are computed here."""
        L, batch = self._spec.depth, self._data.take(rows)
        found = self._layers("da", None)
        a = self._read("a", L, self._core.seen_rows * self._spec.members, self._spec.units[L])
        y, w = targets(self._spec, batch)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found[0] = into_inputs(self._spec, self._spec.unpack(theta), delta[1])
            if self._spec.layer(1).residual:
                found[0] = found[0] + found[1]
            if len(self._spec.heads) == 1:
                found[L] = w[:, None] * self._spec.loss.derivative(a, y)
        return found


_OF_UNITS = ("mean", "variance")
# Read from the session itself: nothing of the batch need be kept for them.
_OF_GRADIENT = frozenset({"g", "dW", "db", "dgamma", "dbeta", "dkappa", "dr", "ds"})
_ALONE = _OF_GRADIENT | {"theta", *_OF_UNITS}


def _in_place(total: Callable[[Array], Array], numbers: Array) -> None:
    """Add the engine's own numbers up over the ranks, where they are."""
    numbers[...] = total(numbers)


def _int64(values: Any) -> Array:
    return np.ascontiguousarray(values, dtype=np.int64)


def _doubles(values: Array | None) -> Array | None:
    return None if values is None else np.ascontiguousarray(values, dtype=np.float64)


def _hears_ctrl_c() -> bool:
    """Python tells its main thread of signals, and no other."""
    return threading.current_thread() is threading.main_thread()
