"""Small networks with rows, of any variant: what the gradient, loop and parity cases run on.

A problem is drawn from a seed, small enough that a central difference of every parameter is cheap.
Biases, γ and β are drawn too, so that no parameter stands at a special value.
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from glassnet.data.batches import Batch, Data
from glassnet.engine.reference import Training, forward
from glassnet.network import catalogue
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification

ROWS, INPUTS, UNITS = 7, 3, 4  # odd: as many residuals above 0 as below would sum to 0

# z at which each activation is well inside (0, 1), where every loss is defined.
INSIDE = MappingProxyType(
    {
        "identity": 0.5, "logistic": 0.0, "tanh": 0.55, "relu": 0.5, "leaky_relu": 0.5,
        "elu": 0.5, "selu": 0.48, "gelu": 0.67, "silu": 0.77, "mish": 0.68, "softplus": -0.43,
        "softsign": 1.0, "exp": -0.69, "sin": 0.52, "cos": 1.05, "square": 0.71, "softmax": 0.0,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """A specification, parameters, running statistics and a batch."""

    spec: Specification
    theta: Any
    buffers: Any
    data: Data
    t: int = 3
    seed: int = 11

    @property
    def batch(self) -> Batch:
        """All rows."""
        return self.data.take(np.arange(len(self.data)))


@dataclass(frozen=True)
class Variant:
    """What may differ between problems; the defaults are the plainest."""

    loss: Any = "squared_error"
    output: Any = "identity"
    hidden: Any = "tanh"
    outputs: int = 1
    weighted: bool = False
    norm: bool = False
    depth: int = 2
    rows: int = ROWS
    inputs: int = INPUTS
    units: int = UNITS
    layer: dict[str, Any] = field(default_factory=dict)  # more of every hidden layer
    first: dict[str, Any] = field(default_factory=dict)  # more of the first hidden layer
    last: dict[str, Any] = field(default_factory=dict)  # more of the output layer
    network: dict[str, Any] = field(default_factory=dict)  # more of the specification
    seed: int = 0

    def __str__(self) -> str:
        named = [getattr(part, "name", part) for part in (self.loss, self.output, self.hidden)]
        marks = ["weighted"] * self.weighted + ["norm"] * self.norm
        return "-".join([*map(str, named), str(self.outputs), *marks])


def allowed(loss: str, output: str) -> bool:
    """Whether the outputs stay in the domain of the loss."""
    made, phi = catalogue.loss(loss), catalogue.activation(output)
    return output == made.partner or phi.range.within(made.domain)


def problem(variant: Variant) -> Problem:
    """Draw the problem of a variant, again until it is fit to be differentiated."""
    draws = (_drawn(variant, attempt) for attempt in range(100))
    return next(found for found in draws if _fit(found))


def _drawn(v: Variant, attempt: int) -> Problem:
    rng = np.random.default_rng([attempt, v.seed, *map(ord, str(v))])
    inside = isinstance(v.loss, str) and isinstance(v.output, str) and not allowed(v.loss, v.output)
    hidden = Dense(v.units, v.hidden, **{"batch_norm": v.norm, **v.layer})
    last = Dense(v.outputs, v.output, **v.last)
    layers = (*[hidden] * (v.depth - 1), last)
    if v.first:
        first = Dense(v.units, v.hidden, **{"batch_norm": v.norm, **v.layer, **v.first})
        layers = (first, *layers[1:])
    spec = Specification(v.inputs, layers, v.loss, strict=not inside, **v.network)
    x = rng.normal(size=(v.rows, v.inputs))
    w = rng.uniform(0.5, 2.0, v.rows) if v.weighted else None
    data = Data(x, targets(rng, spec, v.rows), w)
    theta, buffers = parameters(rng, spec), statistics(rng, spec)
    if inside:
        theta = _calmed(spec, theta, buffers, data)
    return Problem(spec, theta, buffers, data)


def _fit(found: Problem) -> bool:
    """Whether no z̃ or residual is within 10⁻³ of a kink, and not all outputs are 0 (dead relus)."""
    spec, batch = found.spec, found.batch
    passed = forward(
        spec, found.theta, found.buffers, batch.x, Training(batch.w, found.t, found.seed)
    )
    outputs, nearest, start = passed.a[spec.depth], np.inf, 0
    y = np.repeat(batch.y, spec.members, axis=0)
    for l in range(1, spec.depth):
        nearest = min(nearest, _nearest(passed.z_tilde[l], spec.phi[l].kinks))
    for head in spec.heads:
        columns = slice(start, start + head.units)
        residual = outputs[:, columns] - y[:, columns]
        nearest = min(nearest, _nearest(residual, head.loss.kinks))
        z = passed.z_tilde[spec.depth][:, columns]
        nearest = min(nearest, _nearest(z, head.activation.kinks))
        start += head.units
    return nearest > 1e-3 and bool(outputs.any())


def _nearest(values: Any, kinks: tuple[float, ...]) -> float:
    return min((float(np.abs(values - kink).min()) for kink in kinks), default=np.inf)


def targets(rng: np.random.Generator, spec: Specification, rows: int) -> Any:
    """Targets that each head's loss takes."""
    parts = []
    for head in spec.heads:
        shape = (rows, head.units)
        if head.loss.name == "cross_entropy":
            parts.append(np.eye(head.units)[rng.integers(head.units, size=rows)])
        elif head.loss.name == "binary_cross_entropy":
            parts.append(rng.integers(2, size=shape).astype(float))
        elif head.loss.name == "poisson":
            parts.append(rng.poisson(1.5, shape).astype(float))
        else:
            parts.append(rng.normal(size=shape))
    return np.concatenate(parts, axis=1)


