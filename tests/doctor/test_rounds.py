"""The doctor's rounds through a training: what they cost the run (nothing) and what they find."""

from __future__ import annotations

import copy
import pickle  # noqa: TID251 # a doctor among the callbacks is pickled with its estimator
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.doctor.rounds import rounds


def rows(m: int = 200, seed: int = 0) -> tuple[Any, Any]:
    x = np.random.default_rng(seed).normal(size=(m, 3))
    return x, np.sin(x[:, 0]) + 0.5 * x[:, 1]


def network(activation: str = "tanh", seed: int = 0, **more: Any) -> gn.Network:
    return gn.Network(3, [gn.Dense(12, activation, **more), gn.Dense(1, "identity")], seed=seed)


class Jump(gn.Schedule):
    """The rate is ``times`` as high from step ``at`` on."""

    name = "jump"

    def __init__(self, at: int, times: float) -> None:
        self.at, self.times = at, times

    def rates(self, base: float, memory: Any, clock: Any, steps: int) -> Any:
        k = clock.step + np.arange(steps)
        return np.where(k < self.at, base, self.times * base)


OPTIMIZERS = [gn.SGD(0.05), gn.Momentum(0.01), gn.Adam(0.01), gn.RMSprop(0.005), gn.LBFGS()]


@pytest.mark.parametrize("engine", ["auto", "reference"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda each: each.name)
@pytest.mark.parametrize("stop", [False, True])
def test_watching_changes_no_bit_of_the_run(optimizer: Any, engine: str, stop: bool) -> None:
    x, y = rows()
    ends = []
    for observers in ([], [gn.Doctor(stop=stop)]):
        net = gn.Network(
            3,
            [gn.Dense(12, "relu", dropout=0.2, batch_norm=True), gn.Dense(1, "identity")],
            seed=4,
        )
        run = gn.train(
            net, x, y, optimizer=optimizer, epochs=20, batch_size=30, observers=observers,
            engine=engine,
        )  # fmt: skip
        ends.append((net.state, run.history.column("J"), run.ended))
    (state, J, ended), (watched, J_watched, ended_watched) = ends
    assert np.array_equal(state.theta, watched.theta)
    assert all(np.array_equal(state.memory[name], watched.memory[name]) for name in state.memory)
    assert np.array_equal(J, J_watched)
    assert (state.t, ended) == (watched.t, ended_watched)


def test_examining_during_the_run_finds_what_examining_after_it_finds() -> None:
    x, y = rows()
    found = []
    for stop in (False, True):
        doctor = gn.Doctor(stop=stop)
        gn.train(network(), x, y, optimizer=gn.SGD(1e-6), epochs=30, observers=[doctor])
        found.append((doctor.diagnosis.to_dict(), doctor.first_alarm))
    assert found[0] == found[1]


def test_most_rounds_fall_into_the_first_tenth() -> None:
    assert rounds(100_000) == [10, 100, 2000, 10_000, 50_000]


def test_one_round_is_at_the_end_of_the_first_tenth() -> None:
    assert all(total // 10 in rounds(total) for total in range(10, 5000))


@pytest.mark.parametrize("total", [1, 2, 3, 7, 40, 999])
def test_rounds_are_within_the_training_and_rise(total: int) -> None:
    found = rounds(total)
    assert found == sorted(set(found))
    assert all(0 < step < total for step in found)


def test_the_doctor_sees_the_network_after_exactly_so_many_steps() -> None:
    x, y = rows(100)
    doctor = gn.Doctor()
    gn.train(network(), x, y, epochs=100, batch_size=25, observers=[doctor])
    assert doctor.rounds == (0, *rounds(400), 400)
    assert doctor.diagnosis.moments[-1] == f"{len(rounds(400)) + 1} rounds to step 400"


def test_a_healthy_run_is_called_healthy() -> None:
    x, y = rows()
    doctor = gn.Doctor()
    run = gn.train(network(), x, y, optimizer=gn.Adam(0.01), epochs=100, observers=[doctor])
    assert (doctor.diagnosis.healthy, doctor.first_alarm, run.reason) == (True, None, "")


def test_a_run_that_cannot_go_well_is_ended_and_the_reason_given() -> None:
    x, y = rows()
    doctor = gn.Doctor(stop=True)
    run = gn.train(
        network("relu"), x, 50 * y, optimizer=gn.SGD(0.05), epochs=200, observers=[doctor]
    )
    assert run.ended == "observer"
    assert "learning_rate" in run.reason
    assert len(run.history) < 20
    assert doctor.diagnosis.findings[0].severity == "fatal"


def test_without_stop_the_same_run_goes_on() -> None:
    x, y = rows()
    doctor = gn.Doctor()
    run = gn.train(network("tanh"), x, y, optimizer=gn.SGD(1e-7), epochs=20, observers=[doctor])
    assert (run.ended, len(run.history), run.reason) == ("epochs", 20, "")
    assert not doctor.diagnosis.healthy


def test_what_appears_on_the_way_is_dated_by_its_step() -> None:
    """The rate rises in epoch 6: its sign comes after, not before."""
    x, y = rows()
    doctor = gn.Doctor()
    gn.train(
        network("relu"), x, y, optimizer=gn.SGD(0.02), epochs=30, batch_size=20,
        schedule=Jump(60, 400.0), clip_norm=100.0, observers=[doctor],
    )  # fmt: skip
    assert doctor.first_alarm is not None
    assert doctor.first_alarm > 60


def test_a_run_that_diverges_is_diagnosed() -> None:
    x, y = rows()
    doctor = gn.Doctor()
    with pytest.raises(gn.errors.Diverged):
        gn.train(network("relu"), x, 1e6 * y, optimizer=gn.SGD(10.0), epochs=5, observers=[doctor])
    assert not doctor.diagnosis.healthy
    assert doctor.first_alarm is not None


def test_a_doctor_may_watch_one_run_after_another() -> None:
    x, y = rows()
    doctor = gn.Doctor()
    gn.train(network(), x, y, optimizer=gn.SGD(1e-7), epochs=20, observers=[doctor])
    ill = doctor.diagnosis.healthy
    gn.train(network(), x, y, optimizer=gn.Adam(0.01), epochs=60, observers=[doctor])
    assert (ill, doctor.diagnosis.healthy) == (False, True)


def test_before_a_run_there_is_no_diagnosis() -> None:
    with pytest.raises(AttributeError, match=r"observers=\[doctor\]"):
        _ = gn.Doctor().diagnosis


def test_a_pickled_doctor_keeps_what_it_found_and_no_rows() -> None:
    x, y = rows(4000)
    doctor = gn.Doctor()
    gn.train(network(), x, y, epochs=3, observers=[doctor])
    text = pickle.dumps(doctor)
    assert len(text) < 20_000 < x.nbytes
    assert str(pickle.loads(text).diagnosis) == str(doctor.diagnosis)
    assert str(copy.deepcopy(doctor).diagnosis) == str(doctor.diagnosis)


def test_short_epochs_stay_joined_under_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = rows(20)
    from glassnet.engine.reference_session import ReferenceSession

    calls, run = [], ReferenceSession.run

    def counted(self: Any, plan: Any) -> Any:
        calls.append(plan.steps)
        return run(self, plan)

    monkeypatch.setattr(ReferenceSession, "run", counted)
    gn.train(
        network(), x, y, epochs=400, batch_size=20, engine="reference", observers=[gn.Doctor()]
    )
    assert sum(calls) == 400
    assert len(calls) <= 2 * len(rounds(400)) + 2


def test_more_rounds_are_made_when_the_cost_rises() -> None:
    x, y = rows(2000)
    doctors = gn.Doctor(), gn.Doctor()
    for doctor, times in zip(doctors, (1.0, 300.0), strict=True):
        gn.train(
            network(), x, y, optimizer=gn.SGD(0.01), epochs=20, batch_size=4, clip_norm=5.0,
            schedule=Jump(3000, times), observers=[doctor],
        )  # fmt: skip
    calm, wild = (len(doctor.rounds) for doctor in doctors)
    assert wild > calm
    assert any(3000 < step < 5000 for step in doctors[1].rounds)


def test_a_validation_loss_that_rises_by_less_than_its_own_error_is_no_overfitting() -> None:
    """Of labels with noise; the error of the mean shrinks as more rows are held apart."""
    rng = np.random.default_rng(0)
    found = []
    for held in (12, 2000):
        x = rng.normal(size=(60 + held, 4))
        y = (x[:, 0] + rng.normal(size=len(x)) > 0).astype(float)
        layers = [gn.Dense(64, "tanh"), gn.Dense(1, "logistic")]
        net = gn.Network(4, layers, loss="binary_cross_entropy", seed=1)
        doctor = gn.Doctor()
        gn.train(
            net, x[:60], y[:60], optimizer=gn.Adam(0.01), epochs=150, observers=[doctor],
            validation=(x[60:], y[60:]),
        )  # fmt: skip
        chart = doctor.diagnosis.chart
        assert chart is not None
        assert chart.held is not None
        assert chart.curve is not None
        rise = chart.curve.val_last - chart.curve.val_lowest
        codes = [each.code for each in doctor.diagnosis.findings]
        found.append((rise > 2 * chart.held.error, "OVERFIT" in codes))
    assert found == [(False, False), (True, True)]
