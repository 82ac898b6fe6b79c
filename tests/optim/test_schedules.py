"""Learning rates against closed forms and against scikit-learn's own rules."""

import json
from math import cos, inf, log2, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

from glassnet.errors import InvalidValue, UnknownName
from glassnet.optim.schedules import (
    SCHEDULES,
    Clock,
    ConstantRate,
    Cosine,
    CosineLog,
    ExponentialDecay,
    FlatCosine,
    InverseScaling,
    OneCycle,
    Plateau,
    StepDecay,
    WarmUp,
    schedule,
)

BASE, STEPS, TOTAL = 0.2, 5, 40  # η₀, steps an epoch, steps of the run


def rates(made, first=0, steps=TOTAL, memory=None):
    memory = made.start() if memory is None else memory
    return made.rates(BASE, memory, Clock(first, STEPS, TOTAL), steps)


CLOSED_FORMS = {
    "constant": (ConstantRate(), lambda k: 1.0),
    "step": (StepDecay(epochs=2, factor=0.5), lambda k: 0.5 ** (k // 5 // 2)),
    "exponential": (ExponentialDecay(0.9), lambda k: 0.9 ** (k / 5)),
    "cosine": (Cosine(), lambda k: (1 + cos(pi * k / 40)) / 2),
    "cosine with a floor": (Cosine(0.1), lambda k: 0.1 + 0.9 * (1 + cos(pi * k / 40)) / 2),
    "flat cosine": (
        FlatCosine(0.25),
        lambda k: 1.0 if k < 10 else (1 + cos(pi * (k - 10) / 30)) / 2,
    ),
    "cosine of a logarithm": (
        CosineLog(3),
        lambda k: (1 - cos(2 * pi * log2(1 + 7 * k / 40))) / 2,
    ),
    "one cycle": (
        OneCycle(rise=0.25, divisor=10, last_divisor=100),
        lambda k: (
            0.1 + 0.9 * (1 - cos(pi * k / 10)) / 2
            if k < 10
            else 0.01 + 0.99 * (1 + cos(pi * (k - 10) / 30)) / 2
        ),
    ),
    "warm-up": (WarmUp(8), lambda k: min(1.0, (k + 1) / 8)),
    "warm-up, then cosine": (
        WarmUp(8, Cosine()),
        lambda k: min(1.0, (k + 1) / 8) * (1 + cos(pi * k / 40)) / 2,
    ),
    "warm-up of no steps": (WarmUp(0), lambda k: 1.0),
    "inverse scaling in the first epoch": (InverseScaling(), lambda k: 1.0),
    "plateau in the first epoch": (Plateau(), lambda k: 1.0),
}


@pytest.mark.parametrize(("made", "share"), CLOSED_FORMS.values(), ids=CLOSED_FORMS)
def test_rates_follow_the_formula(made, share):
    wanted = [BASE * share(k) for k in range(TOTAL)]

    assert rates(made) == pytest.approx(wanted, rel=1e-14)
    assert rates(made).dtype == np.float64


def test_the_waves_of_a_cosine_of_a_logarithm_grow_longer():
    found = rates(CosineLog(4), steps=4000)
    made = CosineLog(4).rates(BASE, {}, Clock(0, 100, 15_000), 15_000)
    valleys = np.flatnonzero(made < 1e-6 * BASE)

    assert found[0] == 0
    for end in (1_000, 3_000, 7_000):  # log₂(1 + 15 s) whole at s = 1/15, 3/15 and 7/15
        assert abs(valleys - end).min() <= 5


def test_the_one_cycle_begins_low_peaks_at_the_base_rate_and_ends_almost_at_0():
    found = rates(OneCycle())

    assert found[0] == pytest.approx(BASE / 25)
    assert found.argmax() == 12  # 0.3 · 40
    assert found[12] == BASE
    assert 0 < found[-1] < 0.01 * BASE


EVERY = {**{name: kind() for name, kind in SCHEDULES.items()}, "warm plateau": WarmUp(7, Plateau())}


@pytest.mark.parametrize("made", EVERY.values(), ids=EVERY)
@given(cut=st.integers(0, TOTAL))
def test_two_parts_of_a_run_have_the_rates_of_the_whole_to_the_bit(made, cut):
    parts = rates(made, 0, cut), rates(made, cut, TOTAL - cut)

    np.testing.assert_array_equal(np.concatenate(parts), rates(made))


@pytest.mark.parametrize("made", EVERY.values(), ids=EVERY)
@given(costs=st.lists(st.floats(0, 10), min_size=2, max_size=30), cut=st.integers(0, 30))
def test_the_memory_survives_a_checkpoint(made, costs, cut):
    """Written out as numbers after some epoch and read back, it goes on as if never cut."""
    whole = parted = made.start()
    for epoch, J in enumerate(costs):
        if epoch == cut:
            parted = json.loads(json.dumps(dict(parted)))
        whole, parted = made.epoch_end(whole, J, 9), made.epoch_end(parted, J, 9)

    assert dict(parted) == dict(whole)
    np.testing.assert_array_equal(rates(made, 10, 3, parted), rates(made, 10, 3, whole))


@pytest.mark.parametrize("made", EVERY.values(), ids=EVERY)
def test_what_is_told_changes_no_memory_that_was_given(made):
    memory = made.start()
    before = dict(memory)

    made.epoch_end(memory, 0.5, 10)

    assert dict(memory) == before


@pytest.mark.parametrize("made", EVERY.values(), ids=EVERY)
def test_rates_of_an_open_loop_do_not_depend_on_what_it_is_told(made):
    memory = made.start()
    for J in [1.0] * 30:
        memory = made.epoch_end(memory, J, 100)

    told = bool((rates(made, 0, 3, memory) != rates(made, 0, 3)).any())

    assert told != made.open_loop


# scikit-learn's own code, told the same costs.


def of_sklearn(rule, costs, patience, tolerance, rows, power=0.5):
    """Its rate in each epoch, as its loop would set it; shorter where it would stop."""
    peer = MLPClassifier(tol=tolerance, n_iter_no_change=patience)
    peer.loss_curve_, peer.best_loss_, peer._no_improvement_count = [], inf, 0
    made = SGDOptimizer([], learning_rate_init=BASE, lr_schedule=rule, power_t=power)
    found = []
    for epoch, J in enumerate(costs, start=1):
        found.append(made.learning_rate)
        peer.loss_curve_.append(J)
        peer._update_no_improvement_count(early_stopping=False, X=None, y=None, sample_weight=None)
        made.iteration_ends(epoch * rows)
        if rule == "adaptive" and peer._no_improvement_count > patience:
            if made.trigger_stopping("", verbose=False):
                break
            peer._no_improvement_count = 0
    return found


def of_ours(made, costs, rows):
    memory, found = made.start(), []
    for J in costs:
        found.append(float(made.rates(BASE, memory, Clock(0, 1, 1), 1)[0]))
        memory = made.epoch_end(memory, J, rows)
        if made.exhausted(BASE, memory):
            break
    return found


@given(
    costs=st.lists(st.sampled_from([1.0, 0.99, 0.9, 0.5, 0.49, 0.1, 2.0]), max_size=60),
    patience=st.integers(1, 3),
    tolerance=st.sampled_from([0.0, 0.05, 0.2]),
)
def test_the_plateau_with_factor_a_fifth_is_the_adaptive_rate_of_scikit_learn(
    costs, patience, tolerance
):
    made = Plateau(factor=0.2, patience=patience, tolerance=tolerance)
    wanted = of_sklearn("adaptive", costs, patience, tolerance, rows=10)

    assert of_ours(made, costs, rows=10) == pytest.approx(wanted, rel=1e-13)


def test_the_plateau_ends_when_scikit_learn_does():
    costs = [1.0] * 100
    wanted = of_sklearn("adaptive", costs, 2, 0.1, rows=10)

    assert of_ours(Plateau(patience=2, tolerance=0.1), costs, rows=10) == pytest.approx(wanted)
    assert len(wanted) < 100


@pytest.mark.parametrize("power", [0.0, 0.5, 1.3])
def test_inverse_scaling_is_that_of_scikit_learn(power):
    costs = [1.0] * 12
    wanted = of_sklearn("invscaling", costs, 10, 0.0, rows=150, power=power)

    assert of_ours(InverseScaling(power), costs, rows=150) == pytest.approx(wanted, rel=1e-15)


def test_only_a_plateau_can_be_exhausted():
    memory = Plateau(patience=0).start()
    for J in (1.0, 1.0):
        memory = Plateau(patience=0).epoch_end(memory, J, 1)

    assert not Plateau(patience=0).exhausted(BASE, memory)  # η₀ is far above ``smallest``
    assert Plateau(patience=0).exhausted(1e-6, memory)
    assert WarmUp(3, Plateau(patience=0)).exhausted(1e-6, memory)
    assert not any(
        SCHEDULES[name]().exhausted(0.0, {})
        for name in SCHEDULES
        if name != "plateau" and name != "warm_up"
    )


# Names and ranges.


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_a_name_stands_for_the_schedule_with_its_defaults(name):
    assert schedule(name) == SCHEDULES[name]()


def test_a_warm_up_takes_the_name_of_what_follows():
    assert WarmUp(3, "cosine") == WarmUp(3, Cosine())


@pytest.mark.parametrize("thing", [None, 0.1, Cosine])
def test_what_is_no_schedule_is_refused(thing):
    with pytest.raises(InvalidValue, match="a schedule must be a name or an object"):
        schedule(thing)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'cosine'"):
        schedule("cosin")
    with pytest.raises(UnknownName, match="no schedule is named 'none'"):
        WarmUp(3, "none")


BAD = [
    *((StepDecay, "epochs", bad) for bad in (0, -1, 2.5, "3", True, None)),
    *((kind, "factor", bad) for kind in (StepDecay, ExponentialDecay) for bad in (0, -1, 1.1, "a")),
    *((InverseScaling, "power", bad) for bad in (-0.1, inf, np.nan, "0.5")),
    *((FlatCosine, "flat", bad) for bad in (-0.1, 1.0, None)),
    *((CosineLog, "cycles", bad) for bad in (0, 1.5, None)),
    *((Cosine, "floor", bad) for bad in (-0.1, 1.1, None)),
    *((OneCycle, "rise", bad) for bad in (0, 1, -0.5, "x")),
    *((OneCycle, name, bad) for name in ("divisor", "last_divisor") for bad in (0, 0.5, inf)),
    *((WarmUp, "steps", bad) for bad in (-1, 1.5, None)),
    *((Plateau, "factor", bad) for bad in (0, 1, 5.0)),
    *((Plateau, "patience", bad) for bad in (-1, 0.5, np.nan, True)),
    *((Plateau, name, bad) for name in ("tolerance", "smallest") for bad in (-1e-9, inf, np.nan)),
]


@pytest.mark.parametrize(("kind", "name", "value"), BAD)
def test_a_value_out_of_range_is_refused_by_name(kind, name, value):
    with pytest.raises(InvalidValue, match=f"^{name} of {kind.__name__} must be .*; got "):
        kind(**{name: value})


def test_values_at_the_edges_are_taken():
    assert StepDecay(np.int64(1), factor=1.0).epochs == 1
    assert Plateau(patience=inf, tolerance=0.0, smallest=0).patience == inf
    assert Cosine(1.0).floor == 1.0
    assert WarmUp(0).steps == 0
