"""From a model to scikit-learn's estimator with the same predictions."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import LabelBinarizer

from glassnet.arrays import Array
from glassnet.errors import Unsupported
from glassnet.export.layers import PlainLayer
from glassnet.export.scikit_learn.activations import HIDDEN, OF_CLASSES, OF_NUMBERS
from glassnet.export.source import Source, source
from glassnet.export.table_estimators import is_table_estimator
from glassnet.inspection.subjects import subject
from glassnet.network.network import Network

# What a fit leaves in both, in plain numbers.
FOUND = (
    "loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_", "loss_", "n_iter_",
    "t_",
)  # fmt: skip


def to_sklearn(model: Any) -> Any:
    """A model as scikit-learn's own MLPClassifier or MLPRegressor, fitted, to rounding the same.

    Batch norm and a scaling stage are folded into the weights. A pipeline becomes the pipeline of
    its steps with scikit-learn's estimator at the end. Parameters that both have are taken over; a
    loss that scikit-learn does not have changes no prediction, and a fit from there would take
    its own.

    Parameters
    ----------
    model : MLPClassifier, MLPRegressor, Pipeline of scalings, or Network
        Of a network, softmax and logistic outputs are classes 0, 1, …

    Returns
    -------
    sklearn.neural_network.MLPClassifier or MLPRegressor, or a Pipeline

    Raises
    ------
    InvalidValue
        If the model is not fitted.
    Unsupported
        If scikit-learn cannot express the function; the message names the layer.

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = [[0.0], [1.0], [2.0]], ["low", "low", "high"]
    >>> clf = gn.MLPClassifier((4,), "tanh", solver="lbfgs", random_state=0).fit(X, y)
    >>> there = to_sklearn(clf)
    >>> type(there).__module__.split(".")[0], there.predict([[2.0]]).tolist()
    ('sklearn', ['high'])
    """
    steps = getattr(model, "steps", None)
    if isinstance(steps, list) and steps:
        whole = copy.copy(model)
        whole.steps = [*steps[:-1], (steps[-1][0], to_sklearn(steps[-1][1]))]
        return whole
    found = source(model)
    if found.rules is not None:
        several = is_table_estimator(model)
        network, encode = ("network_", "encode") if several else ("network", "encoder.transform")
        raise Unsupported(
            "a table's encoder has no twin in scikit-learn. Export the network behind it, "
            f"to_sklearn(model.{network}), and encode rows with model.{encode}(table)."
        )
    net = subject(model).network
    return _made(model, found, net)


def _made(model: Any, found: Source, net: Network) -> Any:
    layers, last = found.layers, found.layers[-1].activation.name
    plain = isinstance(model, Network)
    classifies = last in OF_CLASSES if plain else hasattr(model, "predict_proba")
    activation = _hidden(layers[:-1])
    known = OF_CLASSES if classifies else OF_NUMBERS
    if last not in known or found.answer.kind == "one class":
        what = "one class" if found.answer.kind == "one class" else f"the outputs {last!r}"
        raise Unsupported(
            f"scikit-learn's {'classifier' if classifies else 'regressor'} has outputs "
            f"{' or '.join(known)} for two or more classes or for numbers; layer {len(layers)} "
            f"has {what}."
        )
    kind: Any = MLPClassifier if classifies else MLPRegressor
    est = kind(**_parameters(model, kind, activation, layers, last))
    _weights(est, found, layers, net)
    est.n_layers_, est.n_outputs_ = len(layers) + 1, len(layers[-1].b)
    est.out_activation_, est.n_features_in_ = last, found.inputs
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        est.feature_names_in_ = names
    if classifies:
        est._label_binarizer = _binarizer(found, len(layers[-1].b), last)
        est.classes_ = est._label_binarizer.classes_
    for name in FOUND:
        setattr(est, name, getattr(model, name, None))
    est.n_iter_, est.t_, est._no_improvement_count = est.n_iter_ or 0, est.t_ or 0, 0
    return est


def _hidden(layers: tuple[PlainLayer, ...]) -> str:
    """The one activation of all hidden layers."""
    names = [layer.activation.name for layer in layers]
    for l, name in enumerate(names, start=1):
        if HIDDEN[name] is None:
            known = ", ".join(sorted(each for each in HIDDEN.values() if each))
            raise Unsupported(
                f"scikit-learn's networks have the activations {known}; layer {l} has {name!r}."
            )
        if name != names[0]:
            raise Unsupported(
                "scikit-learn's networks have one activation for all hidden layers; layer 1 has "
                f"{names[0]!r} and layer {l} has {name!r}."
            )
    return HIDDEN[names[0]] or "relu" if names else "relu"


def _parameters(
    model: Any, kind: Any, activation: str, layers: tuple[PlainLayer, ...], last: str
) -> dict[str, Any]:
    """Those that both have, as far as scikit-learn takes their values."""
    known = kind().get_params(deep=False)
    own = {} if isinstance(model, Network) else model.get_params(deep=False)
    given = {name: value for name, value in own.items() if name in known and name != "loss"}
    if "early_stopping" in given:
        given["early_stopping"] = bool(given["early_stopping"])
    given["activation"] = activation
    given["hidden_layer_sizes"] = tuple(len(layer.b) for layer in layers[:-1])
    if last == "exp":
        if "loss" not in known:
            raise Unsupported("this release of scikit-learn has no exponential outputs; take 1.7.")
        given["loss"] = "poisson"
    return given


def _weights(est: Any, found: Source, layers: tuple[PlainLayer, ...], net: Network) -> None:
    dtype = net.state.theta.dtype
    W, b = [layer.W for layer in layers], [layer.b for layer in layers]
    if found.scaling is not None:
        center, scale = found.scaling
        b[0] = b[0] - W[0] @ (center / scale)
        W[0] = W[0] / scale
    est.coefs_ = [np.ascontiguousarray(each.T, dtype=dtype) for each in W]
    est.intercepts_ = [np.ascontiguousarray(each, dtype=dtype) for each in b]


def _binarizer(found: Source, outputs: int, last: str) -> Any:
    """scikit-learn's own encoder of labels; a plain network's classes are numbers from 0."""
    kind = found.answer.kind
    if kind == "multilabel" or (kind == "outputs" and last == "logistic" and outputs > 1):
        return LabelBinarizer().fit(np.eye(outputs, dtype=np.int64))
    labels: Array = np.array(found.answer.classes or range(max(2, outputs)))
    return LabelBinarizer().fit(labels)
