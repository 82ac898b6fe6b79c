"""Faults of a PyTorch loop that are not the network's: what was called, on what, and when."""

# pyright: reportMissingImports=false
# torch is an extra: the types are judged where it is installed.

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch
from torch import nn, optim

from glassnet.doctor.findings import Finding
from glassnet.doctor.visits.pytorch_layers import Layer
from glassnet.doctor.visits.pytorch_losses import Ending

_LOOKS = 20  # first steps whose backward is looked at; then one of a hundred
_DEAF = (nn.Dropout, nn.AlphaDropout, nn.BatchNorm1d)  # what eval() changes
_ELEMENTWISE = (nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss)


@dataclass(eq=False)
class Habits:
    """What the loop did, counted; nothing here changes what it does.

    ``outside`` are the names of parameters that the optimizer does not hold, of ``all`` there are;
    ``hears`` says whether ``eval()`` makes a difference to the module.
    """

    outside: tuple[str, ...]
    all: int
    always: tuple[str, ...]
    last_dropout: float
    looked: int = 0
    stale: int = 0
    bare: int = 0
    steps_seen: int = 0
    passes: int = 0
    deaf: int = 0
    awake: int = 0
    broadcast: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    parameters: tuple[Any, ...] = field(default=(), repr=False)
    hears: bool = False
    _stepped: bool = field(default=False, repr=False)

    @classmethod
    def of(cls, module: nn.Module, optimizer: optim.Optimizer, layers: Sequence[Layer]) -> Habits:
        """What can be said before the loop begins."""
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        wanted = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
        return cls(
            outside=tuple(name for name, p in wanted if id(p) not in held),
            all=len(wanted),
            always=tuple(layer.name for layer in layers if layer.always),
            last_dropout=layers[-1].dropout,
            parameters=tuple(module.parameters()),
            hears=any(isinstance(each, _DEAF) for each in module.modules()),
        )

    def shapes(self, loss: nn.Module, a: Any, y: Any) -> None:
        """Outputs and targets meet in a loss that broadcasts."""
        if isinstance(loss, _ELEMENTWISE) and a.shape != y.shape and self.broadcast is None:
            self.broadcast = (tuple(a.shape), tuple(y.shape))

    def forward(self, module: nn.Module) -> None:
        """A batch has passed that is to be learned from."""
        self.passes += 1
        self.deaf += not module.training and self.hears

    def validated(self, module: nn.Module) -> None:
        """A batch has passed that is only judged."""
        self.awake += module.training and self.hears

    def wants_to_see_backward(self, steps: int) -> bool:
        """Whether the gradients are to be looked at when backward begins."""
        return self._stepped and (steps < _LOOKS or steps % 100 == 0)

    def backward_begins(self) -> None:
        """Gradients that are still there since the last step will be added to."""
        if not self._stepped:
            return
        self._stepped = False
        self.looked += 1
        left = [p.grad for p in self.parameters if p.grad is not None]
        self.stale += any(bool(torch.count_nonzero(grad)) for grad in left)

    def steps(self) -> None:
        """A step is about to be taken."""
        self._stepped = True
        self.steps_seen += 1
        self.bare += all(p.grad is None for p in self.parameters)


def faults(habits: Habits, end: Ending, loss: nn.Module, *, steps: int) -> list[Finding]:
    """What the loop does wrong; nothing is said that is not certain."""
    found = (
        *_of_shapes(habits),
        *_of_steps(habits, steps),
        *_of_modes(habits),
        *_of_loss(end, loss),
    )
    return list(found)


def _of_shapes(habits: Habits) -> Iterator[Finding]:
    if habits.broadcast is None:
        return
    out, y = habits.broadcast
    yield _certain(
        "LABEL_CODE",
        f"The loss is given outputs of shape {out} and targets of shape {y}, which broadcast to "
        f"{_together(out, y)}.",
        "Every output is compared with every target of the batch, so the best answer to each row "
        "is the mean of y.",
        "Give y the shape of the outputs: y.unsqueeze(1), or outputs.squeeze(1).",
        numbers={"rows": out[0], "pairs": prod(_together(out, y))},
    )


