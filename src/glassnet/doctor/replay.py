"""A replay: a network trained anew for a while under one regimen, and judged on rows kept apart."""

from __future__ import annotations

import math
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


@dataclass(eq=False)
class Replay:
    """A network under one regimen and one seed, trained on as far as is asked for.

    Attributes
    ----------
    regimen : Regimen
    seed : int
        Of the first weights, of the order of rows and of the rows kept apart.
    passes : int
        Rows trained on so far, each as often as it came.
    skill : float
        On the rows kept apart, after ``passes``; −1 where it diverged or could not be trained.
    failed : str
        Why it ended early.
    """

    regimen: Regimen
    seed: int
    passes: int = 0
    steps: int = 0
    skill: float = -1.0
    failed: str = ""
    skills: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])

    def __post_init__(self) -> None:
        self.split = Split.of(self.regimen.rows, self.regimen.task.labels, seed=self.seed)
        self.net: Network | None = None

    def go_on(self, passes: int) -> Replay:
        """Train until about so many row passes are done in all, then judge."""
        asked = passes - self.passes
        if self.failed or asked < 1:
            return self
        try:
            with np.errstate(all="ignore"):
                self._train(asked)
                self.skill = self._judged()
        except Diverged as error:
            self.failed, self.skill = f"diverged: {error}", -1.0
        except (GlassnetError, ValueError, ArithmeticError, IndexError, TypeError) as error:
            self.failed, self.skill = str(error), -1.0
        self.skills.append((self.passes, self.skill))
        return self

    def _train(self, asked: int) -> None:
        if self.net is None:
            self.net = self.regimen.network(self.seed)
        learn = self.split.learn
        epochs = max(1, math.ceil(asked / len(learn)))
        if asked < len(learn):  # a part of an epoch
            rng = np.random.default_rng((self.seed, self.passes))
            learn = rng.permutation(learn)[: max(asked, min(len(learn), self.regimen.batch_size))]
        arguments = {**self.regimen.arguments(), "epochs": epochs, "rows": learn}
        if "early_stopping" in arguments and len(learn) < _FEWEST:
            del arguments["early_stopping"], arguments["validation"]
        size = max(1, min(self.regimen.batch_size, len(learn)))
        self.passes += epochs * len(learn)
        self.steps += epochs * -(-len(learn) // size)
        train(self.net, arguments.pop("X"), arguments.pop("y"), **arguments)

    def _judged(self) -> float:
        judge = self.split.judge
        answers = self.regimen.answers(predict(self._trained, self.regimen.x[judge]))
        return self.regimen.task.skill(answers, judge)

    @property
    def _trained(self) -> Any:
        return self.net
