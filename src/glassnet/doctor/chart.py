"""The chart: every signal of a patient in one record, which is all that a rule sees."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.looks import Look, look
from glassnet.doctor.patient import Patient
from glassnet.doctor.plan import Plan
from glassnet.doctor.rehearsal import Rehearsal, rehearse, watched_steps
from glassnet.doctor.signals.curves import CurveSigns, curve_signs
from glassnet.doctor.signals.held import HeldSigns
from glassnet.doctor.signals.losses import LossSigns, loss_signs
from glassnet.doctor.signals.probes import Probes, probes
from glassnet.doctor.signals.steps import StepSigns
from glassnet.doctor.signals.tables import TableSigns, rows_in_both, table_signs
from glassnet.doctor.trials import Trials
from glassnet.network.specification import Specification


@dataclass(frozen=True, eq=False)
class Chart:
    """The signals of one patient; a part that could not be had is None.

    Attributes
    ----------
    spec, plan : Specification, Plan
    rows : int
        All of them, also those that are not looked at.
    table : TableSigns
        Of a[0], so that an input stage counts.
    y : (m, n_L) or None
        Targets of sound rows.
    probes : Probes
    look : Look or None
        The pass at the present step.
    rehearsal : Rehearsal or None
        Of an untrained network whose optimizer was told.
    curve : CurveSigns or None
        Of its history.
    in_both : float
        Share of the validation rows that are also among X.
    steps : StepSigns or None
        Of a few steps from the present one, if the optimizer was told: on the rows' batches, with
        the optimizer's memory where the network holds it.
    progress : float in [0, 1]
        The part of the planned steps that were taken; nan where no plan is known.
    ended : bool
        Whether nothing comes after: false only within a training that goes on.
    held : HeldSigns or None
        Of the validation rows, where a training that the doctor watched has ended.
    ended_by : str
        What ended the training, as :class:`glassnet.Run` has it; "" where that is not told.
    loss : LossSigns
        How the loss and the output activation answer when they are asked; of one head.
    trials : Trials or None
        Short runs on a copy, made when a rule asks for them.
    """

    spec: Specification
    plan: Plan
    rows: int
    table: TableSigns
    given: Array | None
    y: Array | None
    probes: Probes
    look: Look | None = None
    rehearsal: Rehearsal | None = None
    curve: CurveSigns | None = None
    in_both: float = 0.0
    steps: StepSigns | None = None
    progress: float = float("nan")
    ended: bool = True
    ended_by: str = ""
    held: HeldSigns | None = None
    loss: LossSigns = field(default_factory=LossSigns)
    trials: Trials | None = None

    @property
    def untrained(self) -> bool:
        """Whether there is a look, and at step 0."""
        return self.look is not None and self.look.t == 0

    @property
    def does_well(self) -> bool:
        """Whether it has learned: a late sign then means nothing."""
        return self.look is not None and self.look.t > 0 and self.look.does_well

    @property
    def gets_going(self) -> bool:
        """Whether its first steps, made on a copy, bring it where half of the loss is gone."""
        if self.look is None or self.trials is None or not self.untrained:
            return False
        seen = self.trials.run()
        if seen is None or not seen.finite:
            return False
        return seen.end < 0.5 * self.look.constant or seen.recognises

    @property
    def classifies(self) -> bool:
        """Whether the loss is a cross-entropy, by name or by its values, and the only one."""
        named = "cross_entropy" in self.spec.loss.name
        return len(self.spec.heads) == 1 and (named or bool(self.loss.logarithm))

    @property
    def learnable(self) -> float:
        """The share of y's variance that the better simple method explains; nan if unknown."""
        known = [v for v in (self.probes.linear, self.probes.neighbours) if np.isfinite(v)]
        return max(known, default=float("nan"))


def chart(who: Patient, plan: Plan, history: Any = None, others: Any = None) -> Chart:
    """Examine a patient: all signals of all moments that there are.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.doctor.patient import patient
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> chart(patient(net, [[1.0], [2.0]], [3.0, 5.0]), Plan()).untrained
    True
    """
    return at_moment(static_chart(who, plan, others), who, history)


def static_chart(who: Patient, plan: Plan, others: Any = None) -> Chart:
    """What can be said of specification, plan and rows; it holds as long as they do.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.doctor.patient import patient
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> static_chart(patient(net, [[1.0], [2.0]], [3.0, 5.0]), Plan()).look is None
    True
    """
    stage, good = who.spec.input_stage, who.sound
    with np.errstate(all="ignore"):
        x = who.x if stage is None else stage.forward(who.x)
        y = who.y[good] if who.y is not None and good.any() else None
        return Chart(
            spec=who.spec,
            plan=plan,
            rows=who.rows,
            table=table_signs(x, who.given, y),
            given=who.given,
            y=y,
            probes=Probes() if y is None else probes(x[good], y),
            in_both=0.0 if others is None else rows_in_both(who.x, others, who.given),
            loss=_asked(who.spec, y),
        )


def _asked(spec: Specification, y: Array | None) -> LossSigns:
    """The loss of one head, at outputs of scores as they are before training."""
    if y is None or len(spec.heads) > 1:
        return LossSigns()
    scores = np.random.default_rng(0).normal(size=y.shape)
    return loss_signs(spec.loss, spec.phi[spec.depth], scores, y)


def at_moment(still: Chart, who: Patient, history: Any = None, rate: float | None = None) -> Chart:
    """The chart of the network as it stands, on what was known before.

    Parameters
    ----------
    still : Chart
        What :func:`static_chart` gave.
    who : Patient
    history : History, optional
    rate : float, optional
        The learning rate of the moment, where a schedule has moved it from the plan's.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.doctor.patient import patient
    >>> who = patient(gn.Network(1, [gn.Dense(1, "identity")]), [[1.0], [2.0]], [3.0, 5.0])
    >>> at_moment(static_chart(who, Plan()), who).look.t
    0
    """
    with np.errstate(all="ignore"):
        seen = look(who)
        untrained = seen is not None and seen.t == 0
        return replace(
            still,
            look=seen,
            rehearsal=rehearse(who, still.plan) if untrained else None,
            curve=None if history is None else curve_signs(history.to_dict()),
            steps=None if seen is None else watched_steps(who, still.plan, rate),
            trials=None if seen is None else Trials(who, still.plan),
        )
