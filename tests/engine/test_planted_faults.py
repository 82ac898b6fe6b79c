"""The gradient suite can fail: each of these faults in backpropagation turns a part of it red."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet.engine import reference, reference_session
from glassnet.network.activations import Softmax, Tanh
from glassnet.network.batch_norm import BatchNorm
from glassnet.network.heads import Head, JointLoss, output_layer
from glassnet.network.layers import Scaling
from glassnet.network.losses import BinaryCrossEntropy, CrossEntropy, Huber
from glassnet.network.penalties import L2
from tests.engine.judge import faults
from tests.engine.problems import Variant, problem

HEADS = output_layer([Head(2), Head(1, "logistic", "binary_cross_entropy", scale=3.0)]).activation

SLICE = {
    "plain": Variant(depth=3),
    "weighted": Variant(weighted=True, outputs=3),
    "norm": Variant(norm=True, weighted=True, depth=3),
    "dropout": Variant(units=8, layer={"dropout": 0.5}),
    "penalty": Variant(network={"penalties": (L2(0.1),)}),
    "penalty per weight sum": Variant(network={"penalties": (L2(1.0, per_weight_sum=True),)}),
    "classes": Variant(CrossEntropy(0.1), "softmax", outputs=3),
    "labels": Variant("binary_cross_entropy", "softmax", outputs=3),
    "huber": Variant(Huber(0.3)),
    "heads": Variant("joint", HEADS, outputs=3),
    "scaling": Variant(network={"input_stage": Scaling((0.5, -1.0, 2.0), (2.0, 0.5, 3.0))}),
}
PENALTIES = {"penalty", "penalty per weight sum"}
BACKWARD = reference.backward


def backward_of(change):
    """A backward pass that is given something else than the forward pass left."""

    def changed(spec, theta, passed, batch, **options):
        return BACKWARD(*change(spec, theta, passed, batch), **options)

    return reference_session, "backward", changed


def transposed_weights(spec, theta, passed, batch):
    blocks = spec.unpack(theta)
    for l in range(1, spec.depth + 1):
        if blocks.W[l].shape[0] == blocks.W[l].shape[1]:
            blocks.W[l] = blocks.W[l].T
    return spec, spec.pack(blocks), passed, batch


def equal_weights(spec, theta, passed, batch):
    m = len(batch.w)
    return spec, theta, passed, replace(batch, w=np.full(m, 1 / m))


def unscaled_masks(spec, theta, passed, batch):
    masks = [None if mask is None else (mask > 0) * 1.0 for mask in passed.mask]
    return spec, theta, replace(passed, mask=masks), batch


def forgotten_masks(spec, theta, passed, batch):
    return spec, theta, replace(passed, mask=[None] * len(passed.mask)), batch


def raw_input(spec, theta, passed, batch):
    return spec, theta, replace(passed, a=[batch.x, *passed.a[1:]]), batch


def running_statistics(self, g, gamma, x_hat, variance, w, total=None):
    """Batch norm's backward pass as if μ and σ² were constants."""
    root = np.sqrt(variance + self.epsilon)
    return g * gamma / root, (g * x_hat).sum(axis=0), g.sum(axis=0)


def without_variance(self, g, gamma, x_hat, variance, w, total=None):
    d_x_hat = g * gamma
    d_x_hat = d_x_hat - w[:, None] * d_x_hat.sum(axis=0)
    delta = d_x_hat / np.sqrt(variance + self.epsilon)
    return delta, (g * x_hat).sum(axis=0), g.sum(axis=0)


def summed_bias(spec, theta, passed, batch, **options):
    """The bias before batch norm gets the rounding of Σ δ instead of 0."""
    found = BACKWARD(spec, theta, passed, batch, **options)
    for l in range(1, spec.depth + 1):
        found.blocks.b[l] = found.delta[l].sum(axis=0)
    return found


def halved(spec, theta, passed, batch, **options):
    found = BACKWARD(spec, theta, passed, batch, **options)
    found.blocks.W[:] = [None if W is None else W / 2 for W in found.blocks.W]
    return found


SCORE_DERIVATIVE = JointLoss.score_derivative


def unscaled_heads(self, z, a, y):
    heads = tuple(replace(head, scale=1.0) for head in self.heads)
    return SCORE_DERIVATIVE(JointLoss(heads), z, a, y)


# What is wrong: where it is planted, and the cases of the slice that must see it.
FAULTS = {
    "W transposed in delta": (backward_of(transposed_weights), {"plain", "norm"}),
    "weights of the rows forgotten": (backward_of(equal_weights), {"weighted", "norm"}),
    "dropout not scaled in delta": (backward_of(unscaled_masks), {"dropout"}),
    "dropout forgotten in delta": (backward_of(forgotten_masks), {"dropout"}),
    "the raw input in dW": (backward_of(raw_input), {"scaling"}),
    "dW divided once too often": ((reference_session, "backward", halved), set(SLICE)),
    "a bias before batch norm not 0": ((reference_session, "backward", summed_bias), {"norm"}),
    "batch statistics taken for constants": ((BatchNorm, "back", running_statistics), {"norm"}),
    "variance taken for a constant": ((BatchNorm, "back", without_variance), {"norm"}),
    "softmax without its sum": ((Softmax, "back", lambda self, z, a, g: a * g), {"labels"}),
    "tanh with 1 - a": ((Tanh, "derivative", lambda self, z, a: 1 - a), set(SLICE)),
    "a penalty without gradient": ((L2, "derivative", lambda self, W: 0 * W), PENALTIES),
    "a penalty's gradient doubled": ((L2, "derivative", lambda self, W: 0.2 * W), PENALTIES),
    "smoothing forgotten in delta": (
        (CrossEntropy, "score_derivative", lambda self, z, a, y: a - y),
        {"classes"},
    ),
    "half of binary cross-entropy": (
        (BinaryCrossEntropy, "derivative", lambda self, a, y: -y / a),
        {"labels"},
    ),
    "huber without its limit": ((Huber, "derivative", lambda self, a, y: a - y), {"huber"}),
    "a head's scale forgotten": ((JointLoss, "score_derivative", unscaled_heads), {"heads"}),
}


@pytest.mark.parametrize("variant", SLICE.values(), ids=SLICE)
def test_the_slice_is_green_without_a_fault(variant):
    assert faults(problem(variant)) == []


@pytest.mark.parametrize(("fault", "seen_by"), FAULTS.values(), ids=FAULTS)
def test_the_suite_turns_red_for(fault, seen_by, monkeypatch):
    monkeypatch.setattr(*fault)

    assert {name for name, variant in SLICE.items() if faults(problem(variant))} == seen_by
