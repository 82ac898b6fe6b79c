"""The settings as Python code that, run, gives the same history to the last bit."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from glassnet.lab.building import METRIC, Experiment
from glassnet.lab.lane import Stage
from glassnet.lab.run import Run
from glassnet.lab.sets import TOYS, UPLOAD
from glassnet.lab.settings import DataSettings, LayerSettings, OutputSettings, Settings
from glassnet.optim.optimizers import OPTIMIZERS

_UNTIL = '''

class Until(gn.Observer):
    """Ends a training before a step: there the settings were changed."""

    between = True

    def __init__(self, step):
        self.step, self.there = step, False

    def next(self, t):
        return None if self.there else max(t, self.step)

    def pause(self, t, rate):
        self.there = True
        return "changed"
'''
_FIRST_EPOCHS = 100  # of a run that has not been trained


def python(run: Run, name: str | None = None) -> str:
    """The code of a run: its data, its network, and every stretch of its training.

    Parameters
    ----------
    run : Run
    name : str, optional
        The file that was uploaded.

    Examples
    --------
    >>> from glassnet.lab.building import experiment
    >>> from glassnet.lab.preparing import prepared
    >>> from glassnet.lab.turns import Turns
    >>> run = Run("r", experiment(Settings(), prepared(Settings().data)[0]), Turns(1))
    >>> print(python(run).splitlines()[-1])
    print("epoch", len(epochs), epochs[-1] if epochs else "")
    >>> run.end("done")
    """
    made, stages = run.experiment, run.lane.history()
    if len(stages) == 1 and not stages[0].epochs and stages[0].until is None:
        asked = made.settings.training.epochs
        stages = (Stage(made.settings, asked or _FIRST_EPOCHS),)
    stages = tuple(each for each in stages if each.epochs or each.until is not None)
    return Code(made, stages, given=run.given is not None, name=name).text()


class Code:
    """Writes one experiment as a script.

    Parameters
    ----------
    made : Experiment
        As it is now.
    stages : sequence of Stage
        What it has been trained with, one after the other.
    given : bool
        Whether it began with weights of its own, which a model file holds.
    name : str, optional
        Of the file of an upload.
    """

    def __init__(
        self, made: Experiment, stages: tuple[Stage, ...], *, given: bool, name: str | None
    ) -> None:
        self._made, self._stages = made, stages
        self._given, self._name = given, name or "data.csv"
        self._first = stages[0].settings if stages else made.settings

    def text(self) -> str:
        """The script."""
        body = [*self._data(), "", *self._network(self._first, "net"), ""]
        cut = any(stage.until is not None for stage in self._stages)
        body += ["epochs = []"]
        before = self._first
        for stage in self._stages:
            body += self._change(before, stage.settings) + self._stage(stage)
            before = stage.settings
        body += ["", 'print("epoch", len(epochs), epochs[-1] if epochs else "")']
        head = "\n".join(self._imports(body, cut=cut))
        return head + (_UNTIL + "\n" if cut else "") + "\n" + "\n".join(body) + "\n"

    def _imports(self, body: list[str], *, cut: bool) -> list[str]:
        code = "\n".join(body)
        data = self._first.data
        lines: list[str] = []
        if "replace(" in code:
            lines += ["from dataclasses import replace", ""]
        if "np." in code:
            lines += ["import numpy as np", ""]
        lines += ["import glassnet as gn"]
        if data.set in TOYS:
            module, name = TOYS[data.set].source
            lines += [f"from {module} import {name}"]
        else:
            reader = (
                "readers import read_table" if data.set == UPLOAD else "datasets import bundled"
            )
            lines += [f"from glassnet.data.{reader}"]
        if "hold_out(" in code:
            lines += ["from glassnet.data.splits import hold_out"]
        if data.set not in TOYS:
            lines += ["from glassnet.data.tables import Table"]
            lines += ["from glassnet.data.targets import TargetEncoder"]
            used = [name for name in ("fitted", "noisy", "numbers") if f"{name}(" in code]
            lines += [f"from glassnet.lab.preparing import {', '.join(used)}"]
        return [*lines, ""] if not cut else lines

    def _data(self) -> list[str]:
        data = self._first.data
        return self._toy(data) if data.set in TOYS else self._table(data)

    def _toy(self, data: DataSettings) -> list[str]:
        toy = TOYS[data.set]
        told = ", ".join(
            f"{name}={value!r}" for name, value in
            toy.arguments(data.rows, data.noise, data.seed).items()
        )  # fmt: skip
        lines = [f"X, y = {toy.source[1]}({told})", *self._split(data, "len(X)", "y")]
        if data.standardise:
            lines += ["X = (X - X[train].mean(axis=0)) / X[train].std(axis=0)"]
        return [*lines, *self._targets("y")]

    def _table(self, data: DataSettings) -> list[str]:
        source = f"read_table({self._name!r})" if data.set == UPLOAD else f"bundled({data.set!r})"
        lines = [
            f"table = {source}",
            f"table = table.take(np.flatnonzero(~table[{data.target!r}].missing))",
        ]
        classes = bool(self._made.rows.classes)
        if classes:
            lines += [
                f"target = table[{data.target!r}]",
                f"y = TargetEncoder.fit(target, {data.task!r}).codes(target)",
            ]
        lines += self._split(data, "len(table)", "y" if classes else "None")
        names = ", ".join(repr(str(name)) for name in data.inputs or ())
        lines += [
            f"columns = Table([table[name] for name in ({names},)])",
            f"X = fitted(columns.take(train), standardise={data.standardise}).transform(columns)",
        ]
        if data.noise:
            lines += [f"X = noisy(X, {data.noise!r}, {data.seed})"]
        if not classes:
            how = f"{data.target!r}, train, standardise={data.standardise}"
            lines += [f"y = numbers(table, {how})"]
        return [*lines, *self._targets("y")]

    def _split(self, data: DataSettings, rows: str, classes: str) -> list[str]:
        if data.test == 0:
            return [f"train = np.arange({rows})"]
        stratify = "None" if self._made.rows.task == "regression" else classes
        return [
            f"train, test = hold_out({rows}, {data.test!r}, seed={data.seed}, stratify={stratify})"
        ]

    def _targets(self, y: str) -> list[str]:
        """Targets as the loss takes them."""
        columns = self._made.targets.shape[1]
        if columns > 1:
            return [f"y = np.eye({columns})[{y}]"]
        return []

    def _network(self, settings: Settings, name: str) -> list[str]:
        network, training = settings.network, settings.training
        layers = [_dense(layer.units, layer) for layer in network.layers]
        layers.append(_dense(self._made.targets.shape[1], network.output))
        lines = [f"{name} = gn.Network(", f"    {self._made.rows.X.shape[1]},", "    ["]
        lines += [f"        {layer}," for layer in layers]
        lines += ["    ],", f"    loss={network.loss!r},"]
        if training.weight_decay:
            lines += [f"    penalties=[gn.L2({training.weight_decay!r})],"]
        lines += [f"    seed={network.seed},", ")"]
        if self._given and name == "net":
            lines += [f"{name}.state = gn.load('m.glassnet').state  # the weights it began with"]
        elif training.seed != network.seed:
            lines += [f"{name}.state = replace({name}.state, seed={training.seed})"]
        return lines

    def _change(self, before: Settings, after: Settings) -> list[str]:
        """Another specification, where only the penalty differs, with the same State."""
        if before.training.weight_decay == after.training.weight_decay:
            return []
        return ["", *self._network(after, "changed"), "changed.state = net.state", "net = changed"]

    def _stage(self, stage: Stage) -> list[str]:
        training = stage.settings.training
        size = "len(train)" if training.batch_size == "all" else repr(training.batch_size)
        lines = [
            "run = gn.train(",
            "    net, X[train], y[train],",
            f"    optimizer={_optimizer(stage.settings)},",
            f"    epochs={self._epochs(stage)},",
            f"    batch_size={size},",
            f"    schedule={training.schedule!r},",
        ]
        if training.clip is not None:
            lines += [f"    clip_norm={training.clip!r},"]
        if not training.shuffle:
            lines += ["    shuffle=False,"]
        if len(self._made.rows.test):
            metric = METRIC[self._made.rows.task]
            lines += [f"    validation=(X[test], y[test]), metrics=[{metric!r}],"]
        if stage.until is not None:
            lines += [f"    observers=[Until({stage.until})],"]
        return [*lines, ")", "epochs += list(run.history)"]

    def _epochs(self, stage: Stage) -> int:
        """A schedule that plans ahead plans the whole training, however early it was cut off."""
        asked = stage.settings.training.epochs
        if asked is not None:
            return asked
        return stage.epochs + (stage.until is not None)


def _dense(units: int, layer: LayerSettings | OutputSettings) -> str:
    told = [str(units), repr(layer.activation)]
    if layer.init_scale is not None:
        kind = "Constant" if layer.init == "constant" else "Normal"
        told.append(f"init=gn.{kind}({layer.init_scale!r})")
    elif layer.init != "auto":
        told.append(f"init={layer.init!r}")
    if isinstance(layer, LayerSettings):
        told += ["batch_norm=True"] if layer.batch_norm else []
        told += [f"dropout={layer.dropout!r}"] if layer.dropout else []
    return f"gn.Dense({', '.join(told)})"


def _optimizer(settings: Settings) -> str:
    training = settings.training
    made: Any = OPTIMIZERS[training.optimizer]
    told = [f"learning_rate={training.learning_rate!r}"]
    if training.momentum is not None and "momentum" in {each.name for each in fields(made)}:
        told.append(f"momentum={training.momentum!r}")
    return f"gn.{made.__name__}({', '.join(told)})"
