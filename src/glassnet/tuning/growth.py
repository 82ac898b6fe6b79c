"""Growth: small networks learn, and the best of them grow where the growth score says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from optuna.trial import TrialState

from glassnet.tuning.driver import Candidate, Driver
from glassnet.tuning.growth_lineage import Grown, Step, grown, lineage_of, told
from glassnet.tuning.growth_moves import Bounds, Move, moves, parameters_after
from glassnet.tuning.rests import arrays, forget, rested
from glassnet.tuning.space import Between, Domain, ends
from glassnet.tuning.storage import LINEAGE
from glassnet.tuning.trials import Order, Outcome

STARTS = 9
LINES = 3
_FIRST_OF_GROWN = 1  # rung: new units need more than a few epochs to be of use
_LEFT_OUT = 1  # rungs: what grows out of a network learns what it had still to learn
_NOBODY = -1
_SMALLEST = 8  # units of a start where the space does not say
_LARGEST = Bounds(512, 4)


@dataclass(eq=False)
class Line:
    """A candidate that is trained, and may grow.

    Attributes
    ----------
    candidate : Candidate
    lineage : tuple of Step
    begin : Grown or None
    bar : float
        The score of the network that it grew out of: what it must pass to grow in turn.
    outcomes : list of Outcome
    """

    candidate: Candidate
    lineage: tuple[Step, ...]
    begin: Grown | None = None
    bar: float = float("-inf")
    outcomes: list[Outcome] = field(default_factory=list[Outcome])

    @property
    def score(self) -> float:
        """Of its best epoch so far; −∞ before the first."""
        return self.outcomes[-1].score if self.outcomes else float("-inf")


@dataclass(frozen=True)
class Growth:
    """Nine small networks; the best three learn on, grow, and are kept where growth helps.

    A start has as few units as the space allows, and all else as the sampler proposes. A network
    learns as long as it gets better, for a third of the longest training at most: what grows out of
    it learns on. Then it grows two ways: the layer of the highest growth score is doubled, and a
    layer put in where that score is highest; both predict what it predicted, and learn on. One that
    comes to pass the network it grew out of grows again. Of all that are under way the best three
    go on; where none is left, nine others start.

    What is asked and told, and in which order, depends on the seed alone: not on how many workers
    there are, or which is done first.

    References
    ----------
    Chen, Goodfellow & Shlens (2016), Net2Net; Evci et al. (2022), GradMax; Wu, Liu, Stone & Liu
    (2020), Firefly neural architecture descent, which grows greedily too.
    """

    driver: Driver

    def run(self, trials: int) -> bool:
        """Try until there are so many trials; whether Ctrl-C ended it."""
        under_way: list[Line] = []
        try:
            while self._room(trials, under_way) and not self.driver.over:
                self._round(trials, under_way)
        except KeyboardInterrupt:
            return True
        finally:
            while under_way:
                self._tell(under_way[0], under_way)
        return False

    def _room(self, trials: int, under_way: Sequence[Line]) -> int:
        return max(0, trials - self.driver.tried - len(under_way))

    def _round(self, trials: int, under_way: list[Line]) -> None:
        under_way += [self._start() for _ in range(min(STARTS, self._room(trials, under_way)))]
        while under_way and not self.driver.over:
            self._train(under_way)
            for line in sorted(under_way, key=_best_first)[LINES:]:
                self._tell(line, under_way)
            for line in [each for each in under_way if not self._learns(each)]:
                children: list[Line] = []
                if line.score > line.bar and not self.driver.over:
                    children = self._children(line, self._room(trials, under_way))
                under_way += children
                self._tell(line, under_way, forget=not children)

    def _train(self, lines: Sequence[Line]) -> None:
        orders = [self._order(line) for line in lines]
        self.driver.compute(orders, {line.candidate.number: line.outcomes for line in lines})
        for parent in {line.begin.parent for line in lines if line.begin is not None}:
            forget(self.driver.material, parent)  # its children rest for themselves by now

    def _order(self, line: Line) -> Order:
        rungs, rung, before = self.driver.rungs, 0, 0
        if line.outcomes:
            rung = line.outcomes[-1].rung + 1
            before = rungs[rung - 1]
        elif line.begin is not None:
            rung = min(_FIRST_OF_GROWN, len(rungs) - 1)
        return self.driver.order(line.candidate, rung, rungs[rung] - before, line.begin)

    def _learns(self, line: Line) -> bool:
        """Whether more epochs may make it better."""
        if not line.outcomes:  # the clock cut it short
            return False
        last = max(0, len(self.driver.rungs) - 1 - _LEFT_OUT)
        return line.outcomes[-1].goes_on and line.outcomes[-1].rung < last

    def _tell(self, line: Line, under_way: list[Line], *, forget: bool = True) -> None:
        under_way.remove(line)
        self.driver.tell(line.candidate, line.outcomes)
        if forget:
            self.driver.forget(line.candidate)

    def _start(self) -> Line:
        """A small network, or a candidate that an earlier run left without an outcome."""
        driver = self.driver
        if not driver.study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            width = driver.space.get("width")
            driver.study.enqueue_trial({} if width is None else {"width": min(ends(width))})
        (candidate,) = driver.ask(1)
        if LINEAGE in candidate.user_attrs:
            lineage = lineage_of(candidate.user_attrs[LINEAGE])
            begin = Grown(_NOBODY, 0, lineage) if len(lineage) > 1 else None
            return Line(candidate, lineage, begin)
        told = driver.order(candidate, 0, 1).parameters
        depth = int(candidate.params.get("depth", 1))
        width = int(candidate.params.get("width", _SMALLEST))
        layers = {"hidden_layer_sizes": [width] * depth}
        layers |= {name: told[name] for name in ("dropout", "batch_norm") if name in told}
        return self._line(candidate, (), Step(layers, driver.seed + candidate.number))

    def _children(self, line: Line, most: int) -> list[Line]:
        driver = self.driver
        material, parameters = driver.material, driver.order(line.candidate, 0, 1).parameters
        x, y = arrays(material.folder)
        rows = material.folds[0][0]
        model = rested(material, line.candidate.number, 0)
        if model is None:  # the worker was another machine
            model = grown(line.lineage, parameters, x[rows], y[rows], classes=material.classes)
        found = moves(model, x[rows], y[rows], self._bounds)
        return [self._child(line, move, parameters) for move in found[:most]]

    def _child(self, line: Line, move: Move, parameters: Mapping[str, Any]) -> Line:
        driver = self.driver
        layers = parameters_after(move, parameters)
        sizes = layers["hidden_layer_sizes"]
        said = {"width": max(sizes), "depth": len(sizes)}
        near = {name: _nearest(driver.space[name], value) for name, value in said.items()
                if name in driver.space}  # fmt: skip
        driver.study.enqueue_trial({**line.candidate.params, **near})
        (candidate,) = driver.ask(1)
        before = replace(line.lineage[-1], epochs=line.outcomes[-1].epochs)
        step = Step(layers, driver.seed + candidate.number, 0, move)
        made = self._line(candidate, (*line.lineage[:-1], before), step)
        made.begin = Grown(line.candidate.number, line.outcomes[-1].rung, made.lineage)
        made.bar = line.score
        return made

    def _line(self, candidate: Candidate, before: tuple[Step, ...], step: Step) -> Line:
        lineage = (*before, step)
        candidate.set_user_attr("parameters", dict(step.layers))
        candidate.set_user_attr(LINEAGE, told(lineage))
        return Line(candidate, lineage)

    @property
    def _bounds(self) -> Bounds:
        space = self.driver.space
        width = max(ends(space["width"])) if "width" in space else _LARGEST.width
        depth = max(ends(space["depth"])) if "depth" in space else _LARGEST.depth
        return Bounds(int(width), int(depth))


def _best_first(line: Line) -> tuple[float, int]:
    return -line.score, line.candidate.number


def _nearest(domain: Domain, value: int) -> Any:
    """The value of a domain that is nearest to a size."""
    if isinstance(domain, Between):
        return min(max(value, int(domain.low)), int(domain.high))
    return min(domain, key=lambda each: abs(each - value))
