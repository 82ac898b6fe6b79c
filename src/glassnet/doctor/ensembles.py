"""An average of networks as the doctor takes it: the first member, on rows as members take them."""

from __future__ import annotations

from typing import Any

from glassnet.training.history import History


def first_member(est: Any, X: Any, y: Any, weights: Any, told: tuple[Any, Any, Any]) -> Any:
    """What :func:`glassnet.diagnose` is to be asked about an ensemble behind an encoder.

    Parameters
    ----------
    est : estimator with ``members_``, ``parameters_`` and ``history_``
    X, y, weights : as the estimator takes them
    told : (epochs, batch_size, history)
        Each None where the estimator knows.

    Examples
    --------
    >>> import glassnet as gn
    >>> reg = gn.TableRegressor("fast", epochs=2, random_state=0).fit([[0.0], [1.0]], [0.0, 1.0])
    >>> found = first_member(reg, [[0.0]], [1.0], None, (None, None, None))
    >>> found["net"] is reg.network_, found["X"].shape, found["epochs"]
    (True, (1, 2), 2)
    """
    x, targets, w = est.__glassnet_rows__(X, y, weights)
    epochs, batch_size, history = told
    return {
        "net": est.network_,
        "X": x,
        "y": targets,
        "weights": w,
        "epochs": epochs or est.parameters_["epochs"],
        "batch_size": batch_size or est.parameters_["batch_size"],
        "history": _as_kept(est.history_) if history is None else history,
    }


def _as_kept(history: History) -> History:
    """The history without its validation.

    The epoch that was best on rows held out is put back, so that a loss that turned later is no
    fault of the network.
    """
    names = [name for name in history.columns if not name.startswith("val_")]
    return History([{name: row[name] for name in names if name in row} for row in history])
