"""The seam between training and the engines that compute.

An :class:`Engine` says whether it can run a :class:`Program` and opens a :class:`Session` on a
State and the data. The session keeps the State in whatever form suits it; ``state()`` makes the
canonical one. ``run`` is the fast path and keeps nothing but costs; ``look`` takes one step and
returns what was asked for. Both run the same kernels: looking adds stores, never another path, so
it changes no bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.network.specification import Specification
from glassnet.network.state import State
from glassnet.optim.clipping import Clipping
from glassnet.optim.optimizers import Optimizer

KEEP = frozenset(
    {
        "z", "z_tilde", "x_hat", "mean", "variance", "fired", "mask", "a", "da", "delta",
        "dW", "db", "dgamma", "dbeta", "dkappa", "dr", "ds", "g", "theta", "change",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Program:
    """What to compute, apart from the numbers: the network, and how a gradient becomes a step.

    Attributes
    ----------
    specification : Specification
    optimizer : Optimizer
    clipping : Clipping
    threads : int, optional
        At most; by default as :func:`~glassnet.engine.threads.thread_count` says.
    precision : "full" or "bf16"
        ``"bf16"``: the products of a training step are of bfloat16 numbers, summed in float32.
    """

    specification: Specification
    optimizer: Optimizer
    clipping: Clipping = field(default_factory=Clipping)
    threads: int | None = None
    precision: Literal["full", "bf16"] = "full"


@dataclass(frozen=True)
class StopRule:
    """End when the mean cost of an epoch has not fallen by ``tolerance`` for ``patience`` epochs.

    More exactly, when it has failed to do so more than ``patience`` times in a row.

    Examples
    --------
    >>> rule, memory = StopRule(tolerance=0.1, patience=1), StopRule.start()
    >>> for J in (1.0, 0.95, 0.94):
    ...     memory = rule.told(memory, J)
    >>> rule.says_stop(memory)
    True
    """

    tolerance: float
    patience: int

    @staticmethod
    def start() -> Mapping[str, float]:
        """The memory before the first epoch."""
        return {"best": float("inf"), "stale": 0}

    def told(self, memory: Mapping[str, float], J: float) -> Mapping[str, float]:
        """The memory after an epoch of mean cost J."""
        stale = memory["stale"] + 1 if J > memory["best"] - self.tolerance else 0
        return {"best": min(J, memory["best"]), "stale": stale}

    def says_stop(self, memory: Mapping[str, float]) -> bool:
        """Whether it is time to end."""
        return memory["stale"] > self.patience


@dataclass(frozen=True)
class Pace:
    """How a step is taken: its rate, and the factors of dropout and weight decay."""

    rate: float
    dropout: float = 1.0
    decay: float = 1.0


@dataclass(frozen=True)
class Plan:
    """The steps to take: step k uses the rows ``rows[offsets[k]:offsets[k + 1]]`` at ``rates[k]``.

    Attributes
    ----------
    rows : (r,) int64
    offsets : (steps + 1,) int64
    rates : (steps,) float64
    epoch_ends : tuple of int
        Numbers of steps after which an epoch of the plan ends; what ``stop`` counts.
    stop : StopRule, optional
    stop_memory : dict, optional
        The rule's memory from the epochs before.
    dropout, decay : (steps,) float64, optional
        Factors of all layers' dropout and of the weight decay; None: 1.
    """

    rows: Array
    offsets: Array
    rates: Array
    epoch_ends: tuple[int, ...] = ()
    stop: StopRule | None = None
    stop_memory: Mapping[str, float] = field(default_factory=StopRule.start)
    dropout: Array | None = None
    decay: Array | None = None

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return len(self.offsets) - 1

    def part(self, start: int, stop: int) -> Plan:
        """The steps from ``start`` up to ``stop``, without the stop rule."""
        dropout = None if self.dropout is None else self.dropout[start:stop]
        decay = None if self.decay is None else self.decay[start:stop]
        offsets, rates = self.offsets[start : stop + 1], self.rates[start:stop]
        return Plan(self.rows, offsets, rates, dropout=dropout, decay=decay)

    def pace(self, step: int) -> Pace:
        """How one step is taken."""
        return Pace(
            float(self.rates[step]),
            1.0 if self.dropout is None else float(self.dropout[step]),
            1.0 if self.decay is None else float(self.decay[step]),
        )

    def step_rows(self, step: int) -> Array:
        """The rows of one step."""
        return self.rows[self.offsets[step] : self.offsets[step + 1]]


Ended = Literal["done", "diverged", "interrupted", "stopped"]


@dataclass(frozen=True)
class Stretch:
    """What came of a plan: J and the weight sum of each step taken, and why it ended.

    ``"diverged"``: the last cost, or θ after its step, is not finite, and that step was not taken.
    ``"interrupted"``: Ctrl-C; the costs and the State are those of whole steps.
    """

    costs: Array
    weights: Array
    ended: Ended

    @property
    def mean_cost(self) -> float:
        """The costs' mean, weighted as the rows were; nan where they weigh nothing."""
        return mean_cost(self.costs.tolist(), self.weights.tolist())


