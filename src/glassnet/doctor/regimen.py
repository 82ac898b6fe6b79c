"""A regimen: all that a training of a network needs, as one value that a remedy can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.case import Case
from glassnet.doctor.task import Task, task_of
from glassnet.errors import InvalidValue
from glassnet.inspection.looking import network_of
from glassnet.network.network import Network
from glassnet.network.specification import Specification
from glassnet.network.targets import encode_targets
from glassnet.optim.optimizers import LBFGS, SGD, Adam, AdamW, Momentum, Nesterov, Optimizer
from glassnet.optim.optimizers import optimizer as named_optimizer
from glassnet.training.units import in_units_of

EPOCHS, BATCH_SIZE = 50, 32  # those of gn.train
_LIMITS = ("clip_norm", "clip_value")


@dataclass(frozen=True, eq=False)
class Regimen:
    """A network's specification, its rows, and how it is trained on them.

    Attributes
    ----------
    spec : Specification
    x : (m, n₀) array or CSR
    given : (m,) or (m, k)
        Targets as they were given.
    w : (m,) or None
    task : Task
    optimizer, epochs, batch_size : as of :func:`glassnet.train`
    seed, dtype : of the first weights
    coded : bool
        Whether y is written as the task's own head reads it: class numbers, or plain columns.
    shift, scale : (k,) or None
        y is written as (y − shift) / scale.
    balanced : bool
        Whether each class has the same weight.
    in_units : "", "inputs" or "all"
        Whether the first parameters are put in the units of the rows, as estimators do.
    options : dict
        Further arguments of :func:`glassnet.train`.
    """

    spec: Specification
    x: Any
    given: Array
    w: Array | None
    task: Task
    optimizer: Any
    epochs: int
    batch_size: int
    seed: int = 0
    dtype: str = "float64"
    coded: bool = False
    shift: Array | None = None
    scale: Array | None = None
    balanced: bool = False
    in_units: Literal["", "inputs", "all"] = ""
    options: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def rows(self) -> int:
        """m."""
        return int(self.x.shape[0])

    def network(self, seed: int | None = None) -> Network:
        """The network before its first step."""
        used = self.seed if seed is None else seed
        net = Network.of(self.spec, self.spec.initial_state(used, self.dtype))
        if self.in_units and self.spec.input_stage is None:
            y = encode_targets(self.spec, self.targets(), self.dtype)
            in_units_of(net, self.x, y, self.weights(), spread=self.in_units == "all")
        return net

    def targets(self) -> Array:
        """y as the loss takes it."""
        if self.coded:
            return self._coded()
        if self.shift is None or self.scale is None:
            return self.given
        return (self.task.y - self.shift) / self.scale

    def weights(self) -> Array | None:
        """The rows' weights, with those of their classes; None where all are 1."""
        if not self.balanced or self.task.labels is None:
            return self.w
        counts = np.bincount(self.task.labels)
        each = len(self.task.labels) / (np.maximum(counts, 1) * (counts > 0).sum())
        factors = each[self.task.labels]
        return factors if self.w is None else factors * self.w

    def arguments(self) -> dict[str, Any]:
        """What :func:`glassnet.train` is to be given, after the network."""
        made: dict[str, Any] = {
            "X": self.x,
            "y": self.targets(),
            "optimizer": self.optimizer,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
        }
        weights = self.weights()
        return made | ({} if weights is None else {"sample_weight": weights}) | self.options

    def answers(self, outputs: Array) -> Array | None:
        """Outputs read back: class numbers (m,), or columns in the caller's own units.

        None where they cannot be read: as many outputs as there are neither classes nor columns.
        """
        a = np.asarray(outputs, np.float64)
        if self.scale is not None and self.shift is not None and not self.coded:
            a = a * self.scale + self.shift
        if self.task.labels is None:
            fits = self.task.kind == "regression" or a.shape[1] == self.task.y.shape[1]
            return a if fits else None
        classes = self.task.classes
        if classes is None or not np.isfinite(a).all():
            return None
        if a.shape[1] == 1:
            middles = (classes[1:] + classes[:-1]) / 2
            return (a[:, 0] > 0.5).astype(int) if self.coded else np.searchsorted(middles, a[:, 0])
        return a.argmax(axis=1) if a.shape[1] == len(classes) else None

    def _coded(self) -> Array:
        task, outputs = self.task, self.spec.units[self.spec.depth]
        if task.kind == "multilabel":
            return (task.y > 0.5).astype(np.float64)
        if task.labels is None:
            return task.y
        if outputs == 1:
            return task.labels.astype(np.float64)
        named = self.spec.loss.name == "cross_entropy"
        return task.labels if named else np.eye(outputs)[task.labels]


def regimen_of(case: Case) -> Regimen:
    """The regimen of what was brought to the doctor.

    Raises
    ------
    InvalidValue
        If no y was given, or X and y hold no numbers.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> found = regimen_of(gn.diagnose(net, [[0.0], [1.0]], [0.0, 1.0]).case)
    >>> found.epochs, found.task.kind
    (50, 'binary')
    """
    if case.y is None:
        raise InvalidValue("to try remedies y is needed; got none. Diagnose with y.")
    net = network_of(case.subject)
    rows = (case.X, case.y, case.weights)
    if hasattr(case.subject, "__glassnet_rows__"):
        rows = case.subject.__glassnet_rows__(*rows)
    x = rows[0].tocsr() if hasattr(rows[0], "tocsr") else np.asarray(rows[0])
    given = np.asarray(rows[1], np.float64)
    w = None if rows[2] is None else np.asarray(rows[2], np.float64)
    spec, plan = net.specification, case.plan
    told = case.subject.get_params(deep=False) if hasattr(case.subject, "get_params") else {}
    automatic = told.get("init") == "auto" and told.get("bias_init") == "auto"
    return Regimen(
        spec=spec,
        x=x,
        given=given,
        w=w,
        task=task_of(given, spec.loss, spec.phi[spec.depth].name),
        optimizer=plan.optimizer or _method(told),
        epochs=plan.epochs or EPOCHS,
        batch_size=plan.batch_size or BATCH_SIZE,
        seed=net.state.seed,
        dtype=str(net.state.theta.dtype),
        in_units=("inputs" if told["solver"] == "sgd" else "all") if automatic else "",
        options={name: told[name] for name in _LIMITS if told.get(name) is not None},
    )


def _method(told: Mapping[str, Any]) -> Optimizer:
    """The optimizer that an estimator's parameters ask for; without any, gn.train's own."""
    if not told:
        return named_optimizer("adam")
    rate, decay = float(told["learning_rate_init"]), float(told["weight_decay"])
    if told["solver"] == "lbfgs":
        return LBFGS(max_evaluations=int(told["max_fun"]), tolerance=float(told["tol"]))
    if told["solver"] == "adam":
        betas = (float(told["beta_1"]), float(told["beta_2"]), float(told["epsilon"]))
        return AdamW(rate, *betas, decay) if decay else Adam(rate, *betas)
    if not told["momentum"]:
        return SGD(rate, decay)
    kind = Nesterov if told["nesterovs_momentum"] else Momentum
    return kind(rate, float(told["momentum"]), decay)
