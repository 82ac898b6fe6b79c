"""scikit-learn's own MLPClassifier and MLPRegressor, fitted or not, in glassnet's words.

They are told by their names and touched through their parameters and attributes: scikit-learn is
not imported here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, Unsupported
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.network.penalties import L2
from glassnet.network.specification import Parameters, Specification
from glassnet.network.state import State
from glassnet.optim.optimizers import SGD, Adam, Momentum, Nesterov
from glassnet.training.history import History

_KINDS = ("MLPClassifier", "MLPRegressor")


def is_scikit_learn(who: Any) -> bool:
    """Whether it is scikit-learn's MLPClassifier or MLPRegressor, or made from one of them.

    Examples
    --------
    >>> is_scikit_learn("no")
    False
    """
    return any(
        kind.__name__ in _KINDS and kind.__module__.startswith("sklearn.neural_network")
        for kind in type(who).__mro__
    )


def visited(
    who: Any,
    X: Any,
    y: Any,
    weights: Any = None,
    optimizer: Any = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    history: Any = None,
) -> list[dict[str, Any]]:
    """An estimator of scikit-learn's as :func:`glassnet.diagnose` takes networks: its arguments.

    The first is the network before its training, with the weights that ``random_state`` draws; a
    second, where it is fitted, has the weights it has now, and ``loss_curve_`` as its history.
    Labels become class numbers. What is given besides stands before what the estimator says.

    Raises
    ------
    InvalidValue
        If it is not fitted and y is not given, by which its outputs are counted.

    Examples
    --------
    >>> from sklearn.neural_network import MLPRegressor
    >>> (told,) = visited(MLPRegressor(random_state=0), [[0.0], [1.0]], [0.0, 1.0])
    >>> told["net"], told["optimizer"].name
    (Network(1-100-1; relu, identity; squared_error; 301 parameters), 'adam')
    """
    fitted = hasattr(who, "coefs_")
    if not fitted and y is None:
        raise InvalidValue(
            f"y must be given with a {type(who).__name__} that is not fitted: its outputs are "
            "counted by it."
        )
    classes, rows = _classes(who, y), _count(X)
    spec = _specification(who, X, y, classes)
    first: dict[str, Any] = {
        "net": Network.of(spec, State(theta=_first(who, spec))),
        "X": X,
        "y": _codes(y, classes),
        "weights": weights,
        "optimizer": optimizer or _optimizer(who),
        "epochs": epochs or int(who.max_iter),
        "batch_size": batch_size or _batch(who, rows),
    }
    if not fitted:
        return [first]
    now = Network.of(spec, State(theta=_theta(who, spec), t=_steps(who, rows)))
    return [first, {**first, "net": now, "history": history or _history(who, rows)}]


def _codes(y: Any, classes: Array | None) -> Any:
    """Labels as class numbers, −1 for one that was not there when it was fitted."""
    if y is None or classes is None or np.ndim(y) == 2:
        return y
    labels = np.asarray(y)
    codes = np.searchsorted(classes, labels)
    known = classes[np.minimum(codes, len(classes) - 1)] == labels
    return np.where(known, codes, -1).astype(np.float64)


def _count(X: Any) -> int:
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def _classes(who: Any, y: Any) -> Array | None:
    if not any(kind.__name__ == "MLPClassifier" for kind in type(who).__mro__):
        return None
    known = getattr(who, "classes_", None)
    return np.unique(np.asarray(y)) if known is None else np.asarray(known)


def _specification(who: Any, X: Any, y: Any, classes: Array | None) -> Specification:
    outputs, activation, loss = _ending(who, y, classes)
    hidden = [int(size) for size in np.atleast_1d(who.hidden_layer_sizes)]
    columns = getattr(who, "n_features_in_", None) or np.shape(X)[1]
    dense = [Dense(size, str(who.activation)) for size in hidden]
    alpha = float(who.alpha)
    penalties = (L2(alpha, per_weight_sum=True),) if alpha > 0 else ()
    layers = (*dense, Dense(outputs, activation))
    return Specification(int(columns), layers, loss, penalties, strict=False)


def _ending(who: Any, y: Any, classes: Array | None) -> tuple[int, str, str]:
    """Outputs, their activation and the loss, as scikit-learn settles them."""
    if classes is None:
        loss = str(getattr(who, "loss", "squared_error"))
        if loss not in ("squared_error", "poisson"):
            raise Unsupported(f"the loss {loss!r} of {type(who).__name__} has no twin here.")
        shape = np.shape(y) if y is not None else ()
        outputs = int(getattr(who, "n_outputs_", 0)) or (shape[1] if len(shape) > 1 else 1)
        return outputs, "exp" if loss == "poisson" else "identity", loss
    indicator = getattr(who, "out_activation_", "") == "logistic" and len(classes) > 2
    if indicator or (y is not None and np.ndim(y) == 2 and np.shape(y)[1] > 1):
        return len(classes), "logistic", "binary_cross_entropy"
    if len(classes) > 2:
        return len(classes), "softmax", "cross_entropy"
    return 1, "logistic", "binary_cross_entropy"


def _theta(who: Any, spec: Specification) -> Array:
    blocks = Parameters.empty(spec.depth)
    for l, (W, b) in enumerate(zip(who.coefs_, who.intercepts_, strict=True), start=1):
        blocks.W[l], blocks.b[l] = np.asarray(W, np.float64).T, np.asarray(b, np.float64)
    return np.ascontiguousarray(spec.pack(blocks))


def _first(who: Any, spec: Specification) -> Array:
    """Its first weights: U(−c, c) with c² = 6 / (n_in + n_out), 2 for logistic units.

    They are drawn as it draws them, so that with a whole number as ``random_state`` they are its.
    """
    seed = who.random_state if isinstance(who.random_state, int | np.integer) else 0
    rng, blocks = np.random.RandomState(int(seed)), Parameters.empty(spec.depth)
    for l in range(1, spec.depth + 1):
        n_out, n_in = spec.units[l], spec.units[l - 1]
        c = np.sqrt((2.0 if who.activation == "logistic" else 6.0) / (n_in + n_out))
        blocks.W[l] = rng.uniform(-c, c, (n_in, n_out)).T
        blocks.b[l] = rng.uniform(-c, c, n_out)
    return np.ascontiguousarray(spec.pack(blocks))


def _batch(who: Any, rows: int) -> int:
    size = min(200, rows) if who.batch_size == "auto" else int(who.batch_size)
    return rows if who.solver == "lbfgs" else max(1, min(size, rows))


def _steps(who: Any, rows: int) -> int:
    epochs = int(getattr(who, "n_iter_", 1) or 1)
    return max(1, epochs * -(-rows // _batch(who, rows)))


def _optimizer(who: Any) -> Any:
    """None where no step can be taken with it, or where it is L-BFGS, which has no rate."""
    rate = float(who.learning_rate_init)
    if who.solver == "lbfgs" or not 0 < rate < float("inf"):
        return None
    if who.solver == "adam":
        return Adam(rate, float(who.beta_1), float(who.beta_2), float(who.epsilon))
    if not who.momentum:
        return SGD(rate)
    return (Nesterov if who.nesterovs_momentum else Momentum)(rate, float(who.momentum))


def _history(who: Any, rows: int) -> History | None:
    curve = getattr(who, "loss_curve_", None) or []
    each, rate = -(-rows // _batch(who, rows)), float(who.learning_rate_init)
    told = [
        {"epoch": k, "step": k * each, "J": float(J), "rate": rate}
        for k, J in enumerate(curve, start=1)
    ]
    return History(told) if told else None
