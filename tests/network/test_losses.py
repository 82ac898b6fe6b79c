"""Every loss against its formula in 40 digits, by both routes, and against its differences."""

from math import inf, log

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from glassnet.errors import InvalidValue, OutsideDomain
from glassnet.network import catalogue
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.contracts import Loss
from glassnet.network.heads import Head
from glassnet.network.intervals import Interval
from glassnet.network.layers import Dense
from glassnet.network.losses import LOSSES
from glassnet.network.specification import Specification

mp.dps = 40

HUBER, Q = mpf(1), mpf("0.5")


def y_log(y, x):
    """Y log x, 0 for y = 0."""
    return y * mpmath.log(x) if y else mpf(0)


# ℓ and ∂ℓ/∂a of one entry, as textbooks have them.
TRUTH = {
    "binary_cross_entropy": (
        lambda a, y: -y_log(y, a) - (1 - y) * mpmath.log1p(-a),
        lambda a, y: -y / a + (1 - y) / (1 - a),
    ),
    "cross_entropy": (lambda a, y: -y_log(y, a), lambda a, y: -y / a),
    "squared_error": (lambda a, y: (a - y) ** 2 / 2, lambda a, y: a - y),
    "absolute_error": (lambda a, y: abs(a - y), lambda a, y: mpmath.sign(a - y)),
    "huber": (
        lambda a, y: (a - y) ** 2 / 2 if abs(a - y) <= HUBER else HUBER * (abs(a - y) - HUBER / 2),
        lambda a, y: max(-HUBER, min(HUBER, a - y)),
    ),
    "poisson": (lambda a, y: y_log(y, y) - y_log(y, a) - y + a, lambda a, y: 1 - y / a),
    "quantile": (
        lambda a, y: max(Q * (y - a), (1 - Q) * (a - y)),
        lambda a, y: (mpmath.sign(a - y) + 1 - 2 * Q) / 2 if a != y else mpf(0),
    ),
}
OF_RESIDUALS = ["absolute_error", "huber", "quantile", "squared_error"]

# Which output activations stay in the domain of which loss: those with outputs in (0, 1), (0, 1] or
# (0, ∞). relu and square reach 0; tanh, sin, gelu, … go below.
FITTING = {
    **{name: set(ACTIVATIONS) for name in OF_RESIDUALS},
    "binary_cross_entropy": {"logistic", "softmax"},
    "cross_entropy": {"logistic", "softmax"},
    "poisson": {"exp", "logistic", "softmax", "softplus"},
}
PAIRS = [(loss, phi) for loss in sorted(LOSSES) for phi in sorted(ACTIVATIONS)]
NAMES = sorted(LOSSES)


def scores(dtype):
    limits = np.finfo(dtype)
    sizes = [0.0, limits.smallest_subnormal, limits.smallest_normal, 1e-9, 0.4, 1.0, 3.0]
    sizes += [17.0, 30.0, 40.0, 88.0, 90.0, 1e4, 1e6, 1e30, limits.max / 3, limits.max]
    sizes += [700.0, 710.0, 1e154, 1e155, 1e308] if dtype == "float64" else []
    return np.array([sign * size for size in sizes for sign in (1.0, -1.0)], dtype)


def targets(name):
    if name in ("binary_cross_entropy", "cross_entropy"):
        return [0.0, 1.0, 0.5, 0.3]
    return [0.0, 1.0, 0.3, 7.0, 1e5] if name == "poisson" else [0.0, 1.0, -2.5, 1e6]


def outputs(name, dtype):
    """Numbers in the domain, with its edges."""
    tiny = float(np.finfo(dtype).smallest_normal) * 1.5
    eps = float(np.finfo(dtype).eps)
    if name in ("binary_cross_entropy", "cross_entropy"):
        some = [tiny, 1e-30, 1e-9, 0.1, 0.3, 0.5, 0.75, 1 - 1e-6, 1 - eps]
    elif name == "poisson":
        some = [tiny, 1e-30, 0.1, 0.3 * (1 + 1e-6), 0.99, 1.0, 1.01, 7.001, 1e5 + 1, 1e30]
    else:
        some = [0.0, -0.0, tiny, 1.0, -1.7, -2.5, 1.99, 2.01, 1e6 + 1, 1e30, -1e38]
    return np.array(some, dtype)


