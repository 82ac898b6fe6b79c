"""The chain rule in writing ends with the derivative that the engine and a difference give."""

import io
import re
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.losses import LOSSES
from glassnet.network.state import State
from tests.engine.problems import Variant, problem

OUTPUTS = {"cross_entropy": ("softmax", 3), "binary_cross_entropy": ("logistic", 2)}


def one_sample(variant):
    """A network as after some steps, with its first row and target."""
    made = problem(variant)
    net = gn.Network.of(made.spec, State(made.theta, made.seed, made.t, buffers=made.buffers))
    return net, made.data.x[0], made.data.y[0]


def engine_gradient(net, x, y):
    """Every block of the gradient in prediction, by the engine's own name."""
    seen = gn.trace(net, x[None], y[None], training=False)
    return {
        str(slot): getattr(seen, f"d{slot.name}")[slot.layer] for slot in net.specification.slots
    }


@pytest.mark.parametrize(("hidden", "depth"), list(product(sorted(ACTIVATIONS), range(1, 7))))
def test_every_activation_at_every_depth_ends_with_the_gradient(hidden, depth):
    net, x, y = one_sample(Variant(hidden=hidden, depth=depth, outputs=2, rows=2))
    if hidden == "exp":  # exponentials of exponentials leave the numbers there are
        net.state.theta[...] *= 0.3

    found = gn.derive(net, x, y, wrt="W[1][1,2]")

    for name, block in engine_gradient(net, x, y).items():
        mine = getattr(found.chain.gradient, name[0])[int(name[2])]
        np.testing.assert_allclose(mine, block, rtol=1e-12, atol=1e-12 * np.abs(block).max())
    assert found.value == found.chain.gradient.W[1][1, 2]
    assert found.relative_error < 1e-6
    assert "equal" in found.verdict()


@pytest.mark.parametrize(("loss", "output"), list(product(sorted(LOSSES), sorted(ACTIVATIONS))))
def test_every_loss_on_every_output_ends_with_the_gradient(loss, output):
    outputs = 3 if loss == "cross_entropy" or output == "softmax" else 2
    net, x, y = one_sample(Variant(loss, output, "tanh", outputs, norm=True, rows=3))

    found = gn.derive(net, x, y, wrt="W[1][2,1]")

    expected = engine_gradient(net, x, y)["W[1]"][2, 1]
    np.testing.assert_allclose(found.value, expected, rtol=1e-11)
    assert found.relative_error < 1e-6
    assert str(found).count("∂J/∂W[1][2, 1] = δ[1][2] · a[0][1]") == 1


def evaluated(text):
    """The value of a line of numbers, by Python's own arithmetic on what is printed."""
    plain = re.sub(r"([\d.]+)·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", _power, text)
    plain = plain.replace("−", "-").replace(" · ", " * ").replace("½", "0.5*")
    plain = plain.replace("²", "**2").replace("√", "sqrt").replace("σ", "logistic")
    plain = re.sub(r"\|([^|]+)\|", r"abs(\1)", plain).replace("Φ", "normal").replace("2π", "2*pi")
    names = {name: getattr(np, name) for name in ("tanh", "exp", "log", "sqrt", "sin", "cos", "pi")}
    names |= {"abs": abs, "max": max, "sign": np.sign}
    names |= {
        "logistic": lambda z: 1 / (1 + np.exp(-z)),
        "softplus": lambda z: np.log1p(np.exp(z)),
        "normal": _normal,
    }
    return float(eval(plain, {"__builtins__": {}}, names))


def _power(found):
    lowered = found[2].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return f"({found[1]}e{lowered})"


def _normal(z):
    from math import erf

    return (1 + erf(z / 2**0.5)) / 2


@pytest.mark.parametrize("hidden", sorted(set(ACTIVATIONS) - {"softmax"}))
@pytest.mark.parametrize("norm", [False, True])
def test_each_line_of_numbers_computes_to_what_it_says(hidden, norm):
    net, x, y = one_sample(Variant(hidden=hidden, depth=3, outputs=2, norm=norm, rows=3))

    found = gn.derive(net, x, y, wrt="W[1][2,1]", digits=13)

    lines = [
        line
        for section in found.sections()
        if section.heading.startswith("back")
        for line in section.lines
        if len(line.steps) > 1
    ]
    assert len(lines) > 5
    for line in lines:
        *_, numbers, result = line.steps
        # The constants of selu are written with five digits.
        close = {"rtol": 1e-4 if hidden == "selu" else 1e-9, "atol": 1e-13}
        np.testing.assert_allclose(evaluated(numbers), evaluated(result), **close)


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("output", ["partner", "logistic"])
def test_the_lines_of_the_output_compute_to_what_they_say(loss, output):
    output = LOSSES[loss].partner if output == "partner" else output
    outputs = 3 if loss == "cross_entropy" else 2
    net, x, y = one_sample(Variant(loss, output, "tanh", outputs, rows=3))

    found = gn.derive(net, x, y, digits=13).sections()

    cost = next(section for section in found if section.heading.startswith("the cost"))
    _, numbers, result = cost.lines[0].steps
    np.testing.assert_allclose(
        evaluated(numbers.replace("[", "(").replace("]", ")")), evaluated(result), rtol=1e-9
    )
    back = next(section for section in found if section.heading.startswith("back"))
    for line in back.lines[1 : 1 + outputs]:
        numbers, result = line.steps[0], line.steps[-1]
        np.testing.assert_allclose(evaluated(numbers), evaluated(result), rtol=1e-9)


