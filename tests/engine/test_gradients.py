"""Gradients of every variant against four-point differences of the reported cost, in float64.

What interacts is taken in full: each loss with each output activation, weights with batch norm. The
rest is covered pairwise, by an array built the same way on each run; the session ``full`` takes the
whole product.
"""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from glassnet.network.activations import ACTIVATIONS, ELU, LeakyReLU, ReLU
from glassnet.network.batch_norm import BatchNorm
from glassnet.network.connections import Blocks
from glassnet.network.heads import Head, output_layer
from glassnet.network.layers import Scaling
from glassnet.network.losses import (
    LOSSES,
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    Quantile,
)
from glassnet.network.penalties import L1, L2
from tests.engine.judge import faults
from tests.engine.problems import Problem, Variant, problem

PAIRS = tuple(product(sorted(LOSSES), sorted(ACTIVATIONS)))


def outputs_of(loss, output):
    """1 and 3 outputs; classes need more than one."""
    return (3,) if loss == "cross_entropy" or output == "softmax" else (1, 3)


def whole_product(loss, output):
    """Every variant of a loss and an output activation."""
    choices = product(sorted(ACTIVATIONS), outputs_of(loss, output), (False, True), (False, True))
    return [Variant(loss, output, *choice) for choice in choices]


def covering_array():
    """Variants that hold every loss with every output activation, and every two other choices.

    Greedy: the next variant is the first of those that hold most combinations not yet held.
    """
    every = [variant for pair in PAIRS for variant in whole_product(*pair)]
    numbers: dict[tuple, int] = {}
    held = np.array([[numbers.setdefault(c, len(numbers)) for c in combinations(v)] for v in every])
    missing = np.ones(len(numbers), dtype=bool)
    chosen = []
    while missing.any():
        best = int(missing[held].sum(axis=1).argmax())
        missing[held[best]] = False
        chosen.append(every[best])
    return chosen


def combinations(v):
    """What a variant holds: its pair, its weights with its norm, and every two of the choices."""
    pair, statistics = (v.loss, v.output), (v.weighted, v.norm)
    return [
        ("pair and outputs", pair, v.outputs),
        ("pair and statistics", pair, statistics),
        ("loss and hidden", v.loss, v.hidden),
        ("output and hidden", v.output, v.hidden),
        ("hidden and outputs", v.hidden, v.outputs),
        ("hidden and statistics", v.hidden, statistics),
        ("outputs and statistics", v.outputs, statistics),
    ]


COVERING = covering_array()


def test_the_covering_array_holds_every_pair_of_choices():
    held = {c for variant in COVERING for c in combinations(variant)}
    wanted = {
        c for pair in PAIRS for variant in whole_product(*pair) for c in combinations(variant)
    }

    assert held == wanted
    assert {(v.loss, v.output) for v in COVERING} == set(PAIRS)


@pytest.mark.parametrize("variant", COVERING, ids=str)
def test_the_gradient_is_that_of_the_reported_cost(variant):
    assert faults(problem(variant)) == []


@pytest.mark.long
@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_the_gradient_is_that_of_the_reported_cost_in_the_whole_product(loss, output):
    found = {str(v): faults(problem(v)) for v in whole_product(loss, output)}

    assert {variant: fault for variant, fault in found.items() if fault} == {}


CUBE = SimpleNamespace(name="cube", value=lambda z: z**3 + z, derivative=lambda z, a: 3 * z**2 + 1)
SEVERAL = output_layer(
    [
        Head(3, "softmax", "cross_entropy"),
        Head(1, "identity", "squared_error", scale=0.5),
        Head(2, "logistic", "binary_cross_entropy", scale=2.0),
    ]
).activation
QUANTILES = output_layer([Head(1, "identity", Quantile(q)) for q in (0.1, 0.5, 0.9)]).activation
THREE = {"members": 3}
SCALING = Scaling((0.5, -1.0, 2.0), (2.0, 0.5, 3.0))

