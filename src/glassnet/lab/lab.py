"""What a lab server does, apart from HTTP: experiments from settings, runs from experiments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.errors import InvalidValue
from glassnet.lab.building import Experiment, experiment
from glassnet.lab.catalogue import catalogue
from glassnet.lab.clinic import Clinic
from glassnet.lab.cures import merged
from glassnet.lab.hub import Bounds, Hub
from glassnet.lab.lessons import lessons
from glassnet.lab.microscope import stages
from glassnet.lab.painter import next_batch
from glassnet.lab.paths import derivative
from glassnet.lab.preparing import prepared
from glassnet.lab.reading import read
from glassnet.lab.run import Run
from glassnet.lab.settings import (
    DataSettings,
    Fault,
    Impossible,
    LayerSettings,
    NetworkSettings,
    Settings,
    TrainingSettings,
)
from glassnet.lab.taking import taken
from glassnet.lab.telling import data
from glassnet.lab.uploads import GIVEN, Upload, Uploads
from glassnet.network.network import Network
from glassnet.web.door import Reply

# What the page opens with: learned by clicks alone within seconds.
FIRST = Settings(
    DataSettings("spiral", rows=400, noise=0.01, test=0.25),
    NetworkSettings((LayerSettings(16), LayerSettings(16))),
    TrainingSettings(learning_rate=0.01, batch_size=16),
)
_MOST_NUMBERS = 20_000_000  # that the layers keep of a batch


@dataclass(frozen=True, eq=False)
class Beginning:
    """What the page opens with: settings, and weights for them where there are some."""

    settings: Settings = FIRST
    upload: Upload | None = None
    net: Network | None = None


class Lab:
    """The lab of one server.

    Parameters
    ----------
    bounds : Bounds
    log : callable
    beginning : Beginning

    Examples
    --------
    >>> lab = Lab(Bounds(), lambda *_, **__: None)
    >>> told = lab.begin({"version": 1, "data": {"set": "xor"}})
    >>> told["settings"]["network"]["loss"], told["data"]["task"]
    ('binary_cross_entropy', 'binary')
    >>> lab.close()
    """

    def __init__(
        self,
        bounds: Bounds,
        log: Callable[..., None],
        beginning: Beginning | None = None,
    ) -> None:
        self.bounds, self.log = bounds, log
        self.clinic = Clinic()
        self.hub = Hub(bounds, log, self.clinic.come_round)
        self.uploads = Uploads(bounds)
        self._beginning = beginning or Beginning()
        self._given: dict[str, Any] | None = None
        if self._beginning.upload is not None:
            self._given = self.uploads.keep(GIVEN, self._beginning.upload)

    def catalogue(self) -> dict[str, Any]:
        """All that is offered, and what to open with."""
        start: dict[str, Any] = {"settings": self._beginning.settings.to_dict()}
        if self._beginning.net is not None:
            start["weights"] = True
        return catalogue(self.bounds) | {
            "lessons": lessons(), "given": self._given, "start": start,
        }  # fmt: skip

    def experiment(self, settings: Settings) -> Experiment:
        """What the settings describe.

        Raises
        ------
        Impossible
        """
        name = settings.data.upload
        upload = None if name is None else self.uploads[name]
        rows, told = prepared(settings.data, None if upload is None else upload.table)
        made = experiment(replace(settings, data=told), rows)
        _check_size(made)
        return made

    def begin(self, settings: Any) -> dict[str, Any]:
        """A new run of settings in JSON.

        Raises
        ------
        Impossible, Full
        """
        made = self.experiment(read(settings))
        return self.told(self.hub.begin(made, self._weights(made)))

    def change(self, run: Run, settings: Any) -> dict[str, Any]:
        """Other settings for a run; its weights stay where only its training is another.

        Raises
        ------
        Impossible
        """
        made = self.experiment(read(settings))
        old, new = run.experiment.settings, made.settings
        same = (old.data, old.network, old.training.seed) == (
            new.data, new.network, new.training.seed,
        )  # fmt: skip
        with run.lock:
            if new != old:
                run.change(made, keep=same)
                self.clinic.forget(run)
        return self.told(run) | {"restarted": not same}

    def fork(self, run: Run, changes: Any, *, start: bool) -> dict[str, Any]:
        """Set a twin with some other settings beside a run.

        Raises
        ------
        Impossible, InvalidValue
        """
        whole = merged(run.experiment.settings.to_dict(), changes)
        made = self.experiment(read(whole))
        before, after = run.experiment.settings, made.settings
        if before.data != after.data:
            text = "a twin learns from the same rows. Change the network or the training only."
            raise Impossible([Fault("data", text)])
        for name in ("batch_size", "seed", "shuffle"):
            if getattr(before.training, name) != getattr(after.training, name):
                text = "a twin takes the same batches. Leave this as it is."
                raise Impossible([Fault(f"training.{name}", text)])
        state = run.fork(made, start=start)
        if start:
            self.clinic.forget(run)
        return state

    def prove(self, run: Run, finding: str) -> dict[str, Any]:
        """Have a remedy replayed.

        Raises
        ------
        InvalidValue
        """
        self.clinic.prove(run, finding, lambda told: self.experiment(read(told)))
        return {"proving": True}

    def cure(self, run: Run, finding: str) -> dict[str, Any]:
        """Change a run's settings as a remedy says.

        Raises
        ------
        InvalidValue, Impossible
        """
        settings, _ = self.clinic.cured(run, finding)
        return self.change(run, settings)

    def microscope(self, run: Run, told: dict[str, Any]) -> dict[str, Any]:
        """One step on some rows, seen slowly.

        Raises
        ------
        InvalidValue
        """
        rows = told.get("rows", "batch")
        lane = run.lane
        net, rate, step = run.asked(lambda: (lane.network(), lane.rate, lane.now))
        places = next_batch(lane.experiment, net) if rows == "batch" else np.array(rows, np.int64)
        count = len(lane.experiment.rows.train)
        if places.min() < 0 or places.max() >= count:
            raise InvalidValue(f"rows must be training rows, 0 to {count - 1:,}.")
        found = stages(lane.experiment, net, places, samples=told.get("samples", "rows"), rate=rate)
        if "stage" in told:
            found["stages"] = found["stages"][told["stage"] : told["stage"] + 1]
        return found | {"step": step}

    def derive(self, run: Run, told: dict[str, Any]) -> dict[str, Any]:
        """∂J/∂w of one row along its paths.

        Raises
        ------
        InvalidValue
        """
        where = {"row": told.get("row", 0), "layer": told.get("layer", 1)}
        where |= {"unit": told.get("unit", 0), "input_": told.get("input", 0)}
        lane = run.lane
        return derivative(lane.experiment, run.asked(lane.network), **where)

    def told(self, run: Run) -> dict[str, Any]:
        """A run as the page is told of it."""
        with run.lock:
            made, twin = run.experiment, run.twin
            return {
                "run": run.name,
                "settings": made.settings.to_dict(),
                "twin": None if twin is None else twin.experiment.settings.to_dict(),
                "data": data(made.rows),
                "warnings": _warnings(made),
                "state": run.state(),
            }

    def take(self, run: Run, what: str) -> Reply | None:
        """What can be taken away, by name; None where there is no such thing."""
        return taken(run, what, self._file_of(run))

    def _file_of(self, run: Run) -> str | None:
        """The name of the file that was uploaded for a run."""
        key = run.experiment.settings.data.upload
        upload = None if key is None else self.uploads[key]
        return None if upload is None else upload.name

    def close(self) -> None:
        """End all runs."""
        self.hub.close()
        self.clinic.close()

    def _weights(self, made: Experiment) -> Network | None:
        """The weights that were given, where they are meant: the network is as it was given."""
        net, first = self._beginning.net, self._beginning.settings.network
        if net is None or replace(made.settings.network, seed=first.seed) != first:
            return None
        mine, theirs = made.network().specification, net.specification
        if mine.slots != theirs.slots:
            return None
        return Network.of(mine, replace(net.state, position=0))


def _check_size(made: Experiment) -> None:
    size = made.settings.training.batch_size
    rows = len(made.rows.train) if size == "all" else min(size, len(made.rows.train))
    units = made.rows.X.shape[1] + sum(layer.units for layer in made.settings.network.layers)
    if rows * units > _MOST_NUMBERS:
        text = (
            f"a batch of {rows:,} rows keeps {rows * units:,} numbers in these layers, and the lab "
            f"allows {_MOST_NUMBERS:,}. Choose smaller batches."
        )
        raise Impossible([Fault("training.batch_size", text)])


def _warnings(made: Experiment) -> list[str]:
    found: list[str] = []
    size, rows = made.settings.training.batch_size, len(made.rows.train)
    if size != "all" and size > rows:
        found.append(
            f"A batch of {size:,} rows is more than the {rows:,} there are: all are taken."
        )
    if len(made.rows.test) == 0:
        found.append("No row is held out, so nothing tells whether the network only remembers.")
    return found