def entry(route, *numbers, dtype="float64"):
    """One entry through a method of a loss, with every warning but underflow an error."""
    with np.errstate(all="raise", under="ignore"):
        return float(route(*(np.full((1, 1), number, dtype) for number in numbers))[0, 0])


def test_every_loss_has_a_truth_here():
    assert set(TRUTH) == set(LOSSES) == set(FITTING)


@pytest.mark.parametrize(
    ("loss", "a", "y", "expected"),
    [
        ("squared_error", [3, 1], [1, 2], 2.5),
        ("absolute_error", [3, 1], [1, 2], 3),
        ("huber", [3, 1.5], [1, 2], 1.5 + 0.125),
        (LOSSES["huber"](threshold=2.0), [6, 1], [1, 2], 2 * (5 - 1) + 0.5),
        ("quantile", [3, 1], [1, 2], 1.5),
        (LOSSES["quantile"](quantile=0.9), [3, 1], [1, 2], 0.1 * 2 + 0.9 * 1),
        ("poisson", [2, 1, 1], [0, 1, 2], 2 + 0 + (2 * log(2) - 1)),
        ("binary_cross_entropy", [0.5, 0.25, 0.25], [1, 1, 0], log(2) + log(4) + log(4 / 3)),
        ("cross_entropy", [0.5, 0.25, 0.25], [0, 1, 0], log(4)),
        ("cross_entropy", [0.5, 0.25, 0.25], [0.5, 0.5, 0], (log(2) + log(4)) / 2),
    ],
)
def test_a_row_sums_its_entries_as_by_hand(loss, a, y, expected):
    a, y = np.array([a], dtype=float), np.array([y], dtype=float)

    value = catalogue.loss(loss).value(ACTIVATIONS["sin"](), a, a, y)

    np.testing.assert_allclose(value, [expected], rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_value_of_an_output_is_the_formula_to_a_few_units(name, dtype):
    """Residuals are exact; elsewhere roundings of a and y alone give ε (|a ∂ℓ/∂a| + |y ∂ℓ/∂y|)."""
    loss, (value, slope) = LOSSES[name](), TRUTH[name]
    eps, largest = float(np.finfo(dtype).eps), float(np.finfo(dtype).max)
    grain = float(np.finfo(dtype).smallest_subnormal)

    for a in outputs(name, dtype):
        for y in np.array(targets(name), dtype):
            a_, y_ = mpf(float(a)), mpf(float(y))
            exact = value(a_, y_)
            bound = abs(exact)
            if name not in OF_RESIDUALS:
                bound += abs(a_ * slope(a_, y_)) + abs(y_log(y_, y_ / a_))
            if exact < largest:
                got = entry(loss.of_output, a, y, dtype=dtype)
                assert abs(got - exact) <= 6 * eps * bound + grain, (float(a), float(y), got)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_derivative_is_the_formula_to_a_few_units(name, dtype):
    loss, slope = LOSSES[name](), TRUTH[name][1]
    limits = np.finfo(dtype)

    for a in outputs(name, dtype):
        for y in np.array(targets(name), dtype):
            got = entry(loss.derivative, a, y, dtype=dtype)
            a_, y_ = mpf(float(a)), mpf(float(y))
            exact = slope(a_, y_)
            if abs(exact) > float(limits.max) / 2:  # poisson: stopped there
                assert abs(exact) >= abs(got) >= 0.4 * limits.max
                continue
            terms = abs(exact)
            if name == "binary_cross_entropy":  # a difference of these two
                terms = y_ / a_ + (1 - y_) / (1 - a_)
            assert abs(got - exact) <= 4 * float(limits.eps) * terms, (float(a), float(y), got)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("y", targets("binary_cross_entropy"))
def test_binary_cross_entropy_of_a_score_keeps_all_digits(y, dtype):
    loss, y = LOSSES["binary_cross_entropy"](), np.asarray(y, dtype)
    limits = np.finfo(dtype)

    for z in scores(dtype):
        z_, y_ = mpf(float(z)), mpf(float(y))
        e = mpmath.exp(-abs(z_)) if abs(z_) < 1e5 else mpf(0)
        exact = max(z_, 0) - y_ * z_ + mpmath.log1p(e)
        got = entry(loss.of_score, z, 0, y, dtype=dtype)

        assert abs(got - exact) <= 4 * float(limits.eps) * exact + 2 * limits.smallest_subnormal


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy_of_scores_keeps_all_digits(dtype):
    """The exponent zⱼ − max z is rounded, which gives ε |zⱼ − max z|."""
    loss, eps = LOSSES["cross_entropy"](), float(np.finfo(dtype).eps)
    rows = np.array(
        [
            [0.0, 0.0, 0.0],
            [1.0, -2.0, 0.5],
            [40.0, 0.0, -3.0],
            [-30.0, 30.0, 30.0],
            [88.0, -88.0, 0.0],
            [25000.0, -25000.0, 1e6],
            [1e30, -1e30, 1e30],
        ],
        dtype,
    )
    for z in rows:
        exact_z = [mpf(float(each)) for each in z]
        top = max(exact_z)
        below = [each - top for each in exact_z]
        at = below.index(mpf(0))
        rest = [mpmath.exp(max(b, mpf(-(10**5)))) for k, b in enumerate(below) if k != at]
        log_sum = mpmath.log1p(sum(rest))
        for j in range(3):
            y = np.eye(3, dtype=dtype)[[j]]
            with np.errstate(all="raise", under="ignore"):
                got = loss.of_score(z[None], z[None], y).sum()
            exact = log_sum - below[j]
            spread = min(-sum(below), mpf(100))
            grain = float(np.finfo(dtype).smallest_subnormal)
            assert abs(mpf(float(got)) - exact) <= 4 * eps * exact * (1 + spread) + grain


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_score_far_behind_costs_its_distance(dtype):
    """The cost goes on growing where its slope is still 1: no stop before the largest numbers."""
    loss = LOSSES["cross_entropy"]()
    largest = float(np.finfo(dtype).max)
    z, y = np.array([[largest / 4, -largest / 5], [largest, -largest]], dtype), np.eye(2)[[1, 1]]

    with np.errstate(all="raise", under="ignore"):
        value = loss.value(ACTIVATIONS["softmax"](), z, z, y.astype(dtype))

    np.testing.assert_allclose(value, [0.45 * largest, largest / 2], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("y", targets("poisson"))
def test_poisson_of_a_score_keeps_its_digits(y, dtype):
    """Roundings of z, y and log y alone give ε (|z (a − y)| + |y log(y/a)|)."""
    loss, y = LOSSES["poisson"](), np.asarray(y, dtype)
    eps, largest = float(np.finfo(dtype).eps), float(np.finfo(dtype).max)
    near = [log(y) + shift for shift in (0, 1e-6, -1e-3, 0.49, -0.6)] if y > 0 else []

    for z in [*scores(dtype), *np.array(near, dtype)]:
        z_, y_ = mpf(float(z)), mpf(float(y))
        if z_ > mpmath.log(largest):
            continue  # exp stops there, and ℓ with it
        a_ = mpmath.exp(z_) if z_ > -1e4 else mpf(0)
        u = z_ - mpmath.log(y_) if y_ else mpf(0)
        exact = a_ - y_ - y_ * u
        if exact > largest:
            continue
        got = entry(loss.of_score, z, 0, y, dtype=dtype)
        bound = exact + abs(z_ * (a_ - y_)) + abs(y_ * u)
        bound += abs(y_ * mpmath.log(y_)) * abs(u) if y_ else 0
        grain = float(np.finfo(dtype).smallest_subnormal)
        digits = mpf(10) ** -38 * y_  # those of the exact value, 40, after its differences
        assert abs(got - exact) <= 4 * eps * bound + 2 * grain + digits, (float(z), float(y), got)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_becomes_nan_and_only_what_exceeds_the_dtype_infinite(name, dtype):
    """At the edges, with the partner and by the general route, each value and each δ."""
    loss = LOSSES[name]()
    largest = float(np.finfo(dtype).max)
    y = np.array(targets(name), dtype)
    z = np.repeat(scores(dtype), y.size)[:, None]
    y = np.tile(y, scores(dtype).size)[:, None]
    z, y = np.hstack([z, z[::-1], 0 * z]), np.hstack([y, y, y])
    if name == "cross_entropy":
        y = y / np.maximum(y.sum(axis=1, keepdims=True), 1)

    for phi in (ACTIVATIONS[kind]() for kind in sorted(ACTIVATIONS)):
        with np.errstate(all="raise", under="ignore", over="ignore"):
            a = phi.value(z)
            value, delta = loss.value(phi, z, a, y), loss.delta(phi, z, a, y)
        assert not np.isnan(value).any()
        assert not np.isnan(delta).any()
        assert (value >= 0).all()
        size = np.maximum(np.abs(a), np.abs(z)).max(axis=1)
        most = np.sqrt(largest) / 2 if name == "squared_error" else largest / 4 / max(1, y.max())
        assert np.isfinite(value[size < most]).all()
        assert np.isfinite(delta[size < most]).all()
        if name != "squared_error":
            assert np.isfinite(delta).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_poisson_of_softplus_keeps_its_delta_where_its_slope_is_beyond_the_dtype(dtype):
    """∂ℓ/∂a = −y/a overflows though δ = −y: it is stopped, and never infinite or nan."""
    loss, phi = LOSSES["poisson"](), ACTIVATIONS["softplus"]()
    smallest = float(np.finfo(dtype).smallest_normal)
    z = np.array([[log(smallest) + 0.2]], dtype)
    y = np.array([[30.0]], dtype)

    with np.errstate(all="raise", under="ignore"):
        delta = loss.delta(phi, z, phi.value(z), y)

    assert -30 <= delta.item() <= -2


def pairs_of(route):
    return [
        (loss, phi)
        for loss, phi in PAIRS
        if (phi in FITTING[loss]) == (route == "fitting") and loss != "quantile"
    ]


def drawn(loss, rng, m=12, n=3):
    y = rng.uniform(size=(m, n))
    if loss == "cross_entropy":
        return y / y.sum(axis=1, keepdims=True)
    return y if loss == "binary_cross_entropy" else 3 * y


def assert_delta_is_the_slope(loss, phi, z, y):
    """Four-point differences of the value of each row; coordinates near a kink are left out."""
    h = 2e-4
    delta = loss.delta(phi, z, phi.value(z), y)
    checked = 0
    for j in range(z.shape[1]):
        moved = [z + k * h * np.eye(z.shape[1])[j] for k in (-2, -1, 1, 2)]
        values = [loss.value(phi, each, phi.value(each), y) for each in moved]
        slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
        sides = [phi.side(each) for each in moved]
        sides += [loss.side(phi.value(each), y) for each in moved]
        a = phi.value(z)
        clear = (sides[0] == sides[3]).all(axis=1) & (sides[4] == sides[7]).all(axis=1)
        if not phi.range.within(loss.domain):  # logarithms bend too much at the edges
            clear &= ~((np.abs(a - 0.01) < 0.05) | (np.abs(a - 0.99) < 0.05)).any(axis=1)
        np.testing.assert_allclose(delta[clear, j], slope[clear], rtol=1e-7, atol=1e-8)
        checked += int(clear.sum())
    assert checked >= z.size / 4


@pytest.mark.parametrize(("loss", "phi"), pairs_of("fitting"))
def test_delta_is_the_slope_of_the_reported_value(loss, phi):
    rng = np.random.default_rng(11)
    z = rng.normal(size=(12, 3))

    assert_delta_is_the_slope(LOSSES[loss](), ACTIVATIONS[phi](), z, drawn(loss, rng))


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("phi", ["identity", "tanh", "relu"])
def test_delta_of_any_quantile_is_the_slope_of_its_value(quantile, phi):
    rng = np.random.default_rng(12)
    loss = LOSSES["quantile"](quantile)

    assert_delta_is_the_slope(
        loss, ACTIVATIONS[phi](), rng.normal(size=(12, 3)), drawn("quantile", rng)
    )


@pytest.mark.parametrize(("loss", "phi"), pairs_of("unfitting"))
def test_clipped_values_have_the_slope_of_what_is_reported(loss, phi):
    rng = np.random.default_rng(13)
    y = drawn(loss, rng)

    assert_delta_is_the_slope(LOSSES[loss](), ACTIVATIONS[phi](), rng.normal(size=(12, 3)), y)


@pytest.mark.parametrize(
    ("loss", "a", "y", "expected"),
    [
        ("binary_cross_entropy", 7.0, 1.0, 0.0),
        ("binary_cross_entropy", -7.0, 0.0, 0.0),
        ("cross_entropy", 7.0, 1.0, 0.0),
        ("poisson", -7.0, 0.0, 0.0),
    ],
)
def test_an_output_beyond_the_domain_counts_as_its_edge(loss, a, y, expected):
    """Otherwise −log 7 or −7 would be a prize for leaving, and training would run there."""
    loss = LOSSES[loss]()

    assert entry(loss.of_output, a, y) == pytest.approx(expected, abs=1e-300)
    assert entry(loss.derivative, a, y) == 0


@pytest.mark.parametrize(
    "loss", ["binary_cross_entropy", "cross_entropy", "poisson", "squared_error", "huber"]
)
def test_partner_and_general_route_agree(loss):
    rng = np.random.default_rng(14)
    loss, z = LOSSES[loss](), rng.normal(scale=2, size=(30, 4))
    y = drawn(loss.name, rng, 30, 4)
    phi = ACTIVATIONS[loss.partner]()
    a = phi.value(z)

    value, delta = loss.value(phi, z, a, y), loss.delta(phi, z, a, y)

    np.testing.assert_allclose(value, loss.of_output(a, y).sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(delta, phi.back(z, a, loss.derivative(a, y)), atol=1e-13, rtol=1e-12)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy", "poisson"])
def test_delta_with_the_partner_is_output_minus_target(loss):
    rng = np.random.default_rng(15)
    loss, z = LOSSES[loss](), rng.normal(size=(5, 3))
    y = drawn(loss.name, rng, 5, 3)
    phi = ACTIVATIONS[loss.partner]()
    a = phi.value(z)

    np.testing.assert_allclose(loss.delta(phi, z, a, y), a - y, atol=1e-15)


def test_cross_entropy_takes_targets_that_do_not_sum_to_one():
    """δ = a Σy − y: such a row counts with its sum."""
    rng = np.random.default_rng(16)

    assert_delta_is_the_slope(
        LOSSES["cross_entropy"](),
        ACTIVATIONS["softmax"](),
        rng.normal(size=(12, 3)),
        rng.uniform(size=(12, 3)),
    )


@pytest.mark.parametrize(("loss", "phi"), PAIRS)
def test_a_pair_is_refused_exactly_when_it_can_leave_the_domain(loss, phi):
    layers = (Dense(3, phi),)

    if phi in FITTING[loss]:
        assert Specification(2, layers, loss).loss.name == loss
    else:
        with pytest.raises(OutsideDomain, match=r"Use the output activation .* or strict=False"):
            Specification(2, layers, loss)
        assert Specification(2, layers, loss, strict=False).loss.name == loss


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
def test_label_smoothing_is_the_loss_of_smoothed_targets(loss):
    rng = np.random.default_rng(17)
    z, y = rng.normal(size=(6, 3)), np.eye(3)[rng.integers(0, 3, 6)]
    plain, smooth = catalogue.loss(loss), catalogue.loss(loss, label_smoothing=0.3)
    spread = 0.7 * y + 0.3 / (2 if loss == "binary_cross_entropy" else 3)

    for phi in (ACTIVATIONS["logistic"](), ACTIVATIONS["softmax"]()):
        a = phi.value(z)
        given, expected = (smooth, z, a, y), (plain, z, a, spread)
        for verb in ("value", "delta"):
            got, want = (getattr(each[0], verb)(phi, *each[1:]) for each in (given, expected))
            np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-15)


def test_label_smoothing_at_known_numbers():
    loss, z = catalogue.loss("cross_entropy", label_smoothing=0.1), np.array([[log(3), 0.0]])

    value = loss.value(ACTIVATIONS["softmax"](), z, z, np.array([[1.0, 0.0]]))

    np.testing.assert_allclose(value, 0.95 * log(4 / 3) + 0.05 * log(4), rtol=1e-15)


def test_label_smoothing_of_zero_leaves_a_loss_as_it_is():
    given = LOSSES["cross_entropy"](label_smoothing=0.2)

    assert catalogue.loss(given) is given
    assert catalogue.loss(given, label_smoothing=0.0) is given


@pytest.mark.parametrize("amount", [-0.1, 1.0, float("nan"), "some"])
def test_label_smoothing_out_of_range_is_refused(amount):
    with pytest.raises(InvalidValue, match=r"label_smoothing of .* must be a number in \[0, 1\)"):
        catalogue.loss("cross_entropy", label_smoothing=amount)


def test_label_smoothing_of_another_loss_is_refused():
    with pytest.raises(InvalidValue, match="goes with a cross-entropy; the loss is 'huber'"):
        catalogue.loss("huber", label_smoothing=0.1)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("huber", {"threshold": 0.0}),
        ("huber", {"threshold": inf}),
        ("quantile", {"quantile": 0.0}),
        ("quantile", {"quantile": 1.0}),
        ("binary_cross_entropy", {"label_smoothing": 2.0}),
    ],
)
def test_hyperparameters_out_of_range_are_refused(name, values):
    (parameter,) = values

    with pytest.raises(InvalidValue, match=f"{parameter} of .* must be a number in"):
        LOSSES[name](**values)


