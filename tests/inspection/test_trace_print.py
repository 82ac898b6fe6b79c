"""What a trace shows: the right equation beside each array, in text, HTML and LaTeX."""

import re
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

import glassnet as gn
from glassnet.errors import InvalidValue
from glassnet.inspection.equations import Equations
from glassnet.inspection.formulas import written
from glassnet.inspection.numerals import column, grid, numeral
from glassnet.inspection.script import LATEX, TEXT
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.losses import LOSSES
from glassnet.network.state import State
from tests.engine.problems import Variant, problem


def traced(variant, **options):
    """A trace of a variant's problem."""
    made = problem(variant)
    net = gn.Network.of(made.spec, State(made.theta, made.seed, made.t, buffers=made.buffers))
    return gn.trace(net, made.data.x, made.data.y, made.data.w, **options)


def value_of(equation, seen, l):
    """An equation in text computed by NumPy, each name being the trace's own array."""
    plain, _, where = equation.partition(",  g = ")
    g = None if not where else _computed(where, seen, l, None)
    return _computed(plain, seen, l, g)


SYMBOLS = {
    "z̃": "z_tilde", "x̂": "x_hat", "μ": "mean", "σ²": "variance", "φ": "fired", "δ": "delta",
    "γ": "gamma", "β": "beta", "∂J/∂a": "da", "∂J/∂γ": "dgamma", "∂J/∂β": "dbeta",
}  # fmt: skip


def _computed(text, seen, l, g):
    names = {name: getattr(np, name) for name in ("tanh", "exp", "sqrt", "sin", "cos", "log")}
    names |= {
        "seen": seen, "g": g, "m": seen.rows, "np": np, "max": np.maximum,
        "σ": lambda z: 1 / (1 + np.exp(-z)), "softplus": lambda z: np.log1p(np.exp(z)),
        "y": seen.y, "w": seen.w[None, :] if seen.view.columns else seen.w[:, None],
        "ε": 1e-5,
    }  # fmt: skip
    plain = re.sub(
        r"(∂J/∂\w|z̃|x̂|σ²|[zaWbμδγβφ]|mask)\[(\d+)\]",
        lambda found: f"seen.{SYMBOLS.get(found[1], found[1])}[{found[2]}]",
        text,
    )
    plain = plain.replace("ᵀ", ".T").replace("²", "**2").replace("√", "sqrt").replace("−", "-")
    plain = plain.replace("⊙", "*").replace("·", "*").replace("1/m ", "1/m * ")
    plain = re.sub(r"\|([^|]+)\|", r"abs(\1)", plain)
    plain = re.sub(r"(\]|\.T) (seen)", r"\1 @ \2", plain)
    plain = re.sub(r"\b(m|w) (\(|seen|w\b)", r"\1 * \2", plain)
    plain = re.sub(r"\b(w) (\(|seen)", r"\1 * \2", plain)
    plain = re.sub(r"(\d) (seen\.W)", r"\1 * \2", plain)
    return eval(plain, {"__builtins__": {"abs": abs}}, names)


@pytest.mark.parametrize("hidden", ["tanh", "logistic", "softsign", "mish", "square"])
@pytest.mark.parametrize("samples", ["rows", "columns"])
@pytest.mark.parametrize("mean", ["delta", "dW"])
@pytest.mark.parametrize("weighted", [False, True])
def test_each_equation_computed_as_written_gives_the_array(hidden, samples, mean, weighted):
    variant = Variant(
        "squared_error", "logistic", hidden, 2, weighted, True, 3, layer={"dropout": 0.3},
        network={"penalties": (gn.L2(0.1),)}, units=5,
    )  # fmt: skip
    seen = traced(variant, samples=samples, mean=mean)
    of = Equations(seen, TEXT)

    for l in (1, 2, 3):
        for name, array in seen.layer(l).items():
            text = of.right(name, l)
            if name in ("W", "b", "gamma", "beta", "mask", "mean", "variance") or "Σ" in text:
                continue
            if "0:" in text:
                assert not array.any()
                continue
            np.testing.assert_allclose(
                value_of(text, seen, l), array, rtol=1e-10, atol=1e-13, err_msg=f"{name}[{l}]"
            )


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_every_activation_is_written_in_both_scripts(name):
    phi = ACTIVATIONS[name]()
    for script in (TEXT, LATEX):
        for side in (None, -1, 0, 1):
            value = written(phi).value(script, phi, "z", side)
            slope = written(phi).slope(script, phi, "z", "a", side)
            assert value.count("(") == value.count(")")
            assert slope.count("{") == slope.count("}")
            assert value
            assert slope


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("partner", [True, False])
def test_the_error_of_the_output_is_written_for_every_loss(loss, partner):
    output = LOSSES[loss].partner if partner else "logistic"
    seen = traced(Variant(loss, output, outputs=3))

    text, latex = str(seen), seen.to_latex()

    meets = loss in ("cross_entropy", "binary_cross_entropy", "poisson", "squared_error")
    right = Equations(seen, TEXT).right("delta", 2)
    if partner or loss == "binary_cross_entropy":
        assert (right == "1/m (a[2] − y)") == meets
    else:
        assert right == "∂J/∂a[2] ⊙ a[2] · (1 − a[2])"
    assert right.split()[0] in text
    assert latex.count("{") == latex.count("}")
    assert not re.search(r"[₀-₉⊙σδφγβμ]", latex)


