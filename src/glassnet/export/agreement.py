"""How far an exported model's answers are from the model's own, on rows."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import Unsupported
from glassnet.export.c.running import CompiledModel
from glassnet.export.rows import rows_for
from glassnet.export.source import Source, source
from glassnet.files.header import read_container

MADE = 200  # rows to compare on, where none are given


@dataclass(frozen=True)
class Agreement:
    """The largest difference between what two models answer to the same rows.

    Attributes
    ----------
    rows : int
    largest : float
        nan where one of them has no answer.
    unit : str
        What it is counted in.
    same_labels : float or None
        Share of rows with the same label; None where there are no classes.

    Examples
    --------
    >>> print(Agreement(64, 9.9e-8, "probability", 1.0))
    9.9e-08 probability, the same label in 100.00 % of 64 rows
    """

    rows: int
    largest: float
    unit: str
    same_labels: float | None = None

    def __str__(self) -> str:
        """One line."""
        if self.same_labels is None:
            return f"{self.largest:.2g} {self.unit} on {self.rows:,} rows"
        shown = f"{100 * self.same_labels:.2f} %"
        return f"{self.largest:.2g} {self.unit}, the same label in {shown} of {self.rows:,} rows"


def check_export(model: Any, path: str | os.PathLike[str], rows: Any = None) -> Agreement:
    """How far the answers of an exported file are from the model's own.

    The file is run: by onnxruntime, by the system's C compiler, or by torch.

    Parameters
    ----------
    model : what was exported
    path : path-like
        The ``.onnx`` or ``.c`` file, or the folder for PyTorch.
    rows : rows as the model takes them, optional
        Without them 200 are made, like those of training, with cells that are missing, levels that
        are new and numbers far out of range.

    Raises
    ------
    InvalidValue, ShapeMismatch
        If the rows are not like those of the model.
    Unsupported
        If what runs the file is not here.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")], seed=0)
    >>> gn.export_onnx(net, "m.onnx")
    >>> check_export(net, "m.onnx").largest < 1e-5
    True
    """
    found = source(model)
    tried = rows_for(found, rows, count=MADE)
    return agreement(found, tried, exported_answers(path, found, tried))


def agreement(found: Source, rows: Any, answers: Array) -> Agreement:
    """Compare answers, (m, outputs), with the model's own.

    Probabilities as they are; numbers in standard deviations, of the training target where the
    model knows it, else of its own answers.
    """
    own = found.answers(rows)
    apart = np.abs(answers - own)
    if found.answer.of_classes:
        if found.answer.kind == "multilabel":
            same = ((answers > 0.5) == (own > 0.5)).all(axis=1)
        else:
            same = answers.argmax(axis=1) == own.argmax(axis=1)
        return Agreement(len(own), float(apart.max()), "probability", float(same.mean()))
    spread = found.answer.scale if found.answer.restored else float(own.std()) or 1.0
    return Agreement(len(own), float((apart / spread).max()), "standard deviations")


def exported_answers(path: str | os.PathLike[str], found: Source, rows: Any) -> Array:
    """What the exported file at ``path`` answers: ``.onnx``, ``.c``, or a folder for PyTorch.

    Raises
    ------
    Unsupported
        If what runs it is not here: onnxruntime, a C compiler, torch.
    """
    place = Path(path)
    if place.suffix == ".onnx":
        return _by_onnxruntime(place, found, rows)
    if place.suffix == ".c":
        with tempfile.TemporaryDirectory() as folder:
            return CompiledModel(found, place, Path(folder)).answers(rows)
    return _by_torch(place, found, rows)


def _by_onnxruntime(path: Path, found: Source, rows: Any) -> Array:
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise Unsupported(
            "onnxruntime is needed to run an ONNX file; it is not installed: pip install "
            "onnxruntime."
        ) from error
    from glassnet.export.onnx.model import feed

    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session: Any = onnxruntime.InferenceSession(str(path), options)
    answers: Any = session.run(None, feed(found, session, rows))
    if found.answer.kind == "outputs":
        return np.concatenate(answers, axis=1).astype(np.float64)
    if isinstance(answers[-1], list):  # zipmap: dictionaries in the order of the classes
        answers[-1] = np.array([list(row.values()) for row in answers[-1]])
    return answers[-1].astype(np.float64)


def _by_torch(folder: Path, found: Source, rows: Any) -> Array:
    """The module made anew, with the numbers of the folder; its Python is not run."""
    import torch

    from glassnet.export.torch.building import built

    module = built(found.model).module
    arrays = read_container(folder / "model.safetensors", kind="torch").arrays
    module.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    kind = next(module.parameters()).dtype
    with torch.no_grad():
        a = module(torch.from_numpy(found.encoded(rows)).to(kind)).double().numpy()
    if found.answer.kind == "binary":
        return np.hstack([1 - a, a])
    return np.ones_like(a) if found.answer.kind == "one class" else a