def test_kinks_are_the_residuals_where_a_slope_jumps():
    a, y = np.array([[-2.0, 0.0, 0.5, 2.0]]), np.zeros((1, 4))

    assert LOSSES["absolute_error"]().side(a, y).tolist() == [[0, 1, 2, 2]]
    assert LOSSES["quantile"]().side(a, y).tolist() == [[0, 1, 2, 2]]
    assert LOSSES["huber"](threshold=0.5).side(a, y).tolist() == [[0, 2, 3, 4]]
    assert {name for name in NAMES if LOSSES[name]().kinks} == {
        "absolute_error",
        "huber",
        "quantile",
    }


def test_the_domain_and_targets_are_those_of_the_formula():
    above, unit = Interval(0, inf), Interval(0, 1, closed_lower=True, closed_upper=True)

    assert {name: (LOSSES[name]().domain, LOSSES[name]().targets) for name in NAMES} == {
        **{name: (Interval(), Interval()) for name in OF_RESIDUALS},
        "binary_cross_entropy": (Interval(0, 1), unit),
        "cross_entropy": (Interval(0, 1, closed_upper=True), unit),
        "poisson": (above, Interval(0, inf, closed_lower=True)),
    }


class Fourth(Loss):
    name = "fourth"
    domain = Interval(0, inf)

    def of_output(self, a, y):
        return (a - y) ** 4

    def derivative(self, a, y):
        return 4 * (a - y) ** 3


