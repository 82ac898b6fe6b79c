"""Initial weights W ~ …, each defined here and nowhere else.

``n_in`` and ``n_out`` are the numbers of units of the layer below and of the layer itself, n_{l−1}
and n_l. An initializer is called as ``draw(rng, n_out, n_in)`` and returns W, (n_out, n_in)
float64.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any, ClassVar

import numpy as np

from glassnet.arrays import Array
from glassnet.network.hyperparameters import settle, settle_count
from glassnet.network.intervals import REALS, Interval

_POSITIVE = Interval(0, inf)


class Initializer(ABC):
    """What every initializer offers; your own is an object with the same ``draw``.

    Examples
    --------
    >>> class Ones(Initializer):
    ...     name = "ones"
    ...
    ...     def draw(self, rng, n_out, n_in):
    ...         return np.ones((n_out, n_in))
    """

    name: ClassVar[str]

    @abstractmethod
    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        """W, (n_out, n_in) float64."""


@dataclass(frozen=True)
class Zeros(Initializer):
    """W = 0. All units of a layer stay alike for ever: the symmetry demonstration.

    Examples
    --------
    >>> Zeros().draw(np.random.default_rng(0), 1, 2).tolist()
    [[0.0, 0.0]]
    """

    name = "zeros"

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        return np.zeros((n_out, n_in))


@dataclass(frozen=True)
class Constant(Initializer):
    """W = γ for every entry. Units stay alike, as with zeros.

    Examples
    --------
    >>> Constant(0.5).draw(np.random.default_rng(0), 1, 2).tolist()
    [[0.5, 0.5]]
    """

    value: float = 0.1

    name = "constant"

    def __post_init__(self) -> None:
        settle(self, value=REALS)

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        return np.full((n_out, n_in), self.value)


@dataclass(frozen=True)
class Normal(Initializer):
    """W ~ N(0, std²); the small 0.01 of many courses.

    The first ``passes`` units begin with weight 1 for the input of their number and 0 for the
    others: they hand it on.

    Examples
    --------
    >>> Normal(std=0.5, passes=1).draw(np.random.default_rng(0), 3, 2).round(2).tolist()
    [[1.0, 0.0], [0.32, 0.05], [-0.27, 0.18]]
    """

    std: float = 0.01
    passes: int = 0

    name = "normal"

    def __post_init__(self) -> None:
        settle(self, std=_POSITIVE)
        settle_count(self, "passes", least=0)

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        W = rng.normal(0.0, self.std, (n_out, n_in))
        W[: self.passes] = np.eye(n_out, n_in)[: self.passes]
        return W


@dataclass(frozen=True)
class Uniform(Initializer):
    """W ~ U(−bound, bound); 0 for the first ``zeros`` units. U(−π, π) as biases: random phases.

    Examples
    --------
    >>> Uniform(bound=0.5, zeros=1).draw(np.random.default_rng(0), 3, 1).round(2).tolist()
    [[0.0], [-0.23], [-0.46]]
    """

    bound: float = 1.0
    zeros: int = 0

    name = "uniform"

    def __post_init__(self) -> None:
        settle(self, bound=_POSITIVE)
        settle_count(self, "zeros", least=0)

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        W = rng.uniform(-self.bound, self.bound, (n_out, n_in))
        W[: self.zeros] = 0.0
        return W


@dataclass(frozen=True)
class HeNormal(Initializer):
    """W ~ N(0, k / n_in) with k = 2, made for relu.  He et al. (2015), eq. 10.

    Examples
    --------
    >>> W = HeNormal().draw(np.random.default_rng(0), 1000, 50)
    >>> round(float(W.var()), 3)  # 2 / 50
    0.04
    """

    k: float = 2.0

    name = "he_normal"

    def __post_init__(self) -> None:
        settle(self, k=_POSITIVE)

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        return _normal(rng, self.k / n_in, n_out, n_in)


@dataclass(frozen=True)
class HeUniform(Initializer):
    """W ~ U(−c, c) of variance k / n_in with k = 2: c = √(3k / n_in).  He et al. (2015), eq. 10.

    Examples
    --------
    >>> W = HeUniform().draw(np.random.default_rng(0), 1000, 6)
    >>> round(float(abs(W).max()), 3)  # √(6 / 6)
    1.0
    """

    k: float = 2.0

    name = "he_uniform"

    def __post_init__(self) -> None:
        settle(self, k=_POSITIVE)

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        return _uniform(rng, self.k / n_in, n_out, n_in)


@dataclass(frozen=True)
class LecunNormal(Initializer):
    """W ~ N(0, 1 / n_in); "Xavier" in some texts.  LeCun et al. (1998), eq. 16.

    Examples
    --------
    >>> W = LecunNormal().draw(np.random.default_rng(0), 1000, 50)
    >>> round(float(W.var()), 3)  # 1 / 50
    0.02
    """

    name = "lecun"

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        return _normal(rng, 1 / n_in, n_out, n_in)


@dataclass(frozen=True)
class LecunUniform(Initializer):
    """W ~ U(−c, c) of variance 1 / n_in: c = √(3 / n_in).  LeCun et al. (1998), eq. 16.

    Examples
    --------
    >>> W = LecunUniform().draw(np.random.default_rng(0), 1000, 12)
    >>> round(float(abs(W).max()), 3)  # √(3 / 12)
    0.5
    """

    name = "lecun_uniform"

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        return _uniform(rng, 1 / n_in, n_out, n_in)


@dataclass(frozen=True)
class GlorotNormal(Initializer):
    """W ~ N(0, 2 / (n_in + n_out)).  Glorot & Bengio (2010), eq. 12.

    Examples
    --------
    >>> W = GlorotNormal().draw(np.random.default_rng(0), 300, 100)
    >>> round(float(W.var()), 3)  # 2 / 400
    0.005
    """

    name = "glorot_normal"

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        return _normal(rng, 2 / (n_in + n_out), n_out, n_in)


@dataclass(frozen=True)
class GlorotUniform(Initializer):
    """W ~ U(−c, c) with c = √(6 / (n_in + n_out)): keeps the variance of z and of δ between layers.

    Glorot & Bengio (2010), eq. 16.

    Examples
    --------
    >>> W = GlorotUniform().draw(np.random.default_rng(0), 300, 300)
    >>> round(float(abs(W).max()), 3)  # √(6 / 600)
    0.1
    """

    name = "glorot_uniform"

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        return _uniform(rng, 2 / (n_in + n_out), n_out, n_in)


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """W with orthonormal rows, or columns where it is taller than wide, times ``gain``.

    Saxe, McClelland & Ganguli (2014). From the QR factors of a normal matrix, signs made uniform.

    Examples
    --------
    >>> W = Orthogonal().draw(np.random.default_rng(0), 2, 5)
    >>> bool(np.allclose(W @ W.T, np.eye(2)))
    True
    """

    gain: float = 1.0

    name = "orthogonal"

    def __post_init__(self) -> None:
        settle(self, gain=REALS)

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        tall = rng.normal(size=(max(n_out, n_in), min(n_out, n_in)))
        q, r = np.linalg.qr(tall)
        q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
        return self.gain * (q if n_out >= n_in else q.T)


def _normal(rng: np.random.Generator, variance: float, n_out: int, n_in: int) -> Array:
    return rng.normal(0.0, sqrt(variance), (n_out, n_in))


def _uniform(rng: np.random.Generator, variance: float, n_out: int, n_in: int) -> Array:
    bound = sqrt(3 * variance)
    return rng.uniform(-bound, bound, (n_out, n_in))


INITIALIZERS: dict[str, type[Initializer]] = {
    kind.name: kind
    for kind in (
        Zeros, Constant, Normal, Uniform, HeNormal, HeUniform, LecunNormal, LecunUniform,
        GlorotNormal, GlorotUniform, Orthogonal,
    )
}  # fmt: skip

# What init="auto" picks: He for activations that are zero on half the line, LeCun for the
# self-normalizing one (its paper, section 3), Glorot for the others.
AUTO: dict[str, str] = {
    **dict.fromkeys(
        ("relu", "leaky_relu", "elu", "gelu", "silu", "mish", "softplus"), "he_uniform"
    ),
    "selu": "lecun",
}


def automatic(activation_name: str) -> Initializer:
    """Return the initializer that ``init="auto"`` means for an activation.

    Examples
    --------
    >>> automatic("relu").name, automatic("tanh").name
    ('he_uniform', 'glorot_uniform')
    """
    kind: Any = INITIALIZERS[AUTO.get(activation_name, "glorot_uniform")]
    return kind()
