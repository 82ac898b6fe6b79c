"""``to_torch``, ``from_torch``, ``export_torch``; torch is imported when they are called."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.errors import FileFault, Unsupported
from glassnet.export.writing import write_files
from glassnet.files.faults import file_fault
from glassnet.files.header import write_container
from glassnet.network.network import Network

if TYPE_CHECKING:
    from torch import nn


def to_torch(model: Any) -> nn.Sequential:
    """A model as a PyTorch module with the same outputs, and the same gradient to each number.

    Linear, BatchNorm1d, the activation and Dropout of each layer, in the network's dtype; it is in
    prediction (``eval()``). A scaling before the network is a module before it. What comes out is
    a[L]: of two classes the probability of the second. The module of a table's model takes the
    columns as ``model.encoder`` makes them and answers in units of the target; that of a table
    estimator takes the rows of ``encode(X)`` and averages its members. Where z is exactly 0,
    PyTorch takes its own subgradient of a rectifier.

    Parameters
    ----------
    model : Network, fitted estimator (of tables too), Pipeline of scalings, or model of a table

    Returns
    -------
    torch.nn.Sequential

    Raises
    ------
    InvalidValue
        If the model is not fitted.
    Unsupported
        If torch is not installed, or an activation is a user's own.

    Examples
    --------
    >>> import glassnet as gn
    >>> to_torch(gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")]))
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): Tanh()
      (2): Linear(in_features=3, out_features=1, bias=True)
      (3): Identity()
    )
    """
    _require_torch()
    from glassnet.export.torch.building import built

    return built(model).module


def from_torch(module: nn.Module, *, loss: Any = None) -> Network:
    """A PyTorch module as a network with the same outputs.

    The translation is that of :func:`glassnet.doctor.watch`: Linear, BatchNorm1d, Dropout,
    activations, Flatten and Identity, in an ``nn.Sequential`` or a module of one's own whose
    forward is a chain; and all that :func:`to_torch` makes.

    Parameters
    ----------
    module : torch.nn.Module
    loss : str or Loss, optional
        What the network is trained on from here; by the output activation: a cross-entropy behind
        a softmax or a sigmoid, else the squared error.

    Raises
    ------
    Unsupported
        If torch is not installed, or a part has no twin; the message names it.

    Examples
    --------
    >>> from torch import nn
    >>> from_torch(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1), nn.Sigmoid()))
    Network(2-3-1; relu, logistic; binary_cross_entropy; 13 parameters)
    """
    _require_torch()
    from glassnet.export.torch.translating import network_of_module

    return network_of_module(module, loss)


def export_torch(model: Any, folder: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Write a folder with ``model.safetensors`` and a short ``model.py`` that needs torch alone.

    ``from model import model`` and ``model()`` there give the module of :func:`to_torch`. Nothing
    is pickled. Reading it takes torch and safetensors, not glassnet.

    Parameters
    ----------
    model : as for :func:`to_torch`
    folder : path-like
        Made where it is not there; the folder it lies in must be.

    Returns
    -------
    Path, Path
        The two files.

    Raises
    ------
    InvalidValue, Unsupported
        As :func:`to_torch` raises them.
    FileFault
        If the system refuses to write.

    Examples
    --------
    >>> import glassnet as gn
    >>> files = export_torch(gn.Network(2, [gn.Dense(1, "logistic")]), "folder")
    >>> [path.name for path in files]
    ['model.safetensors', 'model.py']
    """
    _require_torch()
    from glassnet.export.torch.building import built
    from glassnet.export.torch.text import python_text

    made = built(model)
    text = python_text(made)
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise FileFault(f"{place} is a file, and a folder is to be written. Give another name.")
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise file_fault(place, error, doing="write") from error
    numbers, python = place / "model.safetensors", place / "model.py"
    arrays = {name: values.numpy() for name, values in made.module.state_dict().items()}
    write_container(numbers, kind="torch", header={}, arrays=arrays)
    write_files({python: text})
    return numbers, python


def _require_torch() -> None:
    try:
        import torch  # noqa: F401 # pyright: ignore[reportUnusedImport] # asked whether it is there
    except ModuleNotFoundError as missing:
        raise Unsupported(
            'a PyTorch module needs torch, which is not installed: pip install "glassnet[torch]".'
        ) from missing
