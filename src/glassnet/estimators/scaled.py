"""An estimator behind scalers of its inputs and its targets."""

from __future__ import annotations

from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def with_scaled(estimator: Any, x: bool, y: bool) -> Any:
    """A pipeline that standardises X, y (and undoes it in what is predicted), both or neither.

    Examples
    --------
    >>> from glassnet.estimators.mlp import MLPRegressor
    >>> with_scaled(MLPRegressor(), True, False).steps[0][0]
    'standardscaler'
    """
    made: Any = make_pipeline(StandardScaler(), estimator) if x else estimator
    return TransformedTargetRegressor(made, transformer=StandardScaler()) if y else made