@pytest.mark.parametrize(
    "wrt", ["b[1][2]", "gamma[1][1]", "β[1][0]", "x[1]", "W[2]", "x", 1, "1", None]
)
def test_whatever_is_asked_for_is_the_gradient_of_the_engine(wrt):
    net, x, y = one_sample(Variant(norm=True, outputs=2, rows=3))
    blocks = engine_gradient(net, x, y)
    blocks["x"] = gn.trace(net, x[None], y[None], training=False).da[0][0]

    found = gn.derive(net, x, y, wrt=wrt)

    if isinstance(found.value, float):
        block = found.wrt.partition("[")[0] if found.wrt.startswith("x") else found.wrt[:-3]
        expected = blocks[block][int(found.wrt[-2])]
        np.testing.assert_allclose(found.value, expected, rtol=1e-12)
    else:
        for name, value in found.value.items():
            np.testing.assert_allclose(value, blocks[name], rtol=1e-11, atol=1e-14)
    assert found.relative_error < 1e-6


def test_the_derivative_by_the_input_is_in_units_of_the_columns_as_given():
    stage = gn.Scaling((0.5, -1.0), (2.0, 0.1))
    net = gn.Network(2, [gn.Dense(4, "tanh"), gn.Dense(1, "identity")], input_stage=stage, seed=3)
    x, y = np.array([0.3, -0.8]), 2.0

    def J(x):
        return 0.5 * float(gn.predict(net, x[None])[0, 0] - y) ** 2

    found = gn.derive(net, x, y, wrt="x")

    for j in range(2):
        h = 1e-6 * np.eye(2)[j]
        np.testing.assert_allclose(found.value["x"][j], (J(x + h) - J(x - h)) / 2e-6, rtol=1e-6)
    np.testing.assert_allclose(found.numerical["x"], found.value["x"], rtol=1e-8)


@pytest.mark.parametrize(
    ("at_zero", "words"), [(0.0, "stops"), (0.5, "passes times 0.5"), (1.0, "passes whole")]
)
def test_a_relu_exactly_at_zero_is_told_in_words(at_zero, words):
    net = gn.Network(2, [gn.Dense(2, gn.ReLU(at_zero)), gn.Dense(1, "identity")], seed=0)
    net.W[1][...] = [[1.0, -1.0], [2.0, 1.0]]

    found = gn.derive(net, [1.0, 1.0], 5.0, wrt="W[1][0,0]")

    said = f"z[1][0] = 0 exactly here; by the convention at_zero = {at_zero:g} the error {words}"
    assert said in str(found)
    assert np.isnan(found.numerical)
    assert "would cross a kink" in found.verdict()
    delta = float(gn.predict(net, [[1.0, 1.0]])[0, 0] - 5) * net.W[2][0, 0]
    assert found.value == pytest.approx(at_zero * delta, rel=1e-12)


def test_penalties_heads_smoothing_and_own_parts_are_written_out():
    cube = SimpleNamespace(
        name="cube", value=lambda z: z**3 + z, derivative=lambda z, a: 3 * z**2 + 1
    )
    fourth = SimpleNamespace(
        name="fourth",
        of_output=lambda a, y: (a - y) ** 4,
        derivative=lambda a, y: 4 * (a - y) ** 3,
    )
    heads = gn.output_layer(
        [gn.Head(3, "softmax", "cross_entropy"), gn.Head(1, "identity", gn.Huber(0.1), scale=0.5)]
    )
    cases = [
        (gn.Network(2, [gn.Dense(3, cube), gn.Dense(1, "tanh")], loss=fourth), 0.5),
        (gn.Network(2, [gn.Dense(3, "tanh"), heads]), [0.0, 1.0, 0.0, 3.0]),
        (
            gn.Network(
                2,
                [gn.Dense(3, "softmax"), gn.Dense(3, "softmax")],
                loss=gn.CrossEntropy(0.1),
                penalties=[gn.L2(0.1), gn.L1(0.01, per_weight_sum=True)],
            ),
            1,
        ),
    ]
    for net, y in cases:
        for form in ("text", "latex", "html"):
            found = gn.derive(net, [0.3, -0.7], y, format=form)
            assert str(found)
            assert found.relative_error < 1e-6


