"""What an experiment is: data, network, training. A link restores it, and nothing else does."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from glassnet.data.targets import Task
from glassnet.errors import InvalidValue

MOST_LAYERS, MOST_UNITS = 8, 256
TOY_ROWS = (20, 5000)
MOST_EPOCHS = 100_000
HORIZON = 200  # epochs, of a schedule that must know its end


@dataclass(frozen=True)
class Fault:
    """Why settings cannot be, and where."""

    where: str
    message: str


class Impossible(InvalidValue):
    """Settings that cannot be, each reason with its place.

    Examples
    --------
    >>> print(Impossible([Fault("training.batch_size", "it must be at least 1.")]))
    training.batch_size: it must be at least 1.
    """

    def __init__(self, faults: list[Fault]) -> None:
        told = (f"{each.where or 'settings'}: {each.message}" for each in faults)
        super().__init__(" ".join(told))
        self.faults = faults


@dataclass(frozen=True)
class DataSettings:
    """Which rows: a set by name, how many, how noisy, how many held out."""

    set: str = "moons"
    upload: str | None = None
    rows: int = 300
    noise: float = 0.1
    test: float = 0.3
    standardise: bool = True
    inputs: tuple[str, ...] | None = None
    target: str | None = None
    task: Task | None = None
    seed: int = 0


@dataclass(frozen=True)
class LayerSettings:
    """A hidden layer."""

    units: int = 8
    activation: str = "tanh"
    batch_norm: bool = False
    dropout: float = 0.0
    init: str = "auto"
    init_scale: float | None = None


@dataclass(frozen=True)
class OutputSettings:
    """The output layer, whose units follow from the task."""

    activation: str | None = None
    init: str = "auto"
    init_scale: float | None = None


@dataclass(frozen=True)
class NetworkSettings:
    """The hidden layers, the loss, the output; None is what fits the task."""

    layers: tuple[LayerSettings, ...] = (LayerSettings(), LayerSettings())
    loss: str | None = None
    output: OutputSettings = field(default_factory=OutputSettings)
    seed: int = 0


@dataclass(frozen=True)
class TrainingSettings:
    """How it is trained; ``epochs`` None means without end."""

    optimizer: str = "adam"
    learning_rate: float = 0.01
    momentum: float | None = None
    batch_size: int | Literal["all"] = 16
    weight_decay: float = 0.0
    schedule: str = "constant"
    clip: float | None = None
    seed: int = 0
    shuffle: bool = True
    epochs: int | None = None


@dataclass(frozen=True)
class Settings:
    """An experiment.

    Examples
    --------
    >>> Settings().to_dict()["data"]["set"]
    'moons'
    """

    data: DataSettings = field(default_factory=DataSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def to_dict(self) -> dict[str, Any]:
        """As JSON; what is not set is left out, but for ``clip``."""
        told = _without_none(asdict(self))
        told["training"]["clip"] = self.training.clip
        return {"version": 1, **told}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    if isinstance(value, tuple | list):
        return [_without_none(each) for each in value]
    return value
