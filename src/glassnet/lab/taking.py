"""What can be taken away beside the code: a command, a model file, rows, history, settings."""

from __future__ import annotations

import csv
import io
import shlex
import tempfile
from pathlib import Path
from typing import Any

from glassnet.lab.building import Experiment
from glassnet.lab.plain import json
from glassnet.lab.run import Run
from glassnet.lab.scripts import python
from glassnet.lab.sets import UPLOAD
from glassnet.web.door import Reply

_TEXT = b"text/plain; charset=utf-8"
_FIRST_EPOCHS = 100


def taken(run: Run, what: str, name: str | None = None) -> Reply | None:
    """The answer that holds it; None where there is no such thing.

    Parameters
    ----------
    run : Run
    what : str
        "python", "command", "settings", "model", "history" or "data".
    name : str, optional
        The file that was uploaded.

    Examples
    --------
    >>> from glassnet.lab.building import experiment
    >>> from glassnet.lab.preparing import prepared
    >>> from glassnet.lab.settings import Settings
    >>> from glassnet.lab.turns import Turns
    >>> run = Run("r", experiment(Settings(), prepared(Settings().data)[0]), Turns(1))
    >>> taken(run, "data").body.splitlines()[0], taken(run, "money") is None
    (b'x1,x2,y', True)
    >>> run.end("done")
    """
    if what == "python":
        return _file(run.asked(lambda: python(run, name)).encode(), "experiment.py", _TEXT)
    if what == "command":
        return _file(command(run, name).encode(), "command.txt", _TEXT)
    if what == "settings":
        body = json(run.experiment.settings.to_dict())
        return _file(body, "settings.json", b"application/json")
    if what == "model":
        return _file(_model(run), "m.glassnet", b"application/octet-stream")
    if what == "history":
        return _file(_history(run), "history.json", b"application/json")
    if what == "data":
        return _file(_rows(run.experiment), "data.csv", b"text/csv; charset=utf-8")
    return None


def command(run: Run, name: str | None = None) -> str:
    """The nearest command line: ``glassnet fit --plain`` on that table, with a network of that form.

    Layers with functions of their own and first weights have no option there; the code has all.

    Examples
    --------
    >>> from glassnet.lab.building import experiment
    >>> from glassnet.lab.preparing import prepared
    >>> from glassnet.lab.settings import Settings
    >>> from glassnet.lab.turns import Turns
    >>> run = Run("r", experiment(Settings(), prepared(Settings().data)[0]), Turns(1))
    >>> command(run)[:50]
    'glassnet fit data.csv --plain --target y --hidden '
    >>> run.end("done")
    """
    made, epochs = run.experiment, run.lane.epochs
    return shlex.join(_words(made, epochs or _FIRST_EPOCHS, name or "data.csv"))


def _words(made: Experiment, epochs: int, name: str) -> list[str]:
    network, training = made.settings.network, made.settings.training
    layers = network.layers
    task = "regression" if made.rows.task == "regression" else "classification"
    told: dict[str, Any] = {
        "target": made.rows.target,
        "hidden": ",".join(str(layer.units) for layer in layers) or "none",
        "task": task,
        "optimizer": training.optimizer,
        "learning-rate": training.learning_rate,
        "alpha": training.weight_decay,
        "epochs": epochs,
        "patience": epochs,
        "seed": network.seed,
    }
    if training.batch_size != "all":
        told["batch-size"] = training.batch_size
    if layers:
        told["activation"] = layers[0].activation
        told["dropout"] = layers[0].dropout
    if made.settings.data.test:
        told["test-size"] = made.settings.data.test
    file = name if made.settings.data.set == UPLOAD else "data.csv"
    words = ["glassnet", "fit", file, "--plain"]
    for option, value in told.items():
        words += [f"--{option}", str(value)]
    return words + (["--batch-norm"] if any(layer.batch_norm for layer in layers) else [])


def _file(body: bytes, name: str, kind: bytes) -> Reply:
    headers = (
        (b"content-disposition", f'attachment; filename="{name}"'.encode()),
        (b"cache-control", b"no-store"),
    )
    return Reply(body, 200, kind, headers)


def _model(run: Run) -> bytes:
    # It reads estimators too, and so scikit-learn: a second that a server need not take to begin.
    from glassnet.saving.model_file import save

    net = run.network()
    with tempfile.TemporaryDirectory(prefix="glassnet-lab-") as folder:
        path = Path(folder) / "m.glassnet"
        save(net, path)
        return path.read_bytes()


def _history(run: Run) -> bytes:
    """Every digit of it; what is not there, or not finite, is null."""
    return json(run.lane.record.to_dict())


def _rows(made: Experiment) -> bytes:
    """The rows as the network sees them, in the order of the data set."""
    rows = made.rows
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    write.writerow([*map(str, rows.names), str(rows.target)])
    labels = [str(each) for each in rows.classes]
    for x, y in zip(rows.X.tolist(), rows.y.tolist(), strict=True):
        write.writerow([*(repr(each) for each in x), labels[int(y)] if labels else repr(y)])
    return text.getvalue().encode()
