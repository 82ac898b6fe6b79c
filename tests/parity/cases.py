"""The engines, and the programs that all of them run: each new engine is one line here."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.data.batches import Data, Order
from glassnet.engine.interface import Engine, Plan, Program, Session
from glassnet.engine.native import NativeEngine
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.network.connections import Blocks
from glassnet.network.heads import Head, output_layer
from glassnet.network.layers import Scaling
from glassnet.network.losses import CrossEntropy, Quantile
from glassnet.network.multipliers import Multipliers
from glassnet.network.penalties import L1, L2, MaxNorm
from glassnet.network.state import State
from glassnet.optim.clipping import Clipping
from glassnet.optim.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, RMSprop
from glassnet.optim.whole_batch import IRprop
from tests.engine.problems import Variant, problem
from tests.parity.arrays import OnArrays, array_api_strict, jax, torch

# Each must keep every promise of a session, and have the numbers of the first.
ENGINES: dict[str, Engine] = {"reference": ReferenceEngine(), "native": NativeEngine()}

# The same mathematics on other arrays: the numbers only, since a call costs so much more.
ELSEWHERE: dict[str, Engine] = {
    "array_api_strict": OnArrays(array_api_strict, "reference on array_api_strict"),
    "torch": OnArrays(torch, "reference on torch"),
    "jax": OnArrays(jax, "reference on jax"),
}

ROWS, BATCH, STEPS = 23, 5, 7  # more than one epoch of 5 batches, the last of 3 rows


@dataclass(frozen=True)
class Case:
    """A program, a State and rows."""

    variant: Variant
    optimizer: Any = field(default_factory=lambda: SGD(0.1))
    clipping: Clipping = field(default_factory=Clipping)
    dtype: str = "float64"
    batch_size: int = BATCH
    decays: bool = False  # weight decay falls from step to step

    def program(self) -> Program:
        """The program."""
        return Program(problem(self.variant).spec, self.optimizer, self.clipping)

    def state(self) -> State:
        """The first State."""
        drawn = problem(self.variant)
        buffers = {name: value.astype(self.dtype) for name, value in drawn.buffers.items()}
        return State(drawn.theta.astype(self.dtype), seed=drawn.seed, buffers=buffers)

    def data(self) -> Data:
        """The rows."""
        data = problem(self.variant).data
        w = None if data.w is None else data.w.astype(self.dtype)
        return Data(data.x.astype(self.dtype), data.y.astype(self.dtype), w)

    def plan(self, steps: int = STEPS) -> Plan:
        """The first steps, over as many epochs as they take; a rate that falls."""
        order = Order(ROWS, self.batch_size, seed=3, smallest=2)
        epochs = -(-steps // order.steps)
        rows = np.concatenate([order.epoch(number) for number in range(epochs)])
        ends = [order.offsets()[1:] + number * ROWS for number in range(epochs)]
        offsets = np.concatenate([[0], *ends])[: steps + 1]
        rates = self.optimizer.learning_rate * 0.9 ** np.arange(steps)
        return Plan(rows, offsets, rates, decay=np.linspace(1, 0, steps) if self.decays else None)

    def open(self, engine: Engine, state: State | None = None) -> Session:
        """A session of an engine on it."""
        return engine.open(self.program(), state or self.state(), self.data())


def variant(*names: Any, **more: Any) -> Variant:
    """A variant on the rows of these cases."""
    return Variant(*names, rows=ROWS, **more)


HEADS = output_layer(
    [
        Head(3, "softmax", "cross_entropy"),
        Head(1, "identity", Quantile(0.9), scale=0.5),
        Head(2, "logistic", "binary_cross_entropy"),
    ]
).activation
SCALED = {"input_stage": Scaling((0.5, -1.0, 2.0), (2.0, 0.5, 3.0))}
SLOW = Multipliers(rate=0.25, bias_rate=3.0, decay=0.5)
CLASSES = ("cross_entropy", "softmax")
FIVE = {"members": 5}
GROUPED = {"connections": Blocks((2, 1), (1, 3))}

CASES = {
    "sgd": Case(variant(outputs=3)),
    "sgd with decay": Case(variant(weighted=True), SGD(0.1, weight_decay=0.1)),
    "adam, classes": Case(variant(*CLASSES, "relu", 3), Adam(0.01)),
    "momentum, batch norm": Case(variant(norm=True, weighted=True, depth=3), Momentum(0.05)),
    "nesterov, dropout": Case(variant(layer={"dropout": 0.4}, units=9), Nesterov(0.05)),
    "adamw, batch norm, dropout, L2, clipped": Case(
        variant(
            *CLASSES, "gelu", 3, True, True, 3,
            layer={"dropout": 0.3}, network={"penalties": (L2(0.01),)},
        ),
        AdamW(0.01, weight_decay=0.1),
        Clipping(norm=0.5),
    ),
    "adamw, multipliers, falling decay": Case(
        variant(*CLASSES, "relu", 3, True, depth=3, layer={"multipliers": SLOW}),
        AdamW(0.01, weight_decay=0.5),
        decays=True,
    ),
    "adam, multipliers of biases, batch norm": Case(
        variant(norm=True, depth=3, layer={"multipliers": Multipliers(bias_rate=0.1)}), Adam(0.01)
    ),
    "momentum, multipliers of the output layer": Case(
        variant(last={"multipliers": SLOW}), Momentum(0.05, weight_decay=0.1)
    ),
    "blocks, adamw, multipliers": Case(
        variant(
            *CLASSES, "relu", 3, True, layer=GROUPED | {"multipliers": SLOW, "dropout": 0.2},
            last={"connections": Blocks((1, 3), (2, 1))},
        ),
        AdamW(0.01, weight_decay=0.5),
    ),
    "blocks, clipped, one output, L1": Case(
        variant(
            "huber", "identity", "selu", layer=GROUPED, last={"connections": Blocks((4,), (1,))},
            network={"penalties": (L1(0.1),), "max_norm": MaxNorm(0.6)},
        ),
        Momentum(0.05),
        Clipping(norm=0.5),
    ),
    "blocks, batch norm, frozen": Case(
        variant(norm=True, layer=GROUPED | {"frozen": True}, last={"bias": False}), Adam(0.01)
    ),
    "blocks, batch norm": Case(variant(norm=True, weighted=True, layer=GROUPED), Adam(0.01)),
    "blocks, clipped rows, noise": Case(
        variant(*CLASSES, "tanh", 3, layer=GROUPED),
        SGD(0.05),
        Clipping(per_sample=0.5, noise_multiplier=0.8, batch_rows=6),
    ),
    "blocks, several heads": Case(
        variant("joint", HEADS, outputs=6, last={"connections": Blocks((1, 2, 1), (2, 3, 1))})
    ),
    "kappa, adamw, multipliers": Case(
        variant(
            *CLASSES, "selu", 3, True, depth=3,
            layer={"kappa": 1.0, "multipliers": Multipliers(kappa_rate=0.1, decay=0.5)},
        ),
        AdamW(0.01, weight_decay=0.5),
    ),
    "kappa, batch norm, dropout, clipped": Case(
        variant(norm=True, depth=3, layer={"kappa": 0.5, "dropout": 0.3}, units=9),
        Nesterov(0.05),
        Clipping(norm=0.5),
    ),
    "kappa that stays, blocks": Case(
        variant(
            hidden="cos",
            layer=GROUPED
            | {"kappa": (0.0, 1.0, 1.0, 0.5), "multipliers": Multipliers(kappa_rate=0)},
        ),
        Adam(0.01),
    ),
    "kappa, relu, frozen": Case(
        variant(hidden="relu", depth=3, layer={"kappa": 0.5, "frozen": True}), Momentum(0.05)
    ),
    "kappa, float32": Case(variant(hidden="mish", layer={"kappa": 0.5}), dtype="float32"),
    "residual": Case(variant(depth=3, units=3, layer={"residual": True}), Adam(0.01)),
    "residual, relu, dropout, batch norm": Case(
        variant(
            *CLASSES, "relu", 3, True, True, 4, units=3, layer={"residual": True, "dropout": 0.3}
        ),
        AdamW(0.01, weight_decay=0.1),
    ),
    "residual, kappa, blocks": Case(
        variant(
            hidden="selu", depth=3, units=3,
            layer={"residual": True, "kappa": 0.5, "connections": Blocks((1, 2), (2, 1))},
        ),
        Momentum(0.05),
        Clipping(norm=0.5),
    ),
    "residual, clipped rows, float32": Case(
        variant(*CLASSES, "relu", 3, depth=3, units=3, layer={"residual": True}),
        SGD(0.05),
        Clipping(per_sample=0.2),
        dtype="float32",
    ),
    "members": Case(variant(outputs=3, depth=3, units=18, layer=FIVE, last=FIVE)),
    "members, adamw, classes, dropout, L2, clipped": Case(
        variant(
            *CLASSES, "relu", 3, True, depth=3, layer=FIVE | {"dropout": 0.3, "multipliers": SLOW},
            last=FIVE, network={"penalties": (L2(0.01),)},
        ),
        AdamW(0.01, weight_decay=0.1),
        Clipping(norm=0.5),
    ),
    "members, kappa, residual, no bias, max-norm": Case(
        variant(
            hidden="selu", depth=4, units=3,
            layer=FIVE | {"kappa": 0.5, "residual": True, "bias": False},
            first={"residual": False}, last=FIVE, network={"max_norm": MaxNorm(0.6)},
        ),
        Momentum(0.05),
    ),
    "members above blocks": Case(
        variant(
            hidden="silu", depth=3, weighted=True, layer=FIVE, last=FIVE,
            first=GROUPED | {"members": 1, "dropout": 0.2},
        ),
        Nesterov(0.05),
        Clipping(value=0.05),
    ),
    "members above a plain relu, scaling": Case(
        variant(
            hidden="relu", depth=3, layer=FIVE, last=FIVE, first={"members": 1},
            network=SCALED,
        ),
        RMSprop(0.01),
    ),
    "members of the output layer, frozen below": Case(
        variant(layer={"frozen": True}, last=FIVE), Adam(0.01)
    ),
    "members, frozen": Case(
        variant(depth=3, layer=FIVE | {"frozen": True}, last=FIVE), SGD(0.1, weight_decay=0.1)
    ),
    "members, several heads": Case(
        variant("joint", HEADS, outputs=6, layer=FIVE, last=FIVE), Adam(0.01)
    ),
    "members, irprop, whole batch": Case(
        variant(outputs=3, layer=FIVE, last=FIVE), IRprop(), batch_size=ROWS
    ),
    "members, float32": Case(
        variant(*CLASSES, "gelu", 3, units=17, layer=FIVE | {"dropout": 0.4}, last=FIVE),
        Adam(0.01),
        dtype="float32",
    ),
    "rmsprop, L1, clipped entries": Case(
        variant(hidden="elu", weighted=True, network={"penalties": (L1(0.5, True),)}),
        RMSprop(0.01),
        Clipping(value=0.05),
    ),
    "clipped rows": Case(
        variant(*CLASSES, "relu", 3, True, network={"penalties": (L2(0.01),)}),
        Momentum(0.05),
        Clipping(per_sample=0.2),
    ),
    "clipped rows, one output, dropout": Case(
        variant(weighted=True, depth=3, layer={"bias": False, "dropout": 0.3}),
        Adam(0.01),
        Clipping(per_sample=0.3, norm=0.5),
    ),
    "clipped rows, noise": Case(
        variant(*CLASSES, "tanh", 3, network={"penalties": (L2(0.01),)}),
        SGD(0.05),
        Clipping(per_sample=0.5, noise_multiplier=0.8, batch_rows=6),
    ),
    "max-norm": Case(variant(hidden="mish", outputs=3, network={"max_norm": MaxNorm(0.6)})),
    "irprop, whole batch": Case(variant(outputs=3), IRprop(), batch_size=ROWS),
    "frozen layers, batch norm": Case(
        variant(norm=True, depth=3, layer={"frozen": True}), Adam(0.01)
    ),
    "several heads": Case(variant("joint", HEADS, outputs=6), Adam(0.01)),
    "scaling, no bias": Case(variant(layer={"bias": False}, network=SCALED), Momentum(0.05)),
    "one layer": Case(variant("binary_cross_entropy", "logistic", outputs=2, depth=1)),
    "counts": Case(variant("poisson", "exp", "softplus"), Adam(0.01)),
    "smoothed classes": Case(variant(CrossEntropy(0.1), "softmax", outputs=3)),
    "outputs clipped to the domain": Case(variant("binary_cross_entropy", "relu"), Adam(0.01)),
    "float32": Case(variant(norm=True, layer={"dropout": 0.4}), Adam(0.01), dtype="float32"),
    "float32, max-norm, clipped": Case(
        variant(*CLASSES, "relu", 3, True, network={"max_norm": MaxNorm(0.6)}),
        Nesterov(0.05),
        Clipping(norm=0.5, value=0.3),
        dtype="float32",
    ),
}  # fmt: skip
