"""Proofs: the remedy of a planted cause is found by replay, in the budget, and told in words."""

from __future__ import annotations

import io
import json
import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import glassnet as gn
from glassnet.doctor.contest import Entrant, Purse, halving, ladder_of
from glassnet.doctor.proof import Proof, Trial
from glassnet.doctor.regimen import regimen_of
from glassnet.doctor.remedies import Remedy
from glassnet.doctor.replay import Replay, Split
from glassnet.doctor.task import task_of
from glassnet.errors import InvalidValue
from glassnet.network import catalogue

RNG = np.random.default_rng(11)
X = RNG.normal(size=(200, 4))
WAVE = np.sin(2 * X[:, 0]) + X[:, 1]
SIDE = (WAVE > 0).astype(float)
HIDDEN = [gn.Dense(16, "tanh"), gn.Dense(16, "tanh")]


def _classifier(seed: int = 1, **options: Any) -> gn.Network:
    layers = [*HIDDEN, gn.Dense(1, "logistic")]
    return gn.Network(4, layers, loss="binary_cross_entropy", seed=seed, **options)


def _regressor(output: str = "identity", **options: Any) -> gn.Network:
    return gn.Network(4, [*HIDDEN, gn.Dense(1, output)], seed=1, **options)


@cache
def _proven() -> gn.Diagnosis:
    return _slow()


def _slow(budget: float = 2.0, **options: Any) -> gn.Diagnosis:
    """Diagnosed and proven: a learning rate a thousand times too low."""
    seen = gn.diagnose(_classifier(), X, SIDE, optimizer=gn.Adam(1e-6), epochs=40, batch_size=20)
    seen.prove(budget, **options)
    return seen


ILL: dict[str, tuple[str, Any]] = {
    "a rate a thousand times too low": ("learning_rate", lambda: gn.diagnose(
        _classifier(), X, SIDE, optimizer=gn.Adam(1e-6), epochs=40, batch_size=20)),
    "steps that jump": ("learning_rate", lambda: gn.diagnose(
        _regressor(), X, WAVE, optimizer=gn.SGD(8.0), epochs=40, batch_size=20)),
    "targets beyond the output": ("head", lambda: gn.diagnose(
        _regressor("logistic"), X, 3 * WAVE, optimizer=gn.Adam(0.03), epochs=60, batch_size=20)),
    "raw columns": ("X", lambda: gn.diagnose(
        _classifier(), X * [1e4, 1, 1, 1] + [3e4, 50, 0, 0], SIDE, optimizer=gn.Adam(0.01),
        epochs=40, batch_size=20)),
    "a penalty of 100": ("penalties", lambda: gn.diagnose(
        _classifier(penalties=[gn.L2(100.0)]), X, SIDE, optimizer=gn.Adam(0.01), epochs=40,
        batch_size=20)),
    "labels 1 and 2": ("y", lambda: gn.diagnose(
        _classifier(), X, SIDE + 1, optimizer=gn.Adam(0.01), epochs=40, batch_size=20)),
}  # fmt: skip


@pytest.mark.parametrize("name", ILL)
def test_the_remedy_of_a_planted_cause_is_proven(name: str) -> None:
    key, diagnosed = ILL[name]
    seen = diagnosed()

    best = seen.prove().best

    assert best is not None
    assert key in best.remedy.changes
    assert best.after > 0.5
    assert best.effect > 0.3
    net = seen.apply()
    gn.train(net, **seen.training())
    answers = seen.regimen().answers(gn.predict(net, seen.regimen().x))
    assert seen.regimen().task.skill(answers, np.arange(200)) > 0.6


def test_a_sign_that_is_gone_over_several_seeds_is_a_cure() -> None:
    seen = _proven()
    best = seen.proof.best if seen.proof else None

    assert best is not None
    assert (best.cured, best.sure, best.seeds) == (True, True, 3)
    assert best.signs == ()
    assert best.effect > 2 * best.error
    assert seen.findings[0].remedy.keys() <= best.remedy.changes.keys()
    assert "learning rate" in seen.verdict