def _together(out: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(torch.broadcast_shapes(out, y))


def _of_steps(habits: Habits, steps: int) -> Iterator[Finding]:
    first = "step 1"
    if habits.outside:
        names, count = ", ".join(habits.outside[:6]), len(habits.outside)
        whole = count == habits.all
        yield _certain(
            "STEP_BUG",
            f"The optimizer holds {'none' if whole else 'not all'} of the module's {habits.all} "
            f"parameters: it lacks {names}{' and more' if count > 6 else ''}.",
            "What it does not hold stays as it was drawn, whatever the gradient says.",
            "Make the optimizer from module.parameters() of the module that is trained, after it "
            "is complete.",
            numbers={"outside": count, "parameters": habits.all},
            severity="fatal" if whole else "harmful",
        )
    elif habits.steps_seen and habits.bare == habits.steps_seen:
        yield _certain(
            "STEP_BUG",
            f"No parameter had a gradient at any of {habits.steps_seen} steps.",
            "A step without a gradient changes nothing.",
            "Call loss.backward() before optimizer.step(), on a loss that was not detached "
            "(.detach(), .item(), torch.no_grad()) from the module.",
            first=first,
            numbers={"steps": habits.steps_seen},
        )
    elif habits.looked and habits.stale == habits.looked:
        yield _certain(
            "STEP_BUG",
            f"When backward began, the gradient of the last step was still there, in all "
            f"{habits.looked} steps looked at.",
            "backward adds to what is there: each step is the sum of all gradients so far, old "
            "ones as strong as new.",
            "Call optimizer.zero_grad() before each loss.backward().",
            first="step 2",
            numbers={"looked": habits.looked, "stale": habits.stale},
        )
    elif not steps and habits.passes > 1:
        yield _certain(
            "STEP_BUG",
            f"{habits.passes} batches were judged, and optimizer.step() was not called once.",
            "The parameters stay as they were drawn.",
            "Call optimizer.step() after loss.backward().",
            first=first,
            numbers={"passes": habits.passes},
        )


def _of_modes(habits: Habits) -> Iterator[Finding]:
    if habits.deaf and habits.deaf == habits.passes:
        yield _certain(
            "STEP_BUG",
            f"The module was in eval() in all {habits.passes} batches that it learned from.",
            "Dropout is off, and batch norm uses its running statistics, which never move.",
            "Call module.train() before the batches of each epoch.",
            numbers={"passes": habits.passes},
            severity="harmful",
        )
    if habits.awake or habits.always:
        where = f" ({habits.always[0]!r} is functional.dropout)" if habits.always else ""
        yield _certain(
            "STEP_BUG",
            f"Dropout or batch norm works as in training while rows are only judged{where}.",
            "What is judged is a network with units missing, and batch norm learns from the rows "
            "that were held out.",
            "Give functional.dropout training=self.training."
            if habits.always
            else "Call module.eval() before the validation rows, and module.train() after.",
            severity="advice",
        )
    if habits.last_dropout:
        yield _certain(
            "OVER_REG",
            f"The outputs themselves pass through a dropout of {habits.last_dropout:g}.",
            "It drops answers, not features: that share of them is 0 whatever was learned.",
            "Put the dropout before the last Linear.",
        )


def _of_loss(end: Ending, loss: nn.Module) -> Iterator[Finding]:
    name, last = type(loss).__name__, _name(end.activation)
    if end.alone:
        yield _certain(
            "SOFTMAX_ONE",
            f"A softmax over one output, {name}'s own or the module's.",
            "One share of a whole is always 1: δ is exactly 0 on every row, nothing is learned.",
            "Two classes: give the one output to BCEWithLogitsLoss, or give CrossEntropyLoss two "
            "outputs.",
            remedy={"head": "logistic"},
        )
    if end.doubled:
        bounded = last in ("softmax", "logistic", "tanh", "softsign")
        yield _certain(
            "LOSS_PAIR",
            f"The outputs come from {last}, and {name} makes its own {end.doubled} of them.",
            f"It takes {'numbers between two ends' if bounded else 'what was cut off'} for scores: "
            + (
                "no answer can be sure, the loss has a floor far above 0, and its gradient is "
                "small even where the row is wrong."
                if bounded
                else "a class can get less than an even share only from another's score."
            ),
            f"Leave out the last {last} and give {name} the scores of the Linear.",
            remedy={"head": end.doubled},
            severity="fatal" if last == "relu" else "harmful",
        )
    if end.unlogged:
        yield _certain(
            "LOSS_PAIR",
            f"{name} takes logarithms of probabilities; the outputs come from {last}.",
            "Without the logarithm the loss is minus the score of the right class: it has no "
            "minimum, or a gradient that fades where the row is most wrong.",
            "End the module with LogSoftmax(dim=1), or use CrossEntropyLoss on the scores.",
            remedy={"head": "softmax"},
        )


def _name(activation: Any) -> str:
    name = activation if isinstance(activation, str) else getattr(activation, "name", "")
    return "a bare Linear" if name == "identity" else str(name)


def _certain(code: str, saw: str, why: str, change: str, **more: Any) -> Finding:
    """A finding; without a remedy for a machine, since what must change is the loop."""
    options: dict[str, Any] = {"remedy": {}, "severity": "fatal", "confidence": 0.99, **more}
    return Finding(code, saw, why, change, **options)
