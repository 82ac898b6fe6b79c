"""Everything that the page offers, out of the package's own catalogues."""

from __future__ import annotations

from importlib.metadata import version
from itertools import pairwise
from typing import Any, get_args

from glassnet.data.targets import Task
from glassnet.inspection.formulas import written
from glassnet.inspection.loss_formulas import written_loss
from glassnet.inspection.script import LATEX
from glassnet.lab.building import FITTING, fits
from glassnet.lab.hub import Bounds
from glassnet.lab.sets import BUNDLED, TOYS
from glassnet.lab.settings import MOST_EPOCHS, MOST_LAYERS, MOST_UNITS, TOY_ROWS
from glassnet.lab.views import NAMES
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.initializers import AUTO, INITIALIZERS
from glassnet.network.losses import LOSSES
from glassnet.optim.optimizers import OPTIMIZERS
from glassnet.optim.schedules import SCHEDULES

TASKS = get_args(Task)


def catalogue(bounds: Bounds) -> dict[str, Any]:
    r"""Sets, activations, initializers, losses, optimizers, schedules and limits.

    Examples
    --------
    >>> told = catalogue(Bounds())
    >>> [each["formula"] for each in told["activations"] if each["name"] == "tanh"]
    ['\\tanh(z)']
    """
    return {
        "version": version("glassnet"),
        "tasks": list(TASKS),
        "fitting": {task: {"loss": l, "output": a} for task, (l, a) in FITTING.items()},
        "sets": _sets(),
        "activations": [_activation(name, made) for name, made in ACTIVATIONS.items()],
        "inits": [{"name": "auto", "title": "automatic", "scaled": False}]
        + [
            {"name": name, "title": title(name, made), "scaled": name in ("constant", "normal")}
            for name, made in INITIALIZERS.items()
        ],
        "auto_init": {name: AUTO.get(name, "glorot_uniform") for name in ACTIVATIONS},
        "losses": [_loss(name, made) for name, made in LOSSES.items()],
        "optimizers": [_optimizer(name, made) for name, made in OPTIMIZERS.items()],
        "schedules": [
            {"name": name, "title": title(name, made)} for name, made in SCHEDULES.items()
        ],
        "views": list(NAMES),
        "limits": {
            "rows": list(TOY_ROWS), "layers": MOST_LAYERS, "units": MOST_UNITS,
            "epochs": MOST_EPOCHS, "upload": bounds.upload, "upload_rows": bounds.rows,
            "columns": bounds.columns, "runs": bounds.runs, "threads": bounds.threads,
        },
    }  # fmt: skip


def title(name: str, made: type) -> str:
    """What people call it: the class's own spelling where it is an abbreviation.

    Examples
    --------
    >>> (
    ...     title("leaky_relu", ACTIVATIONS["leaky_relu"]),
    ...     title("he_normal", INITIALIZERS["he_normal"]),
    ... )
    ('LeakyReLU', 'he normal')
    """
    own = made.__name__
    capitals = sum(a.isupper() and b.isupper() for a, b in pairwise(own))
    same = own.lower() == name.replace("_", "")
    return own if same and capitals else name.replace("_", " ")


def _sets() -> list[dict[str, Any]]:
    toys = [
        {"name": name, "title": toy.title, "task": toy.task, "columns": list(toy.columns),
         "toy": True}
        for name, toy in TOYS.items()
    ]  # fmt: skip
    others = [
        {"name": name, "title": each.title, "task": each.task, "columns": list(each.columns),
         "toy": False}
        for name, each in BUNDLED.items()
    ]  # fmt: skip
    return toys + others


def _activation(name: str, made: Any) -> dict[str, Any]:
    phi = made()
    return {
        "name": name,
        "title": title(name, made),
        "formula": written(phi).value(LATEX, phi, "z", None),
        "slope": written(phi).slope(LATEX, phi, "z", "a", None),
    }


def _loss(name: str, made: Any) -> dict[str, Any]:
    loss = made()
    outputs = [
        phi for phi, kind in ACTIVATIONS.items()
        if phi == loss.partner or kind().range.within(loss.domain)
    ]  # fmt: skip
    return {
        "name": name,
        "title": title(name, made),
        "tasks": [task for task in TASKS if fits(loss, task)],
        "outputs": outputs,
        "partner": loss.partner,
        "formula": written_loss(loss).entry(LATEX, loss, "a", "y", None),
    }


def _optimizer(name: str, made: Any) -> dict[str, Any]:
    known = getattr(made, "__dataclass_fields__", {})
    return {
        "name": name,
        "title": title(name, made),
        "learning_rate": known["learning_rate"].default,
        "momentum": known["momentum"].default if "momentum" in known else None,
        "whole_batch": not made.uses_rate,
    }
