"""A replay: a network trained anew for a while under one regimen, and judged on rows kept apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.splits import hold_out
from glassnet.doctor.regimen import Regimen
from glassnet.engine.prediction import predict
from glassnet.errors import Diverged, GlassnetError
from glassnet.network.network import Network
from glassnet.training.train import train

_APART = 0.25
_FEWEST = 40  # rows from which on some are kept apart
_SOFT = 0.3  # weight of what outputs tell of y, beside what they answer
STEP = 16  # row passes that a step costs beside its own rows


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers to replay on and to judge by; the same where there are too few to part.

    Examples
    --------
    >>> rows = Split.of(12, None, seed=0)
    >>> len(rows.learn), rows.apart
    (12, 0)
    """

    learn: Array
    judge: Array

    @classmethod
    def of(cls, rows: int, labels: Array | None, *, seed: int) -> Split:
        """Draw a quarter of the rows, of each class alike, where there are at least 40."""
        if rows < _FEWEST:
            every = np.arange(rows)
            return cls(every, every)
        fits = labels is not None and len(labels) == rows and np.bincount(labels).min() > 1
        learn, judge = hold_out(rows, _APART, seed=seed, stratify=labels if fits else None)
        return cls(np.sort(learn), np.sort(judge))

    @property
    def apart(self) -> int:
        """How many rows are kept apart."""
        return 0 if self.judge is self.learn else len(self.judge)


@dataclass(frozen=True)
class Mark:
    """How a replay stood at a rung: its steps, its skill, and what it is ranked by."""

    steps: int
    skill: float
    rank: float


@dataclass(eq=False)
class Replay:
    """A network under one regimen and one seed, trained on as far as is asked for.

    Attributes
    ----------
    regimen : Regimen
    seed : int
        Of the first weights, of the order of rows and of the rows kept apart.
    steps, passes : int
        Taken so far; rows trained on, each as often as it came.
    marks : list of Mark
        One for each call of :meth:`go_on`. A skill of −1 is that of a network that diverged or
        could not be trained.
    failed : str
        Why it ended early.
    """

    regimen: Regimen
    seed: int
    passes: int = 0
    steps: int = 0
    failed: str = ""
    marks: list[Mark] = field(default_factory=list[Mark])

    def __post_init__(self) -> None:
        self.split = Split.of(self.regimen.rows, self.regimen.task.labels, seed=self.seed)
        self._net: Network | None = None

    @property
    def work(self) -> float:
        """Row passes, a step counting as some rows more: what it costs beside its rows."""
        return self.passes + STEP * self.steps

    @property
    def least(self) -> float:
        """The work of one step."""
        return min(self.regimen.batch_size, len(self.split.learn)) + STEP

    @property
    def skill(self) -> float:
        """At the last mark."""
        return self.marks[-1].skill if self.marks else -1.0

    def go_on(self, work: float) -> Replay:
        """Train until about so much work is done in all, then judge."""
        skill = soft = -1.0
        if not self.failed:
            try:
                with np.errstate(all="ignore"):
                    self._train(work - self.work)
                    skill, soft = self._judged()
            except Diverged as error:
                self.failed = f"diverged: {error}"
            except (GlassnetError, ValueError, ArithmeticError, IndexError, TypeError) as error:
                self.failed = str(error)
        self.marks.append(Mark(self.steps, skill, skill + _SOFT * soft))
        return self

    def _train(self, work: float) -> None:
        if self._net is None:
            self._net = self.regimen.network(self.seed)
        learn = self.split.learn
        size = max(1, min(self.regimen.batch_size, len(learn)))
        epochs = max(1, round(work / (len(learn) + STEP * -(-len(learn) // size))))
        part = max(size, round(work / (1 + STEP / size)))
        if part < len(learn):  # of the one epoch
            learn = np.random.default_rng((self.seed, self.passes)).permutation(learn)[:part]
        arguments: dict[str, Any] = {**self.regimen.arguments(), "epochs": epochs, "rows": learn}
        if "early_stopping" in arguments and len(learn) < _FEWEST:
            del arguments["early_stopping"], arguments["validation"]
        self.passes += epochs * len(learn)
        self.steps += epochs * -(-len(learn) // size)
        train(self._net, arguments.pop("X"), arguments.pop("y"), **arguments)

    def _judged(self) -> tuple[float, float]:
        assert self._net is not None
        judge, task = self.split.judge, self.regimen.task
        outputs = predict(self._net, self.regimen.x[judge])
        return task.skill(self.regimen.answers(outputs), judge), task.told(outputs, judge)