def test_the_same_seed_gives_the_same_proof() -> None:
    assert _slow().to_json() == _proven().to_json()


def test_the_network_that_was_brought_is_left_as_it_is() -> None:
    net = _classifier()
    before = net.state.theta.tobytes()
    gn.diagnose(net, X, SIDE, optimizer=gn.Adam(1e-6), epochs=40, batch_size=20).prove()

    assert net.state.theta.tobytes() == before


@pytest.mark.parametrize("budget", [0.5, 2.0, 6.0])
def test_the_budget_is_kept(budget: float) -> None:
    proof = _slow(budget, at_least=0).proof

    assert proof is not None
    assert proof.budget == pytest.approx(budget)
    assert 0 < proof.used <= budget + 0.2  # the last epoch begun is finished


def test_a_short_training_is_given_a_floor_unless_it_is_taken_away() -> None:
    def used(**options: Any) -> float:
        seen = gn.diagnose(_classifier(), X, SIDE + 1, optimizer="adam", epochs=1, batch_size=50)
        return seen.prove(**options).budget

    assert used(at_least=0) == 2.0
    assert used() > 100


def test_a_healthy_network_is_offered_nothing() -> None:
    seen = gn.diagnose(_classifier(), X, SIDE, optimizer=gn.Adam(0.01), epochs=40, batch_size=20)
    proof = seen.prove()

    assert seen.healthy
    assert proof.best is None
    assert str(proof) == "Nothing to prove: no remedy is offered to a healthy network."
    with pytest.raises(InvalidValue, match="no remedy to apply"):
        seen.apply()


class _Flipped:
    """A squared error whose derivative points uphill: a user's own loss with a slip."""

    name = "flipped"

    def of_output(self, a: Any, y: Any) -> Any:
        return (a - y) ** 2 / 2

    def derivative(self, a: Any, y: Any) -> Any:
        return y - a


class _Own:
    """A user's own optimizer: plain steps."""

    name, uses_rate = "own", True

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate

    def start(self, theta: Any) -> dict[str, Any]:
        return {}

    def step(
        self, theta: Any, g: Any, memory: Any, rate: float, J: float, decays: Any = 1.0
    ) -> Any:
        return -rate * g, memory


def test_a_users_own_loss_and_optimizer_are_replayed_and_replaced() -> None:
    net = gn.Network(4, [*HIDDEN, gn.Dense(1, "identity")], loss=_Flipped(), seed=1)
    seen = gn.diagnose(net, X, WAVE, optimizer=_Own(0.05), epochs=40, batch_size=20)
    proved = gn.Diagnosis(
        [gn.Finding("STEP_BUG", "J rises.", "It climbs.", "Mend it.", {"head": "identity"})],
        [], ("static",), (), 200, case=seen.case,
    )  # fmt: skip

    best = proved.prove().best

    assert best is not None
    assert best.remedy.changes["head"] == "identity"
    assert best.after > 0.5


NO_PROOF: dict[str, tuple[Any, str]] = {
    "no y": (lambda: (_classifier(), X), "y is needed"),
    "one row": (lambda: (_classifier(), X[:1], SIDE[:1]), "y is the same in all 1 rows"),
    "one class": (lambda: (_classifier(), X, np.ones(200)), "y is the same in all 200 rows"),
}


@pytest.mark.parametrize("name", NO_PROOF)
def test_where_nothing_can_be_compared_the_proof_says_so(name: str) -> None:
    given, text = NO_PROOF[name]
    seen = gn.diagnose(*given())
    ill = gn.Diagnosis(
        [gn.Finding("LR_HIGH", "", "", "", {"learning_rate": 0.1})], [], (), (), 1, case=seen.case
    )

    proof = ill.prove()

    assert proof.best is None
    assert text in str(proof)
    assert "Nothing to" in ill.to_html()