def duck():
    class DuckFourth:
        domain = Interval(0, inf)
        kinks = (1,)
        of_output = staticmethod(lambda a, y: (a - y) ** 4)
        derivative = staticmethod(lambda a, y: 4 * (a - y) ** 3)

    return DuckFourth()


@pytest.mark.parametrize("own", [Fourth(), duck()], ids=["subclass", "duck-typed"])
def test_a_users_own_loss_works_with_any_activation(own):
    rng = np.random.default_rng(18)
    loss = catalogue.loss(own)
    z, y = rng.normal(scale=0.5, size=(12, 3)), rng.uniform(size=(12, 3))

    for phi in ("identity", "softmax", "exp"):
        assert_delta_is_the_slope(loss, ACTIVATIONS[phi](), z, y)
    assert Head(2, "exp", own).loss == loss


@pytest.mark.parametrize("own", [Fourth(), duck()], ids=["subclass", "duck-typed"])
def test_the_domain_of_a_users_own_loss_counts(own):
    with pytest.raises(OutsideDomain, match="strict=False to clip"):
        Specification(2, (Dense(1, "identity"),), own)

    assert Specification(2, (Dense(1, "exp"),), own).loss == catalogue.loss(own)


def test_a_duck_typed_loss_brings_what_it_says():
    thing = duck()
    loss = catalogue.loss(thing)

    assert (loss.name, loss.kinks, loss.partner) == ("DuckFourth", (1.0,), "")
    assert loss == catalogue.loss(thing)
    assert hash(loss) == hash(catalogue.loss(thing))
    assert repr(loss) == repr(thing)


@pytest.mark.parametrize(
    ("own", "says"),
    [
        (3, r"must be a name or an object with the methods of_output\(a, y\)"),
        (LOSSES["huber"], r"class of one. Make one of it: Huber\(\)"),
        (type("Mine", (Fourth,), {"name": "huber"})(), "Give yours another name"),
        (type("Mine", (Fourth,), {"name": None})(), "must have a name"),
    ],
)
def test_what_is_no_loss_is_refused(own, says):
    with pytest.raises(InvalidValue, match=says):
        catalogue.loss(own)