def parameters(rng: np.random.Generator, spec: Specification) -> Any:
    """θ with every block drawn, and outputs near the z at which their activation is alive."""
    blocks = spec.unpack(np.zeros(spec.parameter_count))
    for l, layer in enumerate(spec.layers, start=1):
        blocks.W[l] = rng.normal(0, 0.7, blocks.W[l].shape) / np.sqrt(spec.units[l - 1])
        at = INSIDE.get(layer.activation.name, 0.0) if l == spec.depth else 0.0
        shape = (layer.members, layer.units) if layer.members > 1 else (layer.units,)
        blocks.b[l] = at + rng.normal(0, 0.1, shape)
        if layer.members > 1:
            blocks.r[l] = rng.uniform(0.6, 1.4, blocks.r[l].shape)
            blocks.r[l] *= rng.choice([-1.0, 1.0], size=blocks.r[l].shape)
            blocks.s[l] = rng.uniform(0.6, 1.4, shape)
        if layer.batch_norm:
            blocks.gamma[l] = rng.uniform(0.7, 1.3, layer.units)
            blocks.beta[l] = at + rng.normal(0, 0.1, layer.units)
        if layer.kappa is not None:
            blocks.kappa[l] = rng.uniform(-0.5, 1.5, layer.units)
    return spec.pack(blocks) * spec.is_connected


def _calmed(spec: Specification, theta: Any, buffers: Any, data: Data) -> Any:
    """θ with an output layer so calm that every output lies well within (0, 1)."""
    blocks, L = spec.unpack(theta.copy()), spec.depth
    below = forward(
        spec, theta, buffers, data.x, Training(data.take(np.arange(len(data))).w, 3, 11)
    )
    blocks.W[L] = blocks.W[L] * 0.15 / np.abs(below.a[L - 1] @ blocks.W[L].T).max()
    at = INSIDE[spec.layers[-1].activation.name]
    blocks.b[L] = at + 0.3 * (blocks.b[L] - at)
    return spec.pack(blocks)


def statistics(rng: np.random.Generator, spec: Specification) -> Any:
    """Running statistics away from their first values."""
    found = {}
    for l, layer in enumerate(spec.layers, start=1):
        if layer.batch_norm:
            found[f"mean[{l}]"] = rng.normal(0, 0.3, layer.units)
            found[f"variance[{l}]"] = rng.uniform(0.5, 2.0, layer.units)
    return found
