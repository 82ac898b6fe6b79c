"""Shapes, counts, and the way between θ and its blocks, over random architectures."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.errors import GlassnetError, InvalidValue, OutsideDomain
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.description import describe_specification, rebuild_specification
from glassnet.network.heads import Head, output_layer
from glassnet.network.initializers import INITIALIZERS
from glassnet.network.layers import Dense, Scaling
from glassnet.network.losses import LOSSES
from glassnet.network.penalties import L1, L2, MaxNorm
from glassnet.network.specification import Parameters, Specification

HIDDEN = sorted(set(ACTIVATIONS) - {"softmax"})
FEW = settings(max_examples=25)  # of a dozen choices each; 100 took 3 s a test


def hidden_layers():
    return st.builds(
        Dense,
        st.integers(1, 6),
        st.sampled_from(HIDDEN),
        bias=st.booleans(),
        init=st.sampled_from(["auto", *sorted(INITIALIZERS)]),
        bias_init=st.sampled_from(["zeros", "normal", 0.5]),
        dropout=st.sampled_from([0.0, 0.5]),
        batch_norm=st.booleans(),
        frozen=st.booleans(),
    )


def outputs():
    heads = st.builds(
        Head,
        st.integers(2, 3),
        st.just("softmax"),
        st.sampled_from(["cross_entropy", LOSSES["cross_entropy"](0.1), "huber"]),
        st.sampled_from([1.0, 0.5]),
    )
    return st.builds(
        output_layer, st.lists(heads, min_size=2, max_size=3), bias=st.booleans()
    ) | st.builds(Dense, st.integers(1, 4), st.just("identity"), bias=st.booleans())


@st.composite
def specifications(draw):
    inputs = draw(st.integers(1, 5))
    layers = (*draw(st.lists(hidden_layers(), max_size=4)), draw(outputs()))
    stage = draw(st.sampled_from([None, Scaling((0.5,) * inputs, (2.0,) * inputs)]))
    penalties = draw(st.sampled_from([(), (L2(0.1),), (L1(0.2), L2(0.1, per_weight_sum=True))]))
    limit = draw(st.sampled_from([None, MaxNorm(3.0)]))
    loss = draw(st.sampled_from(["squared_error", LOSSES["huber"](2.0)]))
    return Specification(inputs, layers, loss, penalties, limit, stage)


def counted(spec):
    """(d + 1) m₁ + (m₁ + 1) m₂ + …, a layer without bias or with batch norm by hand."""
    total, below = 0, spec.inputs
    for layer in spec.layers:
        total += layer.units * (below + (1 if layer.bias else 0) + (2 if layer.batch_norm else 0))
        below = layer.units
    return total


@FEW
@given(specifications())
def test_the_parameter_count_is_the_sum_over_layers(spec):
    assert spec.parameter_count == counted(spec) == spec.initial_state(0).theta.size


@pytest.mark.parametrize(
    ("units", "count"),
    [((2, 16, 16, 1), 337), ((784, 100, 10), 79510), ((784, 30, 10), 23860), ((1, 1), 2)],
)
def test_parameter_counts_of_known_networks(units, count):
    layers = tuple(Dense(n, "tanh") for n in units[1:])

    assert Specification(units[0], layers).parameter_count == count


@FEW
@given(specifications(), st.integers(0, 2**32))
def test_pack_is_the_inverse_of_unpack(spec, seed):
    theta = np.random.default_rng(seed).normal(size=spec.parameter_count)

    blocks = spec.unpack(theta)
    again = spec.unpack(spec.pack(blocks))

    np.testing.assert_array_equal(spec.pack(blocks), theta)
    for slot in spec.slots:
        np.testing.assert_array_equal(again.block(slot), blocks.block(slot))


@FEW
@given(specifications())
def test_blocks_have_the_textbooks_shapes(spec):
    blocks = spec.unpack(np.zeros(spec.parameter_count))

    below = spec.inputs
    for l, layer in enumerate(spec.layers, start=1):
        n = layer.units
        assert blocks.W[l].shape == (n, below)
        assert (blocks.b[l] is None) if not layer.bias else blocks.b[l].shape == (n,)
        for block in (blocks.gamma[l], blocks.beta[l]):
            assert (block is None) if not layer.batch_norm else block.shape == (n,)
        below = n
    assert [blocks.W[0], blocks.b[0], blocks.gamma[0], blocks.beta[0]] == [None] * 4


@FEW
@given(specifications())
def test_the_blocks_fill_theta_without_gap_or_overlap(spec):
    filled = np.zeros(spec.parameter_count, int)
    for slot in spec.slots:
        assert slot.stop - slot.start == prod(slot.shape)
        filled[slot.start : slot.stop] += 1

    assert (filled == 1).all()


@FEW
@given(specifications())
def test_the_marks_tell_weights_and_trainable_blocks(spec):
    marked = Parameters.empty(spec.depth)
    for slot in spec.slots:
        weight, trainable = slot.name == "W", not spec.layers[slot.layer - 1].frozen
        getattr(marked, slot.name)[slot.layer] = np.full(slot.shape, 2.0 * weight + trainable)

    np.testing.assert_array_equal(spec.pack(marked), 2 * spec.is_weight + spec.is_trainable)


def test_blocks_are_views_of_theta_and_in_the_stated_order():
    spec = Specification(2, (Dense(3, "tanh", batch_norm=True), Dense(1, "identity")))
    theta = np.arange(spec.parameter_count, dtype=float)

    blocks = spec.unpack(theta)
    blocks.W[2][0, 1] = -1

    assert [str(slot) for slot in spec.slots] == [
        "W[1]", "b[1]", "gamma[1]", "beta[1]", "W[2]", "b[2]",
    ]  # fmt: skip
    assert blocks.W[1].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert blocks.b[1].tolist() == [6, 7, 8]
    assert (blocks.gamma[1].tolist(), blocks.beta[1].tolist()) == ([9, 10, 11], [12, 13, 14])
    assert theta[16] == -1


def test_the_first_state_has_unit_scales_and_empty_memories():
    spec = Specification(2, (Dense(3, "tanh", batch_norm=True), Dense(1, "identity")))

    state = spec.initial_state(9, "float32")

    blocks = spec.unpack(state.theta)
    assert (state.seed, state.t, state.epoch, state.position) == (9, 0, 0, 0)
    assert not state.memory
    assert not state.schedule
    assert blocks.gamma[1].tolist() == [1, 1, 1]
    assert blocks.beta[1].tolist() == [0, 0, 0]
    assert {name: value.tolist() for name, value in state.buffers.items()} == {
        "mean[1]": [0, 0, 0],
        "variance[1]": [1, 1, 1],
    }
    assert {state.theta.dtype, *(value.dtype for value in state.buffers.values())} == {
        np.dtype("float32")
    }


@FEW
@given(specifications())
def test_a_description_rebuilds_the_specification(spec):
    assert rebuild_specification(describe_specification(spec)) == spec


def dense(units=1, activation="identity", **values):
    return Dense(units, activation, **values)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Specification(0, (dense(),)), "inputs of a network must be a positive integer"),
        (lambda: Specification(2.0, (dense(),)), "inputs of a network .*; got 2.0"),
        (lambda: Specification(True, (dense(),)), "inputs of a network .*; got True"),
        (lambda: Specification(2, ()), r"at least one Dense layer .*; got \(\)"),
        (lambda: Specification(2, ("tanh",)), "at least one Dense layer"),
        (
            lambda: Specification(2, (dense(dropout=0.5),)),
            "the output layer must have no dropout.*got dropout=0.5. Put it on a hidden layer",
        ),
        (
            lambda: Specification(2, (dense(1, "softmax"),), "cross_entropy"),
            'softmax needs at least 2 output units.*Use "logistic"',
        ),
        (
            lambda: Specification(2, (dense(1, "logistic"),), "cross_entropy"),
            "cross_entropy needs an output per class",
        ),
        (lambda: Specification(2, (dense(),), penalties=(0.1,)), "penalties of a network must be"),
        (
            lambda: Specification(2, (dense(),), input_stage=Scaling((0.0,), (1.0,))),
            "the Scaling stage has 1 columns; the network takes 2",
        ),
    ],
)
def test_what_makes_no_network_is_refused(make, says):
    with pytest.raises(InvalidValue, match=says):
        make()


def test_numbers_of_numpy_are_integers_too():
    spec = Specification(np.int64(2), (Dense(np.int32(3), "tanh"),))

    assert spec.units == (2, 3)
    assert {type(n) for n in spec.units} == {int}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"units": 0}, "units of Dense must be a positive integer; got 0"),
        ({"units": 2.5}, "units of Dense must be a positive integer; got 2.5"),
        ({"units": "3"}, "units of Dense must be a positive integer"),
        ({"dropout": 1.0}, r"dropout of Dense must be a number in \[0, 1\); got 1.0"),
        ({"dropout": -0.1}, "dropout of Dense"),
        ({"dropout": float("nan")}, "dropout of Dense"),
        ({"batch_norm": 0.9}, "batch_norm must be True, False or a BatchNorm; got 0.9"),
        ({"activation": "rely"}, "Did you mean 'relu'"),
        ({"init": "he_norml"}, "Did you mean 'he_normal'"),
    ],
)
def test_what_makes_no_layer_is_refused(values, says):
    with pytest.raises(InvalidValue, match=says):
        Dense(**{"units": 2, "activation": "tanh", **values})


def test_strict_is_the_default_and_names_the_remedy():
    with pytest.raises(OutsideDomain) as caught:
        Specification(2, (dense(1, "relu"),), "binary_cross_entropy")

    assert str(caught.value) == (
        "the outputs of 'relu' lie in [0, ∞) and 'binary_cross_entropy' is defined on (0, 1): the "
        "loss could become infinite. Use the output activation 'logistic', or strict=False to clip "
        "the outputs."
    )
    assert isinstance(caught.value, GlassnetError)


def test_scaling_standardises_columns():
    x = np.array([[3.0, 10.0], [5.0, 30.0]])
    stage = Scaling(x.mean(axis=0), x.std(axis=0))

    np.testing.assert_allclose(stage.forward(x), [[-1, -1], [1, 1]])
    assert stage == Scaling((4.0, 20.0), (1.0, 10.0))


@pytest.mark.parametrize(
    ("mean", "scale"), [((1.0,), ()), ((1.0,), (0.0,)), ((np.nan,), (1.0,)), ((1.0,), (np.inf,))]
)
def test_scaling_by_nothing_is_refused(mean, scale):
    with pytest.raises(InvalidValue, match="one finite mean and one finite scale other than 0"):
        Scaling(mean, scale)


def test_scaling_refuses_sparse_rows():
    scipy_sparse = pytest.importorskip("scipy.sparse")

    with pytest.raises(InvalidValue, match=r"Leave the stage out, or convert with toarray"):
        Scaling((1.0,), (1.0,)).forward(scipy_sparse.csr_matrix([[1.0]]))
