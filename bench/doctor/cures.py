"""What becomes of a program when the doctor's remedies are carried out, one seed at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bench.doctor.metrics import Bar
from bench.doctor.programs import Program, Rows, capped, most_steps
from bench.doctor.runs import Outcome, trained
from glassnet.arrays import Array
from glassnet.doctor.regimen import Regimen, regimen_of
from glassnet.doctor.remedies import CODES, Remedy, layer_and_field
from glassnet.doctor.treatment import treated
from glassnet.errors import GlassnetError

BUDGET = 2.0  # trainings of the case


class Clinic:
    """Carries remedies out on one program and seed, and remembers what came of each."""

    def __init__(self, program: Program, bar: Bar, seed: int, diagnosis: Any) -> None:
        self.program, self.bar, self.seed, self.diagnosis = program, bar, seed, diagnosis
        self._known: dict[str, Outcome] = {}

    def outcome(self, remedy: Remedy) -> Outcome:
        """How the program ends with the remedy; one that cannot be carried out changes nothing."""
        key = repr(sorted(remedy.plain().items()))
        if key not in self._known:
            self._known[key] = self._carried_out(remedy)
        return self._known[key]

    def _carried_out(self, remedy: Remedy) -> Outcome:
        if remedy.by_hand or self.diagnosis is None:
            return Outcome(said="left to people")
        try:
            with np.errstate(all="ignore"):
                changed = treated(regimen_of(self.diagnosis.case), remedy)
        except GlassnetError as error:
            return Outcome(said=str(error))
        return trained(_program(self.program, changed), self.bar, self.seed)


@dataclass
class Prescription:
    """What the doctor gives: one edit first, and what is of two edits at most.

    Attributes
    ----------
    one, two : Remedy or None
    seconds, used : float
        What ``prove()`` took; ``used`` in row passes, in units of the training's own.
    order : list of str
        The causes as they stand after it.
    raised : str
        What it raised, which it never may.
    """

    one: Remedy | None = None
    two: Remedy | None = None
    seconds: float = 0.0
    used: float = 0.0
    order: list[str] = field(default_factory=list[str])
    raised: str = ""


def prescribed(diagnosis: Any, depth: int, at_least: float = 0.0) -> Prescription:
    """Let the doctor prove its remedies, and take the best; the first findings' where none is.

    The work of all its replays is at most that of two trainings, or ``at_least`` row passes.
    """
    given, began = Prescription(), time.process_time()
    if diagnosis is None or diagnosis.healthy:
        return given
    findings = list(diagnosis.findings)
    try:
        with np.errstate(all="ignore"):
            proof = diagnosis.prove(BUDGET, at_least=at_least)
    except Exception as error:  # noqa: BLE001 - that the doctor raised is a result
        given.raised = f"prove: {type(error).__name__}: {error}"
        return given
    given.seconds, given.used = time.process_time() - began, proof.used
    given.order = [each.code for each in diagnosis.findings if each.severity != "advice"]
    offered = [r for r in map(remedy_of, findings) if r is not None and not r.by_hand]
    one = proof.with_edits(1, depth)
    two = proof.pair(depth) or proof.with_edits(2, depth)
    given.one = one.remedy if one else next((r for r in offered if r.edits(depth) == 1), None)
    pair = offered[0] + offered[1] if len(offered) > 1 else next(iter(offered), None)
    given.two = two.remedy if two else pair if pair and pair.edits(depth) <= 2 else None
    return given


def remedy_of(finding: Any) -> Remedy | None:
    """A finding's remedy; None where it has none that the vocabulary knows."""
    try:
        return Remedy(finding.remedy, finding.code)
    except GlassnetError:
        return None


def edit_of(remedy: Remedy, program: Program) -> str:
    """The name that the case file has for such an edit; empty where it has none.

    Examples
    --------
    >>> edit_of(Remedy({"X": "standardise"}), None)
    'xstd'
    """
    key, value = next(iter(remedy.changes.items()))
    place = layer_and_field(key)
    if place is not None:
        hidden = {"activation": "relu_he", "units": "wide", "init": "init", "dropout": "noreg"}
        output = place[0] == program.spec.depth and place[1] in ("activation", "units")
        return "head" if output else hidden.get(place[1], "")
    if key == "learning_rate" and isinstance(value, float | int):
        return "lrx10" if value > program.optimizer.learning_rate else "lrdiv10"
    if key == "y":
        return "head" if value in CODES else "ystd"
    return _EDITS.get(key, "")


_EDITS = {
    "head": "head", "loss": "head", "optimizer": "adam", "penalties": "noreg", "X": "xstd",
    "epochs": "steps20", "batch_size": "steps20",
}  # fmt: skip


def _program(before: Program, regimen: Regimen) -> Program:
    """A changed regimen as a program that is judged as the one before was."""
    asked = regimen.arguments()
    extra = {key: value for key, value in asked.items()
             if key not in ("X", "y", "optimizer", "epochs", "batch_size")}  # fmt: skip
    if "sample_weight" not in extra and not regimen.balanced:
        extra["sample_weight"] = before.options.get("sample_weight")
    each = -(-regimen.rows // min(int(asked["batch_size"]), regimen.rows))
    most = most_steps(regimen.spec, regimen.optimizer)
    read = regimen.coded or regimen.scale is not None
    return replace(
        before,
        spec=regimen.spec,
        optimizer=regimen.optimizer,
        epochs=capped(int(asked["epochs"]), each, most),
        asked_epochs=int(asked["epochs"]),
        batch_size=int(asked["batch_size"]),
        rows=_rows(before.rows, asked["X"], asked["y"]),
        options={**before.options, **extra},
        read=(lambda outputs: _read(regimen, outputs)) if read else None,
    )


def _rows(before: Rows, X: Any, y: Any) -> Rows:
    return replace(before, X=np.asarray(X), y=np.asarray(y))


def _read(regimen: Regimen, outputs: Array) -> Array | None:
    """Class numbers as one-hot rows, or columns in the units of y."""
    answers = regimen.answers(outputs)
    if answers is None or answers.ndim == 2:
        return answers
    classes = regimen.task.classes
    count = 2 if classes is None else max(2, len(classes))
    return np.eye(count)[answers]
