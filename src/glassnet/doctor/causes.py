"""The causes the doctor knows, in the order in which one brings about the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.rules.all_linear import all_linear
from glassnet.doctor.rules.batch import batch
from glassnet.doctor.rules.capacity import capacity
from glassnet.doctor.rules.data_bad import data_bad
from glassnet.doctor.rules.dead_relu import dead_relu
from glassnet.doctor.rules.explode import explode
from glassnet.doctor.rules.few_steps import few_steps
from glassnet.doctor.rules.imbalance import imbalance
from glassnet.doctor.rules.init_scale import init_scale
from glassnet.doctor.rules.init_symm import init_symm
from glassnet.doctor.rules.input_scale import input_scale
from glassnet.doctor.rules.label_code import label_code
from glassnet.doctor.rules.loss_pair import loss_pair
from glassnet.doctor.rules.lr_high import lr_high
from glassnet.doctor.rules.lr_low import lr_low
from glassnet.doctor.rules.metric import metric
from glassnet.doctor.rules.out_range import out_range
from glassnet.doctor.rules.over_reg import over_reg
from glassnet.doctor.rules.overfit import overfit
from glassnet.doctor.rules.softmax_one import softmax_one
from glassnet.doctor.rules.split_leak import split_leak
from glassnet.doctor.rules.step_bug import step_bug
from glassnet.doctor.rules.target_scale import target_scale
from glassnet.doctor.rules.vanish import vanish
from glassnet.doctor.table_causes import TABLE_TITLES


@dataclass(frozen=True)
class Cause:
    """A cause: its code, its name in words, its rule, and the causes that are its consequences.

    Examples
    --------
    >>> [cause.title for cause in CAUSES][:2]
    ['bad data', 'an output that is always the same']
    """

    code: str
    title: str
    rule: Callable[[Chart], Finding | None]
    brings: tuple[str, ...] = ()


_HEAD = ("OUT_RANGE", "LR_LOW", "FEW_STEPS", "VANISH", "DEAD_RELU", "OVER_REG", "CAPACITY")

CAUSES = (
    Cause("DATA_BAD", "bad data", data_bad),
    Cause("SOFTMAX_ONE", "an output that is always the same", softmax_one,
          (*_HEAD, "LABEL_CODE", "LOSS_PAIR", "DATA_BAD", "INIT_SCALE", "TARGET_SCALE")),
    Cause("LABEL_CODE", "labels in the wrong code", label_code,
          (*_HEAD, "LOSS_PAIR", "LR_HIGH", "TARGET_SCALE")),
    Cause("STEP_BUG", "steps that do not follow the gradient", step_bug,
          ("LOSS_PAIR", "LR_HIGH", "LR_LOW", "EXPLODE", "DEAD_RELU")),
    Cause("LOSS_PAIR", "output and loss do not fit", loss_pair, (*_HEAD, "LR_HIGH")),
    Cause("OUT_RANGE", "targets out of the output's range", out_range,
          ("TARGET_SCALE", "LR_LOW", "LR_HIGH", "FEW_STEPS", "OVER_REG", "DEAD_RELU", "VANISH")),
    Cause("SPLIT_LEAK", "a leak between the sets", split_leak),
    Cause("ALL_LINEAR", "no nonlinearity", all_linear, ("CAPACITY", "FEW_STEPS", "LR_LOW")),
    Cause("INPUT_SCALE", "inputs not scaled", input_scale,
          ("INIT_SCALE", "LR_HIGH", "LR_LOW", "DEAD_RELU", "VANISH", "EXPLODE", "FEW_STEPS",
           "CAPACITY")),
    Cause("TARGET_SCALE", "targets not scaled", target_scale, ("LR_HIGH", "LR_LOW", "FEW_STEPS")),
    Cause("INIT_SYMM", "units that are alike", init_symm,
          ("INIT_SCALE", "VANISH", "DEAD_RELU", "LR_LOW", "FEW_STEPS")),
    Cause("INIT_SCALE", "first weights too large or too small", init_scale,
          ("LR_HIGH", "LR_LOW", "VANISH", "EXPLODE", "FEW_STEPS")),
    Cause("OVER_REG", "penalties too strong", over_reg, ("LR_HIGH", "LR_LOW", "FEW_STEPS")),
    Cause("DEAD_RELU", "dead units", dead_relu, ("LR_LOW", "FEW_STEPS")),
    Cause("VANISH", "the gradient vanishes", vanish, ("LR_LOW", "FEW_STEPS")),
    Cause("EXPLODE", "numbers explode", explode, ("LR_HIGH", "DEAD_RELU")),
    Cause("BATCH", "batches of the wrong size", batch, ("LR_LOW", "FEW_STEPS", "IMBALANCE")),
    Cause("LR_HIGH", "learning rate too high", lr_high,
          ("DEAD_RELU", "IMBALANCE", "EXPLODE", "CAPACITY")),
    Cause("LR_LOW", "learning rate too low", lr_low, ("FEW_STEPS", "IMBALANCE")),
    Cause("CAPACITY", "too narrow", capacity, ("FEW_STEPS", "IMBALANCE")),
    Cause("IMBALANCE", "a rare class is ignored", imbalance),
    Cause("FEW_STEPS", "too few steps", few_steps),
    Cause("OVERFIT", "overfitting", overfit),
    Cause("METRIC", "a score that says nothing", metric),
)  # fmt: skip

TITLES = {cause.code: cause.title for cause in CAUSES} | TABLE_TITLES


def found(chart: Chart) -> tuple[list[Finding], list[Finding]]:
    """The causes found, in their order with advice last, and those that others explain.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.doctor.chart import chart
    >>> from glassnet.doctor.patient import patient
    >>> from glassnet.doctor.plan import Plan
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> found(chart(patient(net, [[1.0], [2.0]], [1.0, 2.0]), Plan()))
    ([], [])
    """
    all_found: list[Finding] = []
    for cause in CAUSES:
        finding = cause.rule(chart)
        if finding is not None:
            all_found.append(finding)
    serious = {finding.code for finding in all_found if finding.severity != "advice"}
    explained: set[str] = set()
    for cause in CAUSES:  # what is itself explained explains nothing
        if cause.code in serious and cause.code not in explained:
            explained.update(cause.brings)
    first = [finding for finding in all_found if finding.code not in explained]
    first.sort(key=lambda finding: finding.severity == "advice")
    return first, [finding for finding in all_found if finding.code in explained]
