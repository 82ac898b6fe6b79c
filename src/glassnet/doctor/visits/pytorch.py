"""Watch a PyTorch training loop from outside, and judge it by the same rules."""

# pyright: reportMissingImports=false
# torch is an extra: the types are judged where it is installed.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn, optim

from glassnet.arrays import Array
from glassnet.doctor.causes import CAUSES
from glassnet.doctor.diagnosis import Diagnosis, diagnose
from glassnet.doctor.visits.merging import merged
from glassnet.doctor.visits.pytorch_faults import Habits, faults
from glassnet.doctor.visits.pytorch_layers import layers_of, network_of_layers
from glassnet.doctor.visits.pytorch_losses import Ending, ending, row_weights
from glassnet.doctor.visits.pytorch_optimizers import optimizer_of, penalties_of, steps_taken
from glassnet.doctor.visits.pytorch_passes import Pass, Waiting, between, same_values
from glassnet.doctor.visits.recorded import Costs, Rows
from glassnet.errors import InvalidValue, Unsupported
from glassnet.network.network import Network

_COMPARED = 3  # steps in which the loss's argument is compared with the module's output
_MOST_WAITING = 64  # passes whose step has not come yet


class Watch:
    """What :func:`glassnet.doctor.watch` returns: hooks on a module, a loss and an optimizer.

    Nothing of the training is changed; the hooks keep each row once, up to 4,096 of them, the cost
    of each step, and the module's first numbers. Use it as a context manager, or ``close()`` it.

    Attributes
    ----------
    steps : int
        Steps seen.
    modules : dict of int to str
        The module's names of the layers that a diagnosis speaks of.
    """

    def __init__(
        self,
        module: nn.Module,
        loss: nn.Module,
        optimizer: optim.Optimizer,
        *,
        epochs: int | None = None,
    ) -> None:
        _check(module, loss, optimizer)
        self.module, self.loss, self.optimizer, self.epochs = module, loss, optimizer, epochs
        layers = layers_of(module)
        self.modules = {l: layer.name for l, layer in enumerate(layers, start=1)}
        self._layers = layers
        self._first_step = steps_taken(optimizer)
        self._rate = float(optimizer.param_groups[0]["lr"])
        self._chosen = optimizer_of(optimizer)
        self._rows, self._held, self._costs = Rows(), Rows(), Costs()
        self._habits = Habits.of(module, optimizer, layers)
        self._waiting: list[Waiting] = []
        self._passed: tuple[Any, Any] | None = None
        self._refused: Unsupported | None = None
        self._made: tuple[tuple[int, int, bool], Diagnosis] | None = None
        self._between = ""
        self._batch = 0
        self._end = self._ending()
        self._start = self._network(self._first_step)
        self._handles: list[Any] = [
            module.register_forward_hook(self._forward),
            loss.register_forward_hook(self._judged, always_call=True),
            optimizer.register_step_pre_hook(self._stepping),
        ]

    @property
    def steps(self) -> int:
        """Steps seen."""
        return self._costs.steps

    @property
    def network(self) -> Network:
        """The module as it stands, as a glassnet network."""
        return self._network(self._first_step + self.steps)

    @property
    def closed(self) -> bool:
        """Whether the hooks are gone."""
        return not self._handles

    def close(self) -> None:
        """Take the hooks away. What was seen stays."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def __enter__(self) -> Watch:
        """Go on watching."""
        return self

    def __exit__(self, *fault: object) -> None:
        """Take the hooks away."""
        self.close()

    @property
    def diagnosis(self) -> Diagnosis:
        """What is wrong, from what was seen so far.

        Raises
        ------
        InvalidValue
            If no batch has passed through module and loss yet.
        Unsupported
            If the loss is given something else than the module's output or an activation of it.
        """
        if self._refused is not None:
            raise self._refused
        moment = (self.steps, len(self._waiting), self.closed)
        if self._made is None or self._made[0] != moment:
            self._made = (moment, self._diagnosed())
        return self._made[1]

    def _diagnosed(self) -> Diagnosis:
        if not self._rows.parts:
            self._take_waiting()
        own = faults(self._habits, self._end, self.loss, steps=self.steps)
        if self._end.alone or (own and not self._rows.parts):
            checked = tuple(cause.code for cause in CAUSES)
            return Diagnosis(own, [], ("static",), checked, self._rows.count)
        if not self._rows.parts:
            raise InvalidValue(
                "a watched module must have passed a batch, and the loss judged it; none was seen. "
                "Train inside `with gn.doctor.watch(module, loss, optimizer) as watching:`."
            )
        x, y, w = self._rows.x, self._targets(), self._rows.w
        told: dict[str, Any] = {
            "weights": w,
            "optimizer": self._chosen,
            "epochs": self.epochs or max(1, round(self.steps * self._batch / self._rows.count)),
            "batch_size": max(1, self._batch),
            "validation": self._held.x if self._held.parts else None,
        }
        seen = [] if self._first_step else [diagnose(self._start, x, y, **told)]
        if self.steps:
            seen.append(diagnose(self.network, x, y, history=self._costs.history(), **told))
        elif not seen:
            seen = [diagnose(self.network, x, y, **told)]
        done = self.closed or self.epochs is None
        return merged(seen, own, over=done, rows=self._rows.count)

    def _targets(self) -> Array:
        """Targets as the translated loss takes them."""
        y = self._rows.y
        if not self._end.classes or y.shape[1] > 1:
            return y
        codes, units = y[:, 0], self._layers[-1].units
        if self._end.loss.name == "cross_entropy" or not _all_codes(codes, units):
            return codes
        return np.eye(units)[codes.astype(np.int64)]

    def _network(self, t: int) -> Network:
        penalties = penalties_of(self.optimizer)
        return network_of_layers(self._layers, self._end.activation, self._end.loss, penalties, t)

    def _ending(self, rows: float = 1.0) -> Ending:
        last = self._layers[-1].activation
        if self._between and last is None:
            last = self._between
        return ending(self.loss, last, self._layers[-1].units, rows)

    def _forward(self, module: nn.Module, given: tuple[Any, ...], out: Any) -> None:
        if given and isinstance(given[0], torch.Tensor) and isinstance(out, torch.Tensor):
            self._passed = (given[0].detach(), out)

    def _judged(self, loss: nn.Module, given: tuple[Any, ...], value: Any) -> None:
        """The loss has judged a batch: keep rows and targets, and see how backward begins."""
        if self._passed is None or len(given) < 2 or self._refused is not None:
            return
        (x, out), (a, y) = self._passed, given[:2]
        self._passed = None  # a loss of something else, without a pass before, is not ours
        self._habits.shapes(loss, a, y)
        if self.steps < _COMPARED and not self._given_ours(out, a):
            return
        if value is None:  # the loss raised: the rows that it refused are what is looked at
            seen = Pass.of(x, out, y)
            self._rows.take(seen.x, seen.y)
            return
        J = float(value.detach()) if value.ndim == 0 else float(value.detach().double().mean())
        learns = torch.is_grad_enabled() and value.requires_grad
        rows = self._rows if learns else self._held
        seen = None if rows.complete else Pass.of(x, out, y)
        if not learns:
            self._habits.validated(self.module)
            if seen is not None:
                rows.take(seen.x, seen.y)
            self._costs.validated(J)
            return
        self._waiting = [*self._waiting[-_MOST_WAITING:], Waiting(len(x), J, seen)]
        self._habits.forward(self.module)
        if self._habits.wants_to_see_backward(self.steps):
            value.register_hook(self._backward())

    def _given_ours(self, out: torch.Tensor, given: Any) -> bool:
        """Learn what stands between module and loss; a refusal waits, so that the loop goes on."""
        if self._between or same_values(out, given):
            return True
        try:
            self._between = between(out, given)
        except Unsupported as fault:
            self._refused = fault
            return False
        self._end = self._ending()
        self._start = _with_ending(self._start, self._end)
        return True

    def _backward(self) -> Callable[[Any], None]:
        def begins(_: Any) -> None:
            self._habits.backward_begins()

        return begins

    def _stepping(self, optimizer: optim.Optimizer, *_: Any) -> None:
        """A step is about to be taken, with the gradients that are there."""
        self._habits.steps()
        if not self._waiting:
            return
        J = sum(each.J for each in self._waiting) / len(self._waiting)
        self._batch = max(self._batch, sum(each.count for each in self._waiting))
        if self.steps == 0:
            self._end = self._ending(self._batch)
            self._start = _with_ending(self._start, self._end)
        self._take_waiting()
        self._costs.step(J, float(optimizer.param_groups[0]["lr"]))

    def _take_waiting(self) -> None:
        for each in self._waiting:
            if each.seen is None:
                first = self._rows.again(each.count)
            else:
                weights = row_weights(self.loss, each.seen.codes)
                first = self._rows.take(each.seen.x, each.seen.y, weights)
            if first:
                self._costs.epoch_ends()
        self._waiting = []


def _with_ending(net: Network, end: Ending) -> Network:
    """The network with another last activation and loss, and the same numbers."""
    spec = net.specification
    last = replace(spec.layers[-1], activation=end.activation)
    ended = replace(spec, layers=(*spec.layers[:-1], last), loss=end.loss)
    return Network.of(ended, net.state)


def _check(module: Any, loss: Any, optimizer: Any) -> None:
    for what, value, kind in (
        ("module", module, nn.Module),
        ("loss", loss, nn.Module),
        ("optimizer", optimizer, optim.Optimizer),
    ):
        if not isinstance(value, kind):
            remedy = (
                "Give the module of the loss, such as torch.nn.CrossEntropyLoss(), and call it."
                if what == "loss"
                else "Give the object itself."
            )
            name = getattr(value, "__name__", type(value).__name__)
            raise InvalidValue(
                f"{what} must be a torch {'Optimizer' if what == 'optimizer' else 'Module'}; "
                f"got {name}. {remedy}"
            )


def _all_codes(codes: Array, classes: int) -> bool:
    return bool(((codes >= 0) & (codes < classes) & (codes % 1 == 0)).all())
