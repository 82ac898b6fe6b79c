"""The network as its user sees it: blocks, table, one line, drawing."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from glassnet.errors import InvalidValue
from glassnet.network.drawing import network_svg
from glassnet.network.heads import Head, output_layer
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.network.penalties import L2, MaxNorm

SVG = "{http://www.w3.org/2000/svg}"


def net(**values):
    layers = [Dense(3, "tanh", batch_norm=True), Dense(1, "logistic", bias=False)]
    return Network(2, layers, loss="binary_cross_entropy", **values)


def test_blocks_bear_the_textbooks_names():
    network = net(seed=4)

    assert [None if W is None else W.shape for W in network.W] == [None, (3, 2), (1, 3)]
    assert [None if b is None else b.shape for b in network.b] == [None, (3,), None]
    assert [None if g is None else g.tolist() for g in network.gamma] == [None, [1, 1, 1], None]
    assert [None if b is None else b.tolist() for b in network.beta] == [None, [0, 0, 0], None]
    assert (network.depth, network.units, network.parameter_count) == (2, (2, 3, 1), 18)
    np.testing.assert_array_equal(network.parameters.W[1].ravel(), network.state.theta[:6])


def test_a_block_is_a_view_so_that_setting_it_sets_the_network():
    network = net()

    network.W[1][:] = 7

    assert (network.state.theta[:6] == 7).all()


def test_the_seed_makes_the_weights():
    np.testing.assert_array_equal(net(seed=1).state.theta, net(seed=np.int64(1)).state.theta)
    assert (net(seed=1).W[1] != net(seed=2).W[1]).all()
    assert net(seed=2**64 - 1).state.seed == 2**64 - 1


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32")])
def test_the_dtype_is_that_of_every_number(dtype):
    network = net(dtype=dtype)

    assert {network.state.theta.dtype, *(b.dtype for b in network.state.buffers.values())} == {
        np.dtype("float32")
    }


def test_what_a_network_is_given_its_specification_holds():
    spec = net(penalties=[L2(0.1)], max_norm=2, strict=False).specification

    assert (spec.penalties, spec.max_norm, spec.strict) == ((L2(0.1),), MaxNorm(2.0), False)


def test_a_network_can_be_made_of_its_parts():
    network = net(seed=3)

    again = Network.of(network.specification, network.state)

    assert again.W[1] is not network.W[1]
    np.testing.assert_array_equal(again.W[1], network.W[1])


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"seed": -1}, r"seed must be an integer in \[0, 2\^64\); got -1"),
        ({"seed": 2**64}, "seed must be an integer"),
        ({"seed": 0.5}, "seed must be an integer"),
        ({"seed": True}, "seed must be an integer"),
        ({"seed": None}, "seed must be an integer"),
        ({"dtype": "float16"}, 'dtype must be "float32" or "float64"; got \'float16\''),
        ({"dtype": int}, "dtype must be"),
        ({"max_norm": -1}, "limit of MaxNorm must be a number in"),
        ({"max_norm": "long"}, "limit of MaxNorm must be a number in"),
    ],
)
def test_values_out_of_range_are_refused(values, says):
    with pytest.raises(InvalidValue, match=says):
        net(**values)


def test_the_summary_is_a_table_of_the_layers():
    layers = [
        Dense(16, "relu", batch_norm=True, dropout=0.5),
        Dense(4, "tanh", bias=False, frozen=True),
        output_layer([Head(3, "softmax", "cross_entropy"), Head(1)]),
    ]

    assert Network(2, layers).summary().splitlines() == [
        "layer  units  activation                      W        b      parameters",
        "1      16     relu + batch norm, dropout 0.5  (16, 2)  (16,)  80",
        "2      4      tanh + frozen                   (4, 16)  –      64",
        "3      4      softmax | identity              (4, 4)   (4,)   20",
        "3 layers (input not counted), 164 parameters, loss cross_entropy | squared_error",
    ]


def test_one_layer_is_one_layer():
    last = Network(2, [Dense(1, "identity")]).summary().splitlines()[-1]

    assert last == "1 layer (input not counted), 3 parameters, loss squared_error"


def test_repr_says_it_in_one_line():
    assert repr(net()) == "Network(2-3-1; tanh, logistic; binary_cross_entropy; 18 parameters)"


def drawn(network):
    """The drawing, parsed: what is no XML fails here."""
    return ElementTree.fromstring(network_svg(network.specification))


def texts(picture):
    return [text.text for text in picture.iter(f"{SVG}text")]


def units_drawn(picture):
    """Circles by column, from left to right, and the dots of an ellipsis apart."""
    circles = [(float(c.get("cx")), float(c.get("r"))) for c in picture.iter(f"{SVG}circle")]
    size = max(r for _, r in circles)
    columns = sorted({x for x, _ in circles})
    return [
        (circles.count((x, size)), sum(1 for x_, r in circles if x_ == x and r < size))
        for x in columns
    ]


def test_small_layers_are_drawn_whole():
    picture = drawn(Network(3, [Dense(8, "tanh"), Dense(2, "identity")]))

    assert units_drawn(picture) == [(3, 0), (8, 0), (2, 0)]
    assert len(list(picture.iter(f"{SVG}line"))) == 3 * 8 + 8 * 2


def test_wide_layers_have_an_ellipsis_between_the_first_and_last_units():
    picture = drawn(Network(784, [Dense(9, "relu"), Dense(10, "softmax")], loss="cross_entropy"))

    assert units_drawn(picture) == [(7, 3)] * 3
    for column in range(3):
        down = [
            (float(c.get("cy")), float(c.get("r")) > 5)
            for c in picture.iter(f"{SVG}circle")
            if c.get("cx") == f"{64 + 128 * column}"
        ]
        assert [whole for _, whole in sorted(down)] == [True] * 4 + [False] * 3 + [True] * 3


def test_the_drawing_names_layers_activations_and_parts():
    layers = [Dense(16, "leaky_relu", batch_norm=True, dropout=0.25), Dense(1, "logistic")]

    words = texts(drawn(Network(2, layers, loss="binary_cross_entropy")))

    assert sorted(words) == sorted(
        ["input", "layer 1", "leaky_relu", "batch norm", "dropout 0.25", "layer 2", "logistic"]
        + [f"{n} unit{'s' if n > 1 else ''}" for n in (2, 16, 1)]
    )


def test_everything_drawn_lies_inside_the_picture():
    layers = [Dense(16, "tanh", batch_norm=True, dropout=0.25, frozen=True), Dense(1, "logistic")]
    picture = drawn(Network(40, layers, loss="binary_cross_entropy"))
    _, _, width, height = (float(number) for number in picture.get("viewBox").split())

    for circle in picture.iter(f"{SVG}circle"):
        x, y, r = (float(circle.get(key)) for key in ("cx", "cy", "r"))
        assert r <= x <= width - r
        assert r <= y <= height - r
    for text in picture.iter(f"{SVG}text"):
        assert 10 <= float(text.get("y")) <= height - 3
    for line in picture.iter(f"{SVG}line"):
        assert all(0 <= float(line.get(key)) <= width for key in ("x1", "x2"))


class Markup:
    name = '<script>alert("φ & ψ")</script>'

    def value(self, z):
        return z

    def derivative(self, z, a):
        return 1 + 0 * z


def test_a_users_name_cannot_break_the_page():
    network = Network(2, [Dense(2, Markup()), Dense(1, "identity")])

    page = network._repr_html_()

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert ElementTree.fromstring(page.replace("&quot;", '"')).tag == "div"
    assert re.sub("…$", "", texts(drawn(network))[3]) in Markup.name


def test_the_notebook_shows_drawing_and_table():
    network = net()

    page = ElementTree.fromstring(network._repr_html_())

    assert page[0].tag == f"{SVG}svg"
    assert page[0].get("aria-label") == "network of 2 – 3 – 1 units"
    assert page[1].text == network.summary()
