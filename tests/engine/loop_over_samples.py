"""Backpropagation a second time: one sample, one unit, one weight after the other, in plain Python.

Nothing here is shared with the engines, not even the activations: each formula is written once
more, from the textbook, with the functions of ``math``. Batch norm's backward pass takes the
derivatives for σ², μ and z one by one, as its paper does (Ioffe & Szegedy, 2015, section 3).
"""

from dataclasses import dataclass, field
from math import cos, erf, exp, expm1, log, log1p, pi, sin, sqrt, tanh
from typing import Any


def logistic(z):
    return 1 / (1 + exp(-z))


def softplus(z):
    return log1p(exp(z))


def normal_cdf(z):
    return (1 + erf(z / sqrt(2))) / 2


def normal_density(z):
    return exp(-z * z / 2) / sqrt(2 * pi)


SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772

# φ and φ′, both of z.
FUNCTIONS = {
    "identity": (lambda z: z, lambda z: 1.0),
    "logistic": (logistic, lambda z: logistic(z) * logistic(-z)),
    "tanh": (tanh, lambda z: 1 - tanh(z) ** 2),
    "relu": (lambda z: max(0.0, z), lambda z: 1.0 if z > 0 else 0.0),
    "leaky_relu": (lambda z: z if z > 0 else 0.01 * z, lambda z: 1.0 if z > 0 else 0.01),
    "elu": (lambda z: z if z > 0 else expm1(z), lambda z: 1.0 if z > 0 else exp(z)),
    "selu": (
        lambda z: SCALE * (z if z > 0 else ALPHA * expm1(z)),
        lambda z: SCALE * (1.0 if z > 0 else ALPHA * exp(z)),
    ),
    "gelu": (lambda z: z * normal_cdf(z), lambda z: normal_cdf(z) + z * normal_density(z)),
    "silu": (lambda z: z * logistic(z), lambda z: logistic(z) * (1 + z * logistic(-z))),
    "mish": (
        lambda z: z * tanh(softplus(z)),
        lambda z: tanh(softplus(z)) + z * logistic(z) * (1 - tanh(softplus(z)) ** 2),
    ),
    "softplus": (softplus, logistic),
    "softsign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "exp": (exp, exp),
    "sin": (sin, cos),
    "cos": (cos, lambda z: -sin(z)),
    "square": (lambda z: z * z, lambda z: 2 * z),
}


def sign(r):
    return (r > 0) - (r < 0)


def huber(r):
    return r * r / 2 if abs(r) <= 1 else abs(r) - 0.5


def poisson(a, y):
    return (y * log(y / a) if y > 0 else 0.0) - y + a


# ℓ and ∂ℓ/∂a of one output.
LOSSES = {
    "squared_error": (lambda a, y: (a - y) ** 2 / 2, lambda a, y: a - y),
    "absolute_error": (lambda a, y: abs(a - y), lambda a, y: sign(a - y)),
    "huber": (lambda a, y: huber(a - y), lambda a, y: max(-1.0, min(1.0, a - y))),
    "quantile": (
        lambda a, y: max(0.5 * (y - a), 0.5 * (a - y)),
        lambda a, y: 0.5 * sign(a - y),
    ),
    "poisson": (poisson, lambda a, y: 1 - y / a),
    "cross_entropy": (lambda a, y: -y * log(a) if y else 0.0, lambda a, y: -y / a),
    "binary_cross_entropy": (
        lambda a, y: -(y * log(a) + (1 - y) * log(1 - a)),
        lambda a, y: -y / a + (1 - y) / (1 - a),
    ),
}


@dataclass
class Layer:
    """Plain numbers: W is a list of rows; no ``epsilon``, no batch norm; no ``mask``, no dropout.

    ``mean`` and ``variance`` are filled by the forward pass.
    """

    phi: str
    W: list[list[float]]
    b: list[float] | None
    gamma: list[float] | None = None
    beta: list[float] | None = None
    epsilon: float | None = None
    mask: list[list[float]] | None = None
    z: Any = None
    z_tilde: Any = None
    fired: Any = None
    a: Any = None
    mean: list[float] = field(default_factory=list)
    variance: list[float] = field(default_factory=list)
    dW: Any = None
    db: Any = None
    dgamma: Any = None
    dbeta: Any = None
    delta: Any = None


