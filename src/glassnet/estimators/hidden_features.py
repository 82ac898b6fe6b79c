"""What a hidden layer has learned, as columns for another model: a scikit-learn transformer."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted
from sklearn.utils.validation import validate_data as sklearn_validate_data

from glassnet.arrays import Array
from glassnet.data.rows_on_disk import require_in_memory
from glassnet.engine.prediction import predict
from glassnet.errors import InvalidValue
from glassnet.estimators.versions import PicklesItsVersion
from glassnet.estimators.weights import at_least
from glassnet.inspection.looking import network_of
from glassnet.inspection.truncated import up_to
from glassnet.network.network import Network

validate_data: Any = sklearn_validate_data


class HiddenFeatures(TransformerMixin, PicklesItsVersion, BaseEstimator):
    """The values of one layer's units, a[l], as features: fit trains, transform stops at layer l.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        It is cloned and trained by ``fit``. To use one that is trained already, wrap it in
        scikit-learn's ``FrozenEstimator``.
    layer : int, optional
        From 1 to L; the last hidden layer, L − 1, by default.

    Attributes
    ----------
    estimator_ : the trained clone
    network_ : Network
        Layers 1 to l of its network.
    layer_ : int
    n_features_in_, feature_names_in_

    Examples
    --------
    >>> import glassnet as gn
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
    >>> mlp = gn.MLPClassifier((8,), "tanh", solver="lbfgs", random_state=0)
    >>> HiddenFeatures(mlp).fit_transform(X, y).shape
    (4, 8)
    >>> model = make_pipeline(HiddenFeatures(mlp), LogisticRegression(C=100)).fit(X, y)
    >>> model.predict(X).tolist()
    [0, 1, 1, 0]
    """

    def __init__(self, estimator: Any, *, layer: int | None = None) -> None:
        self.estimator = estimator
        self.layer = layer

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> HiddenFeatures:
        """Train a clone of the estimator.

        Parameters
        ----------
        X, y, sample_weight : as for the estimator's ``fit``

        Raises
        ------
        InvalidValue
            If the estimator is none of glassnet's, or has no such layer.
        """
        weight = {} if sample_weight is None else {"sample_weight": sample_weight}
        untrained: Any = clone(self.estimator)
        self.estimator_ = untrained.fit(X, y, **weight)
        net = network_of(self.estimator_)
        if self.layer is None and net.depth == 1:
            raise InvalidValue(
                "HiddenFeatures needs a hidden layer; the network has none. "
                "Set hidden_layer_sizes, or layer=1 for the outputs."
            )
        l = net.depth - 1 if self.layer is None else self.layer
        self.network_: Network = up_to(net, l)
        self.layer_ = self.network_.depth
        self.n_features_in_: int = net.units[0]
        if hasattr(self.estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.estimator_.feature_names_in_
        return self

    def transform(self, X: Any) -> Array:
        """Return a[l] of each row, as in prediction: no dropout, running statistics.  (m, n_l)"""
        check_is_fitted(self)
        require_in_memory(X)
        x = validate_data(self, X, accept_sparse="csr", reset=False, dtype=(np.float64, np.float32))
        engine = getattr(self.estimator_, "engine", "auto")
        return predict(at_least(self.network_, x.dtype), x, engine=engine)

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Names of the columns: "layer1_unit0", "layer1_unit1", …  -> (n_l,) object"""
        check_is_fitted(self)
        names = vars(self).get("feature_names_in_")
        if input_features is not None:
            given = np.asarray(input_features, dtype=object)
            if names is not None and not np.array_equal(given, names):
                raise ValueError("input_features is not equal to feature_names_in_")
            if len(given) != self.n_features_in_:
                raise ValueError(
                    "input_features should have length equal to number of features "
                    f"({self.n_features_in_}), got {len(given)}"
                )
        count = self.network_.units[self.layer_]
        return np.array([f"layer{self.layer_}_unit{j}" for j in range(count)], dtype=object)

    def __sklearn_tags__(self) -> Any:
        """Say what it takes: what its estimator takes, and it needs targets."""
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.non_deterministic = inner.non_deterministic
        return tags