def test_text_html_and_terminal_name_every_array():
    seen = traced(Variant(norm=True, layer={"dropout": 0.3}, depth=3))
    console = Console(width=80, file=StringIO())
    console.print(seen)
    terminal = console.file.getvalue()

    for l in range(4):
        for name in seen.layer(l):
            for shown in (str(seen), terminal, seen._repr_html_()):
                assert f"{name}[{l}]" in shown
    assert max(map(len, terminal.splitlines())) <= 80
    assert max(map(len, str(seen).splitlines())) <= 100


def test_html_loads_nothing_and_runs_nothing():
    page = traced(Variant())._repr_html_()

    assert "<script" not in page
    assert "http" not in page
    assert not re.search(r"color:\s*(#000|black|#fff|white)", page)
    assert page.count("<table") == page.count("</table>")


def test_an_untrained_network_and_the_kind_of_pass_are_said():
    net = gn.Network(1, [gn.Dense(1, "identity")])

    assert "untrained" in str(gn.trace(net, [[1.0]], [1.0]))
    assert "as in prediction" in repr(gn.trace(net, [[1.0]], [1.0], training=False))
    gn.train(net, [[1.0], [2.0]], [1.0, 2.0], epochs=1)
    assert "untrained" not in str(gn.trace(net, [[1.0]], [1.0]))


def test_what_is_too_large_to_be_read_is_summed_up_with_the_way_to_the_rest():
    net = gn.Network(200, [gn.Dense(100, "relu"), gn.Dense(10, "softmax")], loss="cross_entropy")
    seen = gn.trace(net, np.random.default_rng(0).normal(size=(50, 200)), np.arange(50) % 10)

    text = str(seen)

    assert len(text.splitlines()) < 40
    assert "too many to be read at once" in text
    assert ".show(layers=[1, 2])" in text
    assert "(100, 200)" in text
    assert "forward · layer 2" in str(seen.show(layers=2))
    assert len(str(seen.show(layers=2)).splitlines()) < 120
    assert len(seen._repr_html_()) < 30_000


def test_a_deep_network_is_summed_up_too():
    net = gn.Network(1, [gn.Dense(1, "tanh") for _ in range(30)])

    assert "30 layers" in str(gn.trace(net, [[1.0]]))


def test_show_takes_its_size_and_digits():
    seen = traced(Variant(rows=9))

    assert "…" not in str(seen.show(layers=0))
    assert "⋮" in str(seen.show(layers=0, largest=3))
    assert f"{seen.a[0][0, 0]:.9f}".replace("-", "−") in str(seen.show(layers=0, digits=10))
    for wrong in ({"largest": 2}, {"digits": 0}, {"layers": [7]}):
        with pytest.raises(InvalidValue):
            seen.show(**wrong)


def test_the_table_has_a_line_for_every_array():
    seen = traced(Variant(norm=True))

    lines = str(seen.table()).splitlines()

    assert len(lines) == 4 + len(seen.statistics())
    assert "‖·‖₂" in lines[3]
    assert "<table" in seen.table()._repr_html_()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (1e-12, "1·10⁻¹²"), (-2.5e20, "−2.5·10²⁰"), (1 / 3, "0.3333"),
        (np.nan, "nan"), (-np.inf, "−∞"), (12345678.0, "1.235·10⁷"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_people_do(value, text):
    assert numeral(value) == text


def test_an_exact_zero_is_told_from_a_rounded_one():
    assert column(np.array([1.0, 0.0, 1e-9, 0.5])) == ["1.000", "0", "0.000", "0.500"]


def test_of_a_large_array_the_corners_are_shown():
    cells = grid(np.arange(100.0).reshape(10, 10), rows=4, columns=4)

    assert cells == [
        ["0", "1", "…", "9"],
        ["10", "11", "…", "19"],
        ["⋮", "⋮", "⋮", "⋮"],
        ["90", "91", "…", "99"],
    ]
