"""What the classifier and the regressor share: the parameters, and the course of a fit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, column_or_1d
from sklearn.utils.validation import validate_data as sklearn_validate_data

from glassnet.arrays import Array
from glassnet.data.row_sets import RowSet
from glassnet.data.rows_on_disk import Rows as RowsOnDisk
from glassnet.data.rows_on_disk import require_in_memory
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.engine.prediction import predict
from glassnet.estimators.callbacks import CallbackSupportMixin, with_callbacks
from glassnet.estimators.fitting import Task, partial, whole
from glassnet.estimators.looked_at import rows_for_network
from glassnet.estimators.parameters import Rule, check_parameters
from glassnet.estimators.rows import Rows, checked_weight, is_plain
from glassnet.estimators.scaled import with_scaled
from glassnet.estimators.streamed_answers import Question, answered, network_question
from glassnet.estimators.streamed_fit import fit_rows, partial_fit_rows
from glassnet.estimators.versions import PicklesItsVersion
from glassnet.estimators.weights import at_least, blocks, overwrite
from glassnet.network.network import Network

validate_data: Any = sklearn_validate_data


@dataclass(eq=False, repr=False)
class Perceptron(CallbackSupportMixin, PicklesItsVersion, BaseEstimator, ABC):
    """The parameters that both estimators have; :class:`MLPClassifier` documents them."""

    _: KW_ONLY
    solver: Any = "adam"
    alpha: Any = 0.0001
    batch_size: Any = "auto"
    learning_rate: Any = "constant"
    learning_rate_init: Any = 0.001
    power_t: Any = 0.5
    max_iter: Any = 200
    shuffle: Any = True
    random_state: Any = None
    tol: Any = 1e-4
    verbose: Any = False
    warm_start: Any = False
    momentum: Any = 0.9
    nesterovs_momentum: Any = True
    early_stopping: Any = False
    validation_fraction: Any = 0.1
    beta_1: Any = 0.9
    beta_2: Any = 0.999
    epsilon: Any = 1e-8
    n_iter_no_change: Any = 10
    max_fun: Any = 15000
    init: Any = "auto"
    bias_init: Any = "auto"
    batch_norm: Any = False
    dropout: Any = 0.0
    clip_norm: Any = None
    clip_value: Any = None
    clip_per_sample: Any = None
    weight_decay: Any = 0.0
    l1: Any = 0.0
    max_norm: Any = None
    schedule: Any = None
    callbacks: Any = None
    checkpoint: Any = None
    engine: Any = "auto"
    dtype: Any = "auto"
    threads: Any = None
    precision: Any = "full"
    doctor: Any = False

    @abstractmethod
    def _loss_rules(self) -> tuple[Rule, ...]:
        """What ``loss`` may be."""

    @abstractmethod
    def _task(self, y: Any, classes: Any, *, first: bool) -> Task:
        """The outputs and loss that the targets ask for."""

    @abstractmethod
    def _encoded(self, y: Any, task: Task) -> Array:
        """The targets as the loss takes them.  -> (m, n_L)"""

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Any:
        """Train on the rows of X.

        Parameters
        ----------
        X : (m, n₀) array, sparse matrix or frame, or Rows
            :class:`glassnet.Rows` lie on disk and name their target and weight themselves.
        y : (m,) or (m, outputs)
        sample_weight : (m,), optional
            Weights ≥ 0, not all 0. A weight of 2 counts as the row twice, of 0 as no row.
        X_val, y_val, sample_weight_val : as X, y, sample_weight, optional
            Rows of your own for early stopping and for the validation columns of ``history_``.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or an argument is not what it must be, or the cost stopped being finite.
        """
        self._check()
        if isinstance(X, RowsOnDisk):
            own = (X_val, y_val, sample_weight_val)
            fit_rows(self, X, (y, sample_weight), lambda task: self._validation(task, *own))
            return self
        first = not (self.warm_start and hasattr(self, "network_"))
        task, rows = self._rows(X, y, sample_weight, first=first)
        held = self._validation(task, X_val, y_val, sample_weight_val)
        whole(self, task, rows, held, first=first)
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        if not hasattr(self, "network_"):
            self._check()
        if isinstance(X, RowsOnDisk):
            partial_fit_rows(self, X, (y, sample_weight), classes)
            return self
        first = not hasattr(self, "network_")
        task, rows = self._rows(X, y, sample_weight, first=first, classes=classes)
        partial(self, task, rows, first=first)
        return self

    def _check(self) -> None:
        check_parameters(self.get_params(deep=False), type(self).__name__, self._loss_rules())

    def _rows(
        self, X: Any, y: Any, weight: Any, *, first: bool, classes: Any = None
    ) -> tuple[Task, Rows]:
        given: Any = hasattr(self, "_given") or not first
        x, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            y_numeric=not hasattr(self, "predict_proba"),
            dtype=self._dtypes(first=first),
            order="C",  # sums over rows depend on it, in their last bit
            reset=first and not (given and hasattr(self, "n_features_in_")),
        )
        y = self._one_column(y)
        task = self._task(y, classes, first=first)
        w = checked_weight(weight, x.shape[0])
        return task, Rows(x, self._encoded(y, task), w, y)

    def _dtypes(self, *, first: bool) -> Any:
        if not first:
            return self._network.state.theta.dtype
        return (np.float64, np.float32) if self.dtype == "auto" else np.dtype(self.dtype)

    @staticmethod
    def _one_column(y: Any) -> Any:
        """A column of targets as a line of them; as scikit-learn does, with its warning."""
        flat = not hasattr(y, "tocsr") and y.ndim == 2 and y.shape[1] == 1
        return column_or_1d(y, warn=True) if flat else y

    def _validation(self, task: Task, X: Any, y: Any, weight: Any) -> Rows | None:
        if (X is None) != (y is None):
            raise ValueError("X_val and y_val must be given together; got one of them.")
        if X is None:
            if weight is not None:
                raise ValueError("sample_weight_val must come with X_val and y_val; got it alone.")
            return None
        require_in_memory(X)
        x, y = validate_data(
            self, X, y, accept_sparse="csr", multi_output=True, reset=False,
            dtype=(np.float64, np.float32),
        )  # fmt: skip
        y = self._one_column(y)
        w = checked_weight(weight, x.shape[0], "sample_weight_val")
        return Rows(x, self._encoded(y, task), w, y)

    def _outputs(self, X: Any) -> Array:
        """a[L] of each row, computed in the finer dtype of X and network.  -> (m, n_L)"""
        if "network_" not in vars(self):
            check_is_fitted(self)
        x = X
        if hasattr(self, "feature_names_in_") or not is_plain(X, self.n_features_in_):
            x = validate_data(
                self, X, accept_sparse="csr", reset=False, dtype=(np.float64, np.float32)
            )
        return predict(at_least(self._network, x.dtype), x, engine=self.engine)

    def _said(self, X: Any, read: Callable[[Array], Array]) -> Array:
        """What is read from the outputs of each row, in memory or on disk."""
        return answered(self, X, read) if isinstance(X, RowsOnDisk) else read(self._outputs(X))

    def _question(self, rows: RowSet) -> Question:
        return network_question(self, rows)

    def __glassnet_rows__(
        self, X: Any, y: Any = None, sample_weight: Any = None
    ) -> tuple[Array, Array | None, Array | None]:
        """Rows, targets and weights as ``network_`` takes them: what ``gn.trace`` asks for."""
        return rows_for_network(self, X, y, sample_weight)

    def __glassnet_scaled__(self, x: bool, y: bool) -> Any:
        """The estimator behind a scaler of its inputs, its targets or both: the doctor asks."""
        return with_scaled(self, x, y)

    @property
    def _network(self) -> Network:
        return vars(self)["network_"]

    @property
    def coefs_(self) -> Any:
        """Weights of each layer, (n_in, n_out): views of ``network_``'s, transposed."""
        if "network_" not in vars(self):
            return self._before_fit("coefs_")
        return blocks(self._network, "coefs_")

    @coefs_.setter
    def coefs_(self, values: Any) -> None:
        self._put("coefs_", values)

    @property
    def intercepts_(self) -> Any:
        """Biases of each layer, (n_out,): views of ``network_``'s."""
        if "network_" not in vars(self):
            return self._before_fit("intercepts_")
        return blocks(self._network, "intercepts_")

    @intercepts_.setter
    def intercepts_(self, values: Any) -> None:
        self._put("intercepts_", values)

    @property
    def diagnosis_(self) -> Diagnosis:
        """What the doctor found in the last fit; made when it is first asked for."""
        doctor = vars(self).get("_doctor")
        if doctor is None:
            raise AttributeError(
                f"{type(self).__name__} has no diagnosis_: no doctor watched its last fit. Set "
                "doctor=True before it, or call glassnet.diagnose(estimator, X, y) after it."
            )
        seen: Diagnosis = doctor.diagnosis
        if seen.case is not None and seen.case.estimator is None:
            seen.case = replace(seen.case, estimator=self)
        return seen

    def _before_fit(self, name: str) -> Any:
        given: dict[str, Any] = vars(self).get("_given", {})
        if name not in given:
            raise AttributeError(f"{type(self).__name__} has no {name} before it is fitted.")
        return given[name]

    def _put(self, name: str, values: Any) -> None:
        if "network_" in vars(self):
            overwrite(blocks(self._network, name), values)
        else:
            self._given = {**vars(self).get("_given", {}), name: values}

    def __sklearn_tags__(self) -> Any:
        """Say what it takes: sparse rows too."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