BAD: dict[str, Any] = {
    "nan in a row": lambda: (_classifier(), np.where(X == X[3, 2], np.nan, X), SIDE),
    "nan everywhere": lambda: (_classifier(), X * np.nan, SIDE),
    "enormous rows": lambda: (_classifier(), X * 1e300, SIDE),
    "targets that X says nothing of": lambda: (
        _regressor(), X, np.random.default_rng(0).permutation(WAVE)),
    "two rows": lambda: (_regressor("logistic"), X[:2], np.array([5.0, 9.0])),
    "three classes for two outputs": lambda: (
        gn.Network(4, [gn.Dense(2, "softmax")], loss="cross_entropy"), X, np.arange(200) % 3),
    "nan weights": lambda: (_spoilt(), X, SIDE),
    "weights of the rows": lambda: (_regressor("logistic"), X, 9 * WAVE, np.arange(200.0)),
    "two heads": lambda: (
        gn.Network(4, [gn.output_layer([gn.Head(1, "logistic"), gn.Head(1)])]), X,
        np.c_[9 * WAVE, WAVE]),
}  # fmt: skip


def _spoilt() -> gn.Network:
    net = _classifier()
    net.state.theta[:] = np.nan
    return net


@pytest.mark.parametrize("name", BAD)
def test_nothing_broken_makes_a_proof_raise(name: str) -> None:
    told: Any = {"optimizer": "adam", "epochs": 3, "batch_size": 50} if len(name) % 2 else {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = gn.diagnose(*BAD[name](), **told)
        proof = seen.prove(0.1, at_least=2000)

    assert str(proof)
    assert json.loads(seen.to_json())["proof"]["verdict"] == proof.verdict


def test_a_row_that_is_not_finite_is_dropped_before_anything_else_helps() -> None:
    seen = gn.diagnose(*BAD["nan in a row"](), optimizer=gn.Adam(0.01), epochs=40, batch_size=20)
    best = seen.prove().best

    assert best is not None
    assert best.remedy.changes["X"] == "drop rows that are not finite"


@pytest.mark.parametrize(
    ("given", "text"),
    [({"budget": 0}, "budget must be above 0"), ({"budget": "2"}, "budget must be"),
     ({"seeds": 0}, "seeds must be"), ({"at_least": -1}, "at_least must be")],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_refused(given: Any, text: str) -> None:
    with pytest.raises(InvalidValue, match=text):
        gn.diagnose(_classifier(), X, SIDE + 1).prove(**given)


def test_the_forms_of_a_proof_say_the_same() -> None:
    seen = _proven()
    assert seen.proof is not None
    best = seen.proof.best
    assert best is not None
    screen = io.StringIO()
    Console(file=screen, width=200).print(seen)

    for form in (str(seen), seen.to_html(), screen.getvalue(), str(seen.proof)):
        assert best.remedy.words in form
        assert f"{best.after:.2f}" in form
    told = json.loads(seen.to_json())["proof"]["trials"][0]
    assert (told["words"], told["cured"]) == (best.remedy.words, True)
    narrow = io.StringIO()
    Console(file=narrow, width=60).print(seen)
    assert max(map(len, narrow.getvalue().splitlines())) <= 60


def test_the_smallest_sufficient_change_comes_first_and_pairs_are_counted() -> None:
    one = Trial(Remedy({"X": "standardise"}), 0.0, 0.96, 0.01, 3)
    two = Trial(Remedy({"X": "standardise", "epochs": 9}), 0.0, 0.99, 0.01, 3)
    worse = Trial(Remedy({"batch_size": 1}), 0.5, 0.4, 0.01, 3)
    proof = Proof((worse, one, two))

    assert proof.best is one
    assert proof.with_edits(1, 2) is one
    assert proof.pair(2) is two
    assert Proof((worse,)).best is None


def test_rows_are_kept_apart_class_by_class_where_there_are_enough() -> None:
    labels = (np.arange(100) < 20).astype(int)
    rows = Split.of(100, labels, seed=3)

    assert rows.apart == 25
    assert sorted([*rows.learn, *rows.judge]) == list(range(100))
    assert labels[rows.judge].sum() == 5
    assert Split.of(39, None, seed=3).apart == 0


def test_halving_keeps_the_better_half_and_who_is_kept_and_never_overspends() -> None:
    case = gn.diagnose(_classifier(), X, SIDE, optimizer="adam", epochs=20, batch_size=20).case
    assert case is not None
    base = regimen_of(case)
    rates = [1e-7, 1e-6, 1e-5, 0.01]
    entrants = [Entrant.of(Remedy({"learning_rate": rate}), base, 0) for rate in rates]
    purse = Purse(30_000.0)
    beside = Replay(base, 0)

    ranked = halving(entrants, purse, ladder_of(500, 4000, 0), kept=entrants[0], beside=beside)

    assert ranked[0] is entrants[3]
    assert entrants[0].rung == entrants[3].rung > entrants[1].rung
    assert len(beside.marks) == entrants[3].rung + 1
    assert purse.used <= purse.allowed


def test_replays_with_the_same_seed_take_the_same_batches() -> None:
    case = gn.diagnose(_classifier(), X, SIDE, optimizer="adam", epochs=20, batch_size=20).case
    assert case is not None
    base = regimen_of(case)
    epoch = 150 + 16 * 8  # rows, and eight steps
    whole = Replay(base, 4).go_on(20 * epoch)
    parts = Replay(base, 4).go_on(7 * epoch).go_on(20 * epoch)

    assert whole.steps == parts.steps == 160
    assert whole.marks[-1] == parts.marks[-1]
    assert Replay(base, 5).go_on(20 * epoch).marks != whole.marks


@pytest.mark.parametrize(
    ("y", "loss", "kind", "outputs"),
    [
        ([0, 1, 1, 0], "binary_cross_entropy", "binary", 1),
        ([-1, 1, 1, -1], "squared_error", "binary", 1),
        ([10.0, 20.0, 20.0, 10.0], "squared_error", "regression", 1),
        ([0, 1, 2, 3, 0, 1, 2, 3], "cross_entropy", "multiclass", 4),
        ([[0, 1, 0], [1, 0, 0], [0, 0, 1]], "squared_error", "multiclass", 3),
        ([[0, 1, 1], [1, 0, 0], [0, 0, 0]], "binary_cross_entropy", "multilabel", 3),
        ([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]], "binary_cross_entropy", "binary", 1),
        ([0.5, 1.5, 9.0, 2.0], "squared_error", "regression", 1),
    ],
)
def test_the_task_is_read_from_the_targets(y: Any, loss: str, kind: str, outputs: int) -> None:
    task = task_of(np.array(y, float), catalogue.loss(loss), "identity")

    assert (task.kind, task.outputs) == (kind, outputs)


def test_skill_is_1_of_the_truth_0_of_a_constant_and_never_below_minus_1() -> None:
    task = task_of(WAVE, catalogue.loss("squared_error"), "identity")
    rows = np.arange(200)
    column = WAVE[:, None]

    assert task.skill(column, rows) == 1
    assert task.skill(np.full((200, 1), WAVE.mean()), rows) == pytest.approx(0, abs=1e-12)
    assert -1 <= task.skill(1e9 * column, rows) < -0.99
    assert task.skill(column * np.nan, rows) == task.skill(None, rows) == -1
    classes = task_of(SIDE, catalogue.loss("binary_cross_entropy"), "logistic")
    most = np.full(200, int(SIDE.mean() > 0.5))
    assert classes.skill(most, rows) == pytest.approx(0)
    assert classes.skill(SIDE.astype(int), rows) == 1