OTHERS = {
    "dropout": Variant(depth=3, layer={"dropout": 0.4}, units=8),
    "dropout and batch norm": Variant(depth=3, norm=True, layer={"dropout": 0.4}, units=8),
    "dropout, weights, relu": Variant(
        hidden="relu", weighted=True, layer={"dropout": 0.5}, units=8
    ),
    "L1": Variant(network={"penalties": (L1(0.1),)}),
    "L2": Variant(network={"penalties": (L2(0.1),)}),
    "L1 per weight sum": Variant(weighted=True, network={"penalties": (L1(0.5, True),)}),
    "L2 per weight sum": Variant(weighted=True, network={"penalties": (L2(0.5, True),)}),
    "L1 and L2, batch norm": Variant(norm=True, network={"penalties": (L1(0.1), L2(0.5, True))}),
    "several heads": Variant("joint", SEVERAL, outputs=6, weighted=True),
    "several heads, batch norm": Variant("joint", SEVERAL, outputs=6, norm=True),
    "quantiles": Variant("joint", QUANTILES, outputs=3, weighted=True),
    "frozen": Variant(depth=3, layer={"frozen": True}),
    "frozen batch norm": Variant(depth=3, layer={"frozen": True}, norm=True),
    "no bias": Variant(depth=3, layer={"bias": False}, last={"bias": False}),
    "no bias, batch norm": Variant(depth=3, layer={"bias": False}, norm=True),
    "scaling": Variant(network={"input_stage": SCALING}),
    "scaling, batch norm": Variant(network={"input_stage": SCALING}, norm=True, weighted=True),
    "batch norm before the output": Variant(
        "cross_entropy", "softmax", outputs=3, norm=True, last={"batch_norm": True}
    ),
    "batch norm with a large epsilon": Variant(layer={"batch_norm": BatchNorm(epsilon=0.5)}),
    "smoothed cross-entropy": Variant(CrossEntropy(0.1), "softmax", outputs=3),
    "smoothed cross-entropy of logistic outputs": Variant(CrossEntropy(0.1), "logistic", outputs=3),
    "smoothed binary cross-entropy": Variant(BinaryCrossEntropy(0.2), "logistic", outputs=3),
    "smoothed binary cross-entropy of softmax outputs": Variant(
        BinaryCrossEntropy(0.2), "softmax", outputs=3
    ),
    "huber with a threshold": Variant(Huber(0.3), weighted=True, outputs=3),
    "quantile 0.9": Variant(Quantile(0.9), outputs=3),
    "leaky relu with a steep slope": Variant(hidden=LeakyReLU(0.3)),
    "relu with a slope at 0": Variant(hidden=ReLU(at_zero=0.5)),
    "elu with half its depth": Variant(hidden=ELU(0.5)),
    "an activation of one's own": Variant(hidden=CUBE, output=CUBE),
    "blocks": Variant(layer={"connections": Blocks((2, 1), (1, 3))}),
    "blocks, batch norm, L2, weights": Variant(
        norm=True,
        weighted=True,
        outputs=3,
        layer={"connections": Blocks((1, 2), (3, 1))},
        last={"connections": Blocks((1, 3), (2, 1))},
        network={"penalties": (L2(0.1),)},
    ),
    **{
        f"kappa of {name}": Variant(depth=3, hidden=name, layer={"kappa": 1.0})
        for name in sorted(ACTIVATIONS)
        if name != "softmax"
    },
    "kappa, dropout, batch norm, weights": Variant(
        depth=3, norm=True, weighted=True, layer={"dropout": 0.4, "kappa": 0.7}, units=8
    ),
    "kappa, blocks": Variant(layer={"kappa": 0.5, "connections": Blocks((2, 1), (1, 3))}),
    "residual": Variant(depth=3, units=3, layer={"residual": True}),
    "residual, dropout, batch norm, weights": Variant(
        depth=3, units=3, norm=True, weighted=True, layer={"dropout": 0.4, "residual": True}
    ),
    "residual, kappa, relu, blocks": Variant(
        "cross_entropy",
        "softmax",
        "relu",
        outputs=3,
        depth=4,
        units=3,
        layer={"residual": True, "kappa": 0.5, "connections": Blocks((2, 1), (1, 2))},
    ),
    "residual, softmax below": Variant(
        depth=3, hidden="softmax", units=3, layer={"residual": True}
    ),
    "residual, scaling": Variant(
        units=3, layer={"residual": True}, network={"input_stage": SCALING}
    ),
    "members": Variant(
        "cross_entropy", "softmax", outputs=3, depth=3, weighted=True, layer=THREE, last=THREE
    ),
    "members, relu, dropout, kappa, L2": Variant(
        hidden="relu",
        depth=3,
        units=8,
        layer=THREE | {"dropout": 0.4, "kappa": 0.5},
        last=THREE,
        network={"penalties": (L2(0.1),)},
    ),
    "members, residual, no bias": Variant(
        depth=3,
        units=3,
        layer=THREE | {"residual": True, "bias": False},
        last=THREE,
        first={"residual": False, "bias": True},
    ),
    "members above a plain layer, scaling": Variant(
        weighted=True,
        outputs=2,
        depth=4,
        layer=THREE,
        last=THREE,
        first={"members": 1, "dropout": 0.3},
        network={"input_stage": SCALING},
    ),
    "members above blocks with batch norm": Variant(
        depth=3,
        layer=THREE,
        last=THREE,
        first={"members": 1, "batch_norm": True, "connections": Blocks((2, 1), (1, 3))},
    ),
    "members of the output layer alone": Variant("huber", hidden="gelu", last=THREE),
    "members, several heads": Variant("joint", SEVERAL, outputs=6, layer=THREE, last=THREE),
    "members, one row": Variant(rows=1, layer=THREE, last=THREE),
    "one row": Variant(rows=1),
    "one input, one unit": Variant(inputs=1, units=1, depth=3),
    **{f"depth {n}": Variant("cross_entropy", "softmax", outputs=3, depth=n) for n in (1, 2, 3, 4)},
    **{f"depth {n}, batch norm": Variant(depth=n, norm=True, weighted=True) for n in (3, 4)},
}


@pytest.mark.parametrize("variant", OTHERS.values(), ids=OTHERS)
def test_the_gradient_is_that_of_the_reported_cost_with(variant):
    assert faults(problem(variant)) == []


@pytest.mark.parametrize("norm", [False, True])
def test_the_gradient_is_that_of_the_reported_cost_where_rows_weigh_nothing(norm):
    drawn = problem(Variant(norm=norm, weighted=True, outputs=3))
    drawn.data.w[[0, 3]] = 0.0

    assert faults(drawn) == []


def test_the_gradient_is_that_of_the_reported_cost_for_targets_that_are_shares():
    drawn = problem(Variant("cross_entropy", "softmax", outputs=3))
    shares = np.random.default_rng(0).dirichlet(np.ones(3), len(drawn.data))
    data = type(drawn.data)(drawn.data.x, shares)

    assert faults(Problem(drawn.spec, drawn.theta, drawn.buffers, data)) == []
