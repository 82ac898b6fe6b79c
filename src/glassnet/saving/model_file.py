"""``glassnet.save`` and ``glassnet.load``: a model to a file and back, checked to the last bit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from glassnet.errors import BadFile, GlassnetError, InvalidValue
from glassnet.estimators.table_model import TableModel
from glassnet.files.faults import shown
from glassnet.network.network import Network
from glassnet.saving.estimators import CLASSES, estimator_of, estimator_parts
from glassnet.saving.networks import network_of, network_part
from glassnet.saving.parts import (
    ModelFile,
    Part,
    keep_others,
    others_of,
    read_parts,
    write_parts,
)
from glassnet.saving.table_estimators import (
    TABLE_CLASSES,
    table_estimator_of,
    table_estimator_parts,
)
from glassnet.saving.tables import table_of, table_parts
from glassnet.saving.training import training_part, with_training

_NOT_NEEDED = ("margins", "settings", "training")  # to predict
_MESSAGE = 500  # characters of an error that are repeated; a hostile file chooses its length


def save(model: Any, path: str | os.PathLike[str], *, training: bool = False) -> None:
    """Write a model to one file, whole or not at all.

    The file holds everything that prediction needs: the network, the classes, names and types of
    the columns, and how they are encoded. It holds no code and no row of the training data. Parts
    that came from a later release and need not be understood are written again as they came.

    Parameters
    ----------
    model : Network, MLPClassifier, MLPRegressor, TableClassifier, TableRegressor or TableModel
        Fitted. The steps of a scikit-learn pipeline are not glassnet's to describe; use joblib for
        a pipeline, or a network with ``gn.Scaling`` as its input stage.
    path : path-like
        By custom it ends in ``.glassnet``.
    training : bool
        Write what further training needs too: the optimizer's memory, the schedule, the clock and
        early stopping's best. An estimator with ``warm_start`` that is loaded then goes on to the
        bit as if it had never been saved. The file is about three times as large.

    Raises
    ------
    InvalidValue
        If the model is not one of these, not fitted, or has a part of a user's own, which a file
        could only name and not hold.
    FileFault
        If the system refuses; what was there before is unchanged.

    Warns
    -----
    UserWarning
        If parameters of an estimator that only training needs stay behind: callbacks, a path to
        save to, and objects of a user's own.

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = [[0.0], [1.0]], ["no", "yes"]
    >>> clf = gn.MLPClassifier((2,), solver="lbfgs", random_state=0).fit(X, y)
    >>> save(clf, "m.glassnet")
    >>> load("m.glassnet").predict(X).tolist()
    ['no', 'yes']
    """
    kind, parts = _parts(model, training=training)
    required = tuple(name for name in parts if name not in _NOT_NEEDED)
    others = others_of(model, network_in(model).state.theta)
    write_parts(path, ModelFile(kind, {**others, **parts}, required))


def load(path: str | os.PathLike[str]) -> Any:
    """Read a model that :func:`save` or ``glassnet fit`` wrote.

    Nothing in the file is executed, and every byte of it is checked: a file with any bit changed
    is refused.

    Returns
    -------
    Network, MLPClassifier, MLPRegressor, TableClassifier, TableRegressor or TableModel
        What was saved.

    Raises
    ------
    BadFile
        If it is damaged, of another kind, or needs a later release.
    FileFault
        If the system cannot read it.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")])
    >>> save(net, "m.glassnet")
    >>> load("m.glassnet")
    Network(2-3-1; tanh, identity; squared_error; 13 parameters)
    """
    return model_of(path, read_parts(path))


def model_of(path: str | os.PathLike[str], file: ModelFile) -> Any:
    """The model of parts that were read from ``path``.

    Raises
    ------
    BadFile
        If they are those of no model.
    """
    try:
        model = _model(file)
    except (
        GlassnetError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError,
        ValueError,
    ) as error:  # fmt: skip
        raise BadFile(
            f"{shown(path)} is no model that this version understands: "
            f"{' '.join(str(error).split())[:_MESSAGE].rstrip('.')}. Write it again with save."
        ) from error
    keep_others(model, file.others, network_in(model).state.theta)
    return model


def _parts(model: Any, *, training: bool) -> tuple[str, Mapping[str, Part]]:
    if isinstance(model, TableModel):
        return "table", table_parts(model, training=training)
    if isinstance(model, Network):
        parts = {"network": network_part(model)}
        return "network", parts | ({"training": training_part(model)} if training else {})
    kind = next((name for name, made in CLASSES.items() if type(model) is made), None)
    if kind is not None:
        return kind, estimator_parts(model, training=training)
    kind = next((name for name, made in TABLE_CLASSES.items() if type(model) is made), None)
    if kind is not None:
        return kind, table_estimator_parts(model, training=training)
    raise InvalidValue(
        "a model to be saved must be a Network, an estimator of glassnet or a TableModel; "
        f"got {type(model).__name__}. {_remedy(model)}"
    )


def _remedy(model: Any) -> str:
    if hasattr(model, "steps") or hasattr(model, "best_estimator_"):
        return (
            "Save the glassnet model inside it, with the columns already transformed, or keep the "
            "whole with joblib."
        )
    if isinstance(model, type):
        return f"Make and fit one: {model.__name__}()."
    return "Save its network_."


def _model(file: ModelFile) -> Any:
    parts = file.parts
    if file.model == "table":
        return table_of(parts)
    if file.model in CLASSES:
        return estimator_of(file.model, parts)
    if file.model in TABLE_CLASSES:
        return table_estimator_of(file.model, parts)
    if file.model != "network":
        raise ValueError(f"it holds a model of the kind {file.model!r:.40}")
    net = network_of(parts["network"])
    if "training" in parts:
        with_training(net, parts["training"])
    return net


def network_in(model: Any) -> Network:
    """The network of a model of any kind.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(1, "identity")])
    >>> network_in(net) is net
    True
    """
    if isinstance(model, Network):
        return model
    return model.network if isinstance(model, TableModel) else model.network_