def test_the_three_forms_say_the_same_numbers():
    net, x, y = one_sample(Variant(outputs=2, rows=2))
    texts = {form: str(gn.derive(net, x, y, "b[1][0]", form)) for form in ("text", "latex", "html")}
    value = f"{gn.derive(net, x, y, 'b[1][0]').value:.4g}"

    assert value.replace("-", "−") in texts["text"]
    assert value.replace("-", "−") in texts["html"]
    assert value in texts["latex"]
    assert texts["latex"].count(r"\begin{align*}") == texts["latex"].count(r"\end{align*}") == 5


def test_names_in_html_are_escaped():
    own = SimpleNamespace(name="<b>x</b>", value=lambda z: z, derivative=lambda z, a: 1 + 0 * z)
    net = gn.Network(1, [gn.Dense(1, own), gn.Dense(1, "identity")])

    assert "<b>x</b>" not in gn.derive(net, [1.0], 1.0)._repr_html_()
    assert "<b>x</b>" not in gn.trace(net, [[1.0]], [1.0])._repr_html_()


def test_a_wide_network_is_written_in_parts_and_computed_whole():
    net = gn.Network(50, [gn.Dense(40, "tanh"), gn.Dense(3, "identity")], seed=0)
    x, y = np.linspace(-1, 1, 50), np.zeros(3)

    found = gn.derive(net, x, y)

    assert "34 more units; all are in .chain.delta[1]" in str(found)
    assert len(str(found)) < 12_000
    assert found.chain.delta[1].shape == (40,)
    np.testing.assert_allclose(
        found.value["W[1]"], gn.trace(net, x[None], y[None]).dW[1], rtol=1e-11, atol=1e-15
    )


def test_batch_norm_dropout_and_an_untrained_network_are_told():
    layers = [gn.Dense(3, "tanh", batch_norm=True, dropout=0.5), gn.Dense(1, "identity")]
    net = gn.Network(2, layers)

    text = str(gn.derive(net, [1.0, 2.0], 3.0))

    assert "running statistics" in text
    assert "Dropout is off" in text
    assert "untrained" in text
    gn.train(net, np.eye(2), [1.0, 2.0], epochs=1)
    assert "untrained" not in str(gn.derive(net, [1.0, 2.0], 3.0))


def test_an_estimator_takes_labels():
    X, y = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), ["no", "yes", "yes"]
    clf = gn.MLPClassifier((3,), "tanh", solver="lbfgs", max_iter=500, random_state=0).fit(X, y)

    found = gn.derive(clf, X[0], "no", wrt="b[2][0]")

    assert found.value == pytest.approx(float(clf.predict_proba(X[:1])[0, 1]), rel=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wrt": "W[3][0,0]"}, "layer must be from 1 to 2"),
        ({"wrt": 3}, "layer must be from 1 to 2"),
        ({"wrt": "W[1][3,0]"}, r"W\[1\]\[0, 0\] to W\[1\]\[2, 1\]"),
        ({"wrt": "W[1][0]"}, r"shape \(3, 2\)"),
        ({"wrt": "x[2]"}, r"shape \(2,\)"),
        ({"wrt": "gamma[1][0]"}, r"layer 1 has no gamma; it has W\[1\], b\[1\]"),
        ({"wrt": "w1"}, "wrt must be written as in"),
        ({"wrt": True}, "layer must be from 1 to 2"),
        ({"format": "pdf"}, "format must be"),
        ({"digits": 0}, "digits must be"),
        ({"y": None}, "needs the sample's target y"),
        ({"y": [1.0, 2.0]}, "as many rows|must be"),
        ({"x": [1.0]}, "takes 2 inputs"),
        ({"x": np.eye(2)}, r"derive takes one sample; x has shape \(2, 2\)"),
        ({"net": "net"}, "Network or a fitted glassnet estimator; got str"),
        ({"net": gn.MLPClassifier()}, "Fit it first"),
    ],
)
def test_what_cannot_be_derived_is_said_in_one_line(change, words):
    net = gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")])

    with pytest.raises((InvalidValue, ShapeMismatch), match=words) as caught:
        gn.derive(**{"net": net, "x": [1.0, 2.0], "y": 3.0, **change})

    assert "\n" not in str(caught.value)


def test_a_console_shows_the_lines_not_the_name_of_the_class():
    net = gn.Network(1, [gn.Dense(1, "identity")])
    found, screen = gn.derive(net, [1.0], [2.0], wrt="W[1][0,0]"), io.StringIO()

    Console(file=screen, width=400).print(found)

    assert screen.getvalue().split() == found.to_text().split()
