"""What an estimator was given, as its network takes it: for those who look into ``network_``."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted
from sklearn.utils.validation import validate_data as sklearn_validate_data

from glassnet.arrays import Array
from glassnet.data.rows_on_disk import require_in_memory
from glassnet.errors import ShapeMismatch
from glassnet.estimators.labels import class_weights
from glassnet.estimators.rows import Rows, checked_weight, with_factors

validate_data: Any = sklearn_validate_data


def rows_for_network(
    est: Any, X: Any, y: Any = None, weight: Any = None
) -> tuple[Array, Array | None, Array | None]:
    """Rows, targets and weights as a fitted estimator's training takes them.

    Labels become the targets of the loss, and the weights have ``class_weight`` in them.

    Parameters
    ----------
    est : MLPClassifier or MLPRegressor
    X : (m, n₀) array, sparse matrix or frame
    y : (m,) or (m, outputs), optional
    weight : (m,), optional

    Returns
    -------
    x, targets, weights : (m, n₀), (m, n_L) or None, (m,) or None

    Raises
    ------
    ValueError
        If the estimator is not fitted, or the rows are not like those it was fitted to.

    Examples
    --------
    >>> from glassnet.estimators.mlp import MLPClassifier
    >>> X, y = [[0.0], [1.0]], ["no", "yes"]
    >>> clf = MLPClassifier((2,), solver="lbfgs", max_iter=50, random_state=0).fit(X, y)
    >>> rows_for_network(clf, X, y)[1].tolist()
    [[0.0], [1.0]]
    """
    check_is_fitted(est)
    require_in_memory(X)
    dtype = est.network_.state.theta.dtype
    x = validate_data(est, X, accept_sparse="csr", reset=False, dtype=dtype, order="C")
    w = checked_weight(weight, x.shape[0])
    if y is None:
        return x, None, w
    given = y if hasattr(y, "tocsr") else np.asarray(y)
    targets = est._encoded(est._one_column(given), None)
    if len(targets) != x.shape[0]:
        raise ShapeMismatch(f"X and y must have as many rows; got {x.shape[0]} and {len(targets)}.")
    factors = getattr(est, "class_weight", None)
    if factors is None:
        return x, targets, w
    rows = Rows(x, targets, w, y)
    each = class_weights(factors, est._labels, targets, np.ones(len(targets)) if w is None else w)
    return x, targets, with_factors(rows, each).w