def mean_cost(costs: Sequence[float], weights: Sequence[float]) -> float:
    """The mean of costs under weights, nan where these are all 0.

    Summed in the order of the steps, so that every engine's stop rule sees the same number. Plain
    Python: most epochs that are short have few steps, and those that have many take longer.

    Examples
    --------
    >>> mean_cost([1.0, 4.0], [3.0, 1.0])
    1.75
    """
    total = 0.0
    for weight in weights:
        total += weight
    if not total > 0:
        return float("nan")
    mean = 0.0
    for cost, weight in zip(costs, weights, strict=True):
        mean += cost * (weight / total)  # divided first: costs near the largest must not overflow
    return mean


@dataclass(frozen=True)
class Moment:
    """One step, or one pass without a step, seen in full. What was not asked for is None.

    Lists are numbered by layer, 1..L (``a[0]`` and ``da[0]`` belong to the input). Shapes: z, a,
    delta and the like (m, n_l); dW (n_l, n_{l−1}); db, mean and the like (n_l,); with members
    (m·k, n_l), and db (k, n_l).

    Attributes
    ----------
    t : int
        Steps taken before this one.
    J, loss, penalty : float
        The cost and its two parts.
    finite : bool
        Whether J, and θ after the step, are finite; if not, the step was not taken.
    weight_sum, rate : float
    z, z_tilde, x_hat, mean, variance : lists
        Weighted input; what enters the activation; batch norm's x̂, μ, σ² (None without batch norm).
    fired, mask, a : lists
        φ(z̃), or its share κ; dropout's factors, 0 or 1/(1 − rate) (None without dropout); their
        product.
    da, delta, dW, db, dgamma, dbeta, dkappa, dr, ds : lists
        ∂J/∂a, ∂J/∂z, ∂J/∂W, ∂J/∂b, ∂J/∂γ, ∂J/∂β, ∂J/∂κ, ∂J/∂r, ∂J/∂s.
    g, theta, change : (p,) arrays
        The whole gradient before clipping; θ before the step; what the step added to it.
    """

    t: int
    J: float
    loss: float
    penalty: float
    weight_sum: float
    finite: bool = True
    rate: float = 0.0
    z: Any = None
    z_tilde: Any = None
    x_hat: Any = None
    mean: Any = None
    variance: Any = None
    fired: Any = None
    mask: Any = None
    a: Any = None
    da: Any = None
    delta: Any = None
    dW: Any = None
    db: Any = None
    dgamma: Any = None
    dbeta: Any = None
    dkappa: Any = None
    dr: Any = None
    ds: Any = None
    g: Any = None
    theta: Any = None
    change: Any = None


@dataclass(frozen=True)
class Share:
    """A rank's part of a global batch, whose gradient is the sum over the ranks.

    Attributes
    ----------
    weight_sum : float
        Of the global batch: J and g are sums over the rank's rows, divided by it.
    first_row : int
        The place of the rank's first row in the global batch, by which dropout's masks are drawn.
    penalised : bool
        Whether this rank adds the penalties: one of them does.
    total : callable, optional
        Adds an array up over the ranks, in its place, and returns it. With it batch norm takes the
        statistics of the global batch: every rank then calls it as often, also one without rows.
        Without it the statistics are those of the rank's own rows.

    Examples
    --------
    >>> Share(weight_sum=32.0, first_row=16, penalised=False).total is None
    True
    """

    weight_sum: float
    first_row: int = 0
    penalised: bool = True
    total: Callable[[Array], Array] | None = None


@dataclass(frozen=True)
class Scores:
    """z̃[L] and a[L], (m, n_L), or None and the mean of members' a[L]; all layers where kept."""

    z: Any
    a: Array
    layers: Any = None


class Session(Protocol):
    """A State and data in an engine's hands."""

    def run(self, plan: Plan) -> Stretch:
        """Take the steps of the plan and keep nothing but their costs."""
        ...

    def look(self, plan: Plan, keep: frozenset[str]) -> Moment:
        """Take the plan's first step and return what ``keep`` names of it."""
        ...

    def gradient(
        self,
        rows: Array | None,
        keep: frozenset[str] = frozenset(),
        *,
        share: Share | None = None,
        dropout: float = 1.0,
    ) -> Moment:
        """J and its gradient on these rows (None: all), as in training at step t. Takes no step.

        With a ``share`` the rows are a part of a global batch, and may be none.
        ``dropout`` is a factor of all layers' dropout.
        """
        ...

    def forward(self, x: Array, *, every_layer: bool = False) -> Scores:
        """Predict: running statistics, no dropout."""
        ...

    def apply(
        self, g: Array, pace: Pace, J: float, statistics: Mapping[str, Array] | None = None
    ) -> bool:
        """Take the step that a gradient computed elsewhere asks for.

        ``statistics`` are what the running ones of batch norm move by: ``"mean[l]"`` and
        ``"variance[l]"`` of the batch, for every layer that has and trains it; without them, they
        stay. False where θ is no longer finite: load an earlier State then.
        """
        ...

    def state(self) -> State:
        """The canonical State."""
        ...

    def load(self, state: State) -> None:
        """Put another State in the place of the present one."""
        ...


class Engine(Protocol):
    """Something that can run programs."""

    name: str

    def supports(self, program: Program) -> str | None:
        """None, or in one sentence why this engine cannot run the program."""
        ...

    def open(self, program: Program, state: State, data: Data) -> Session:
        """Return a session on a State and data."""
        ...

    def arithmetic(self) -> str:
        """Whose arithmetic it is: the same name here and elsewhere means the same bits."""
        ...