def forward(layers, x, w):
    """Fill in z, z̃, φ(z̃) and a of every layer; w sums to 1."""
    below = x
    for layer in layers:
        layer.z = [[_weighted_input(layer, j, row) for j in range(len(layer.W))] for row in below]
        layer.z_tilde = [list(row) for row in layer.z]
        if layer.epsilon is not None:
            _normalise(layer, w)
        layer.fired = [_fire(layer.phi, row) for row in layer.z_tilde]
        layer.a = [list(row) for row in layer.fired]
        if layer.mask is not None:
            for i, row in enumerate(layer.mask):
                for j, factor in enumerate(row):
                    layer.a[i][j] *= factor
        below = layer.a


def _weighted_input(layer, j, row):
    total = layer.b[j] if layer.b is not None else 0.0
    for k, value in enumerate(row):
        total += layer.W[j][k] * value
    return total


def _normalise(layer, w):
    for j in range(len(layer.W)):
        column = [row[j] for row in layer.z]
        mean = sum(weight * z for weight, z in zip(w, column, strict=True))
        variance = sum(weight * (z - mean) ** 2 for weight, z in zip(w, column, strict=True))
        layer.mean.append(mean)
        layer.variance.append(variance)
        for i, z in enumerate(column):
            x_hat = (z - mean) / sqrt(variance + layer.epsilon)
            layer.z_tilde[i][j] = layer.gamma[j] * x_hat + layer.beta[j]


def _fire(phi, row):
    if phi == "softmax":
        powers = [exp(z) for z in row]
        return [power / sum(powers) for power in powers]
    return [FUNCTIONS[phi][0](z) for z in row]


def cost(layers, y, w, loss):
    """J = Σᵢ wᵢ Σⱼ ℓ(aᵢⱼ, yᵢⱼ)."""
    value = LOSSES[loss][0]
    total = 0.0
    for weight, outputs, wanted in zip(w, layers[-1].a, y, strict=True):
        for a, t in zip(outputs, wanted, strict=True):
            total += weight * value(a, t)
    return total


def backward(layers, x, y, w, loss):
    """Fill in δ and the gradients of every layer, last layer first."""
    derivative = LOSSES[loss][1]
    da = [
        [weight * derivative(a, t) for a, t in zip(outputs, wanted, strict=True)]
        for weight, outputs, wanted in zip(w, layers[-1].a, y, strict=True)
    ]
    for number in range(len(layers) - 1, -1, -1):
        layer, below = layers[number], layers[number - 1].a if number else x
        if layer.mask is not None:
            da = [
                [g * f for g, f in zip(*rows, strict=True)]
                for rows in zip(da, layer.mask, strict=True)
            ]
        into = [
            _back(layer.phi, *rows) for rows in zip(layer.z_tilde, layer.fired, da, strict=True)
        ]
        layer.delta = _back_through_norm(layer, into, w) if layer.epsilon is not None else into
        _gradients(layer, below)
        da = [
            [sum(d * layer.W[j][k] for j, d in enumerate(deltas)) for k in range(len(layer.W[0]))]
            for deltas in layer.delta
        ]


def _back(phi, z, a, da):
    if phi == "softmax":
        n = len(a)
        return [
            sum(da[j] * a[j] * ((1.0 if j == k else 0.0) - a[k]) for j in range(n))
            for k in range(n)
        ]
    return [g * FUNCTIONS[phi][1](value) for g, value in zip(da, z, strict=True)]


def _back_through_norm(layer, into, w):
    m, n = len(into), len(layer.W)
    delta = [[0.0] * n for _ in range(m)]
    layer.dgamma, layer.dbeta = [0.0] * n, [0.0] * n
    for j in range(n):
        mean, spread = layer.mean[j], sqrt(layer.variance[j] + layer.epsilon)
        d_variance = d_mean = 0.0
        for i in range(m):
            centred = layer.z[i][j] - mean
            layer.dgamma[j] += into[i][j] * centred / spread
            layer.dbeta[j] += into[i][j]
            d_variance += into[i][j] * layer.gamma[j] * centred * -0.5 * spread**-3
            d_mean += into[i][j] * layer.gamma[j] * -1 / spread
        d_mean += d_variance * sum(-2 * w[i] * (layer.z[i][j] - mean) for i in range(m))
        for i in range(m):
            centred = layer.z[i][j] - mean
            delta[i][j] = (
                into[i][j] * layer.gamma[j] / spread
                + d_variance * 2 * w[i] * centred
                + d_mean * w[i]
            )
    return delta


def _gradients(layer, below):
    layer.dW = [[0.0] * len(row) for row in layer.W]
    layer.db = [0.0] * len(layer.W)
    for deltas, inputs in zip(layer.delta, below, strict=True):
        for j, d in enumerate(deltas):
            layer.db[j] += d
            for k, a in enumerate(inputs):
                layer.dW[j][k] += d * a
