"""The race: whose turn it is, when it ends, and what becomes of an engine that fails."""

import pytest

from glassnet.bench import race as subject
from glassnet.bench.contract import Entry
from glassnet.bench.lineup import lineup
from glassnet.bench.peers import catalogue
from glassnet.bench.processes import WorkerFailed
from glassnet.bench.race import Limits, ceilings, race

OWN, JAX = (Entry(name, 1, "float32") for name in ("glassnet", "JAX"))


class Scripted:
    """Workers that say what they are told to, and write down what they were asked."""

    def __init__(self, fails=(), seconds=1.0):
        self.fails, self.seconds = dict(fails), seconds
        self.asked, self.closed = [], []

    def __call__(self, entry, cpus):
        return _Worker(self, entry)


class _Worker:
    def __init__(self, script, entry):
        self.script, self.entry, self.turns = script, entry, 0

    def ask(self, **question):
        self.question = next(iter(question))
        self.turns += self.question == "turn"
        self.script.asked.append((self.question, self.entry.engine))

    def answer(self, seconds):
        if self.script.fails.get(self.entry) == (self.question, self.turns):
            raise WorkerFailed("it had enough.")
        return {"prepare": {}, "turn": {"seconds": self.script.seconds}, "ceiling": {"value": 2.0}}[
            self.question
        ]

    def close(self):
        self.script.closed.append(self.entry)
        self.script.asked.append(("close", self.entry.engine))


@pytest.fixture
def run(monkeypatch):
    """Run a race of scripted workers without pauses."""

    def run(script, entries, limits=Limits(rounds=3)):  # noqa: B008 - it is frozen
        monkeypatch.setattr(subject, "Worker", script)
        monkeypatch.setattr(subject, "_PAUSE", 0)
        return race("W1", entries, limits, lambda share, text: None)

    return run


def test_engines_take_turns(run):
    script = Scripted()
    result = run(script, [OWN, JAX])

    turns = [engine for what, engine in script.asked if what == "turn"]
    assert turns == ["glassnet", "JAX"] * 3
    assert result.times == {OWN: [1.0] * 3, JAX: [1.0] * 3}


def test_an_engine_that_cannot_be_made_ready_takes_no_turn(run):
    script = Scripted(fails={JAX: ("prepare", 0)})
    result = run(script, [OWN, JAX])

    assert ("turn", "JAX") not in script.asked
    assert list(result.times) == [OWN]
    assert result.missing == {JAX: "it had enough."}


def test_an_engine_that_fails_in_a_later_round_is_out_and_the_others_go_on(run):
    script = Scripted(fails={JAX: ("turn", 2)})
    result = run(script, [OWN, JAX])

    assert script.asked.count(("turn", "JAX")) == 2
    # Ended at once: what it still does would slow the others.
    assert script.asked.index(("close", "JAX")) < script.asked.index(("close", "glassnet"))
    assert script.asked[script.asked.index(("close", "JAX")) + 1] == ("turn", "glassnet")
    assert result.times == {OWN: [1.0] * 3}
    assert JAX in result.missing


def test_every_worker_is_closed_whatever_happens(run):
    script = Scripted(fails={JAX: ("turn", 1)})
    run(script, [OWN, JAX])

    assert set(script.closed) == {OWN, JAX}


def test_ctrl_c_closes_the_workers(run, monkeypatch):
    script = Scripted()
    monkeypatch.setattr(_Worker, "answer", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))

    with pytest.raises(KeyboardInterrupt):
        run(script, [OWN, JAX])

    assert set(script.closed) == {OWN, JAX}


def test_time_that_is_up_ends_a_race_after_three_rounds(run):
    result = run(Scripted(), [OWN], Limits(rounds=50, seconds=0))

    assert len(result.times[OWN]) == 3


def test_the_ceilings_of_threads_are_those_of_their_processes_together(monkeypatch):
    script = Scripted()
    monkeypatch.setattr(subject, "Worker", script)
    monkeypatch.setattr(subject, "processors", lambda: [0, 1, 2, 3])

    assert set(ceilings(3, lambda share, text: None).values()) == {6.0}
    # All are asked before any is waited for.
    assert [what for what, _ in script.asked].count("ceiling") == 12
    assert len(script.closed) == 3


def test_a_ceiling_that_cannot_be_measured_is_an_error_that_names_it(monkeypatch):
    script = Scripted(fails={Entry("ceilings", 1, "float32"): ("ceiling", 0)})
    monkeypatch.setattr(subject, "Worker", script)

    with pytest.raises(
        WorkerFailed, match=r"^the ceiling of float32 multiply-add was not measured"
    ):
        ceilings(1, lambda share, text: None)

    assert len(script.closed) == 1


def test_a_peer_that_is_not_installed_is_missing_with_a_reason(monkeypatch):
    unknown = catalogue.Known("jax_scan", "jax_that_is_not_there", "jax")
    monkeypatch.setitem(catalogue.ENGINES, "JAX", unknown)

    entries, missing = lineup(1, "float32", None)

    assert JAX not in entries
    assert missing[JAX] == "jax is not installed. Install glassnet[bench]."


def test_a_peer_is_not_entered_in_a_dtype_it_lacks():
    entries, missing = lineup(1, "bf16", ["scikit-learn"])

    assert [(e.engine, e.dtype) for e in entries] == [("glassnet", "bf16"), ("glassnet", "float32")]
    assert missing == {Entry("scikit-learn", 1, "bf16"): "it does not compute in bf16."}


def test_several_threads_race_one_thread_and_other_dtypes_race_float32():
    entries, _ = lineup(2, "float64", ["scikit-learn"])

    assert entries == [
        Entry("glassnet", 2, "float64"),
        Entry("scikit-learn", 2, "float64"),
        Entry("glassnet", 1, "float64"),
        Entry("glassnet", 2, "float32"),
        Entry("scikit-learn", 2, "float32"),
    ]
