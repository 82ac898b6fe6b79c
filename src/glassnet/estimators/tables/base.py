"""What the two estimators of tables share: parameters, and the course of a fit."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from sklearn.utils.validation import validate_data as sklearn_validate_data

from glassnet.arrays import Array
from glassnet.data.encode import MAX_LEVELS
from glassnet.data.frames import column_names
from glassnet.data.row_sets import RowSet
from glassnet.data.rows_on_disk import Rows
from glassnet.data.tables import Table
from glassnet.errors import InvalidValue
from glassnet.estimators.rows import checked_weight
from glassnet.estimators.streamed_answers import Question, answered
from glassnet.estimators.tables import members as ensemble
from glassnet.estimators.tables.checks import check_table_parameters
from glassnet.estimators.tables.class_target import ClassTarget
from glassnet.estimators.tables.columns import Columns, encoded, require_cells
from glassnet.estimators.tables.course import train_ensemble
from glassnet.estimators.tables.encoding import encoding, given_away, learned_encoder
from glassnet.estimators.tables.held_out import HeldOut, held_out_outputs
from glassnet.estimators.tables.members import Material
from glassnet.estimators.tables.numeric_target import NumericTarget
from glassnet.estimators.tables.plain_columns import plain_columns
from glassnet.estimators.tables.presets import Goal, settled
from glassnet.estimators.tables.repeated import merged_rows
from glassnet.estimators.tables.streamed_question import table_question
from glassnet.estimators.tables.targets import complete_target, known_target, target_names
from glassnet.estimators.versions import PicklesItsVersion
from glassnet.training.history import History

validate_data: Any = sklearn_validate_data
AnyTarget: TypeAlias = ClassTarget | NumericTarget


@dataclass(eq=False, repr=False)
class TableEstimator(PicklesItsVersion, BaseEstimator, ABC):
    """The parameters that both estimators have; :class:`TableClassifier` documents them."""

    preset: Any = "default"
    _: KW_ONLY
    hidden_layer_sizes: Any = None
    activation: Any = None
    dropout: Any = None
    bins: Any = None
    members: Any = None
    plain_members: Any = None
    shared_members: Any = None
    epochs: Any = None
    batch_size: Any = None
    learning_rate: Any = None
    plain_learning_rate: Any = None
    weight_decay: Any = None
    patience: Any = None
    cuts: Any = None
    steps: Any = None
    scaling: Any = None
    kinds: Any = None
    drop: Any = None
    infinite: Any = "refuse"
    min_count: Any = "auto"
    max_levels: Any = MAX_LEVELS
    time_budget: Any = None
    max_row_visits: Any = 40_000_000
    refit: Any = False
    missing_target: Any = "error"
    random_state: Any = None
    engine: Any = "auto"
    threads: Any = None

    @property
    @abstractmethod
    def _goal(self) -> Goal:
        """Whose defaults the preset takes."""

    @abstractmethod
    def _head_of(self, y: Array, w: Array | None, names: tuple[str, ...]) -> AnyTarget:
        """What the targets are, and what outputs they ask for."""

    @abstractmethod
    def _material(self, x: Array, y: Array, w: Array | None) -> Material:
        """Encoded rows with targets, weights and classes."""

    @abstractmethod
    def _watched(self, rows: int) -> Any:
        """The metric by which the best epoch is chosen, or "loss", for a table of so many rows."""

    def _learn_from_held_out(
        self, rows: Array, outputs: Array, material: Material, *, several: bool
    ) -> None:
        """Learn what is to be learned on rows that the members did not see; nothing by default.

        ``several``: they hear some of the networks only. All members of a batch-ensemble hold out
        the same rows.
        """

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Learn the columns, and train the members on the rows of X.

        Parameters
        ----------
        X : (m, n) frame or array
            pandas, polars or Arrow, NumPy or nested lists: numbers, truths and texts, with gaps.
        y : (m,), or (m, k) for several targets
            Of any frame library too.
        sample_weight : (m,), optional
            Weights ≥ 0, not all 0; a weight of 0 is the same as no row.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter, a column or the target is not what it must be; it is named.

        Warns
        -----
        UserWarning
            If a column seems to number or name the rows, or tells the target almost alone.
        """
        began = time.monotonic()
        vars(self).pop("margins_", None)  # of an earlier fit
        self.check()
        if isinstance(X, Rows):
            raise InvalidValue(
                f"{type(self).__name__} trains on a frame in memory, whose columns it looks at as "
                "a whole; got Rows. Fit it to some of them: predict takes Rows. "
                "`glassnet fit --plain` and MLPClassifier and MLPRegressor train on Rows."
            )
        require_cells(X)
        columns = Columns.of(X, self.drop)
        self._remember_columns(X, y, columns)
        table = columns.learned_table(X, self.kinds)
        weight = checked_weight(sample_weight, len(table))
        target, rows, notes = self._given_target(y, weight, len(table))
        if len(rows) < len(table):
            table, weight = table.take(rows), None if weight is None else weight[rows]
        if len(table) < 2:
            raise InvalidValue(f"a fit needs at least 2 rows; got n_samples={len(table)}.")
        one, weight = merged_rows(table, target, weight)
        if len(one) < len(table):
            notes += (f"{len(table)} rows are {len(one)} different ones with their weights added.",)
        table, target, rows = table.take(one), target[one], rows[one]
        self.target_names_ = target_names(y, 1 if target.ndim == 1 else target.shape[1])
        self.head_: Any = self._head_of(target, weight, self.target_names_)
        p = settled(self, self._goal)
        self.columns_ = columns
        how, fewer = encoding(self, p, table, self.head_.encoded(target), weight)
        self.encoder_, found = learned_encoder(table, how)
        classes = self._goal == "classification"
        found += [*fewer, *given_away(table, target, self.target_names_, classes=classes)]
        material = self._material(encoded(self.encoder_, table), target, weight)
        self.parameters_ = p
        trained = train_ensemble(
            self,
            material,
            self.head_.head,
            p,
            plain=plain_columns(self.encoder_),
            metric=self._watched(len(table)),
            began=began,
        )
        self.members_, self.histories_ = trained.members, trained.histories
        self.notes_ = (*notes, *found, *trained.notes)
        apart, outputs = held_out_outputs(trained.judged, material.x, self.engine)
        self._learn_from_held_out(apart, outputs, material, several=len(trained.judged) > 1)
        self.held_out_ = HeldOut(rows[apart], target[apart], self.head_.answers(outputs))
        return self

    def _remember_columns(self, X: Any, y: Any, columns: Columns) -> None:
        """Names and number of columns as scikit-learn wants to find them, and that y is there."""
        validate_data(self, X, y, skip_check_array=True)
        self.n_features_in_ = len(columns.names)
        if isinstance(X, Table):
            self.feature_names_in_ = np.array(X.names, dtype=object)

    def _given_target(
        self, y: Any, w: Array | None, rows: int
    ) -> tuple[Array, Array, tuple[str, ...]]:
        """Targets of the rows that count, the numbers of those rows, and what is to be noted."""
        counted = np.arange(rows) if w is None else np.flatnonzero(w > 0)
        if self.missing_target != "drop":
            return complete_target(y, rows)[counted], counted, ()
        target, known = known_target(y, rows)
        kept = np.isin(known, counted)
        without = rows - len(known)
        note = f"{without:,} of {rows:,} rows have no target and are left out."
        return target[kept], known[kept], (note,) if without else ()

    def check(self) -> None:
        """Hold every parameter to what it may be; ``fit`` does so first.

        Raises
        ------
        InvalidValue
        """
        check_table_parameters(self.get_params(deep=False), type(self).__name__, self._goal)

    @property
    def network_(self) -> Any:
        """The first member: what trace, derive, ledger and doctor look into, on ``encode(X)``."""
        return self._fitted("members_")[0]

    @property
    def history_(self) -> History:
        """What happened in training ``network_``, a row per epoch."""
        return self._fitted("histories_")[0]

    def _fitted(self, name: str) -> Any:
        if name not in vars(self):
            raise AttributeError(f"{type(self).__name__} has no {name} before it is fitted.")
        return vars(self)[name]

    def encode(self, X: Any) -> Array:
        """Rows as the members take them: a[0].  -> (m, d) float32

        The d columns are named by ``encoder_.feature_names``.

        Raises
        ------
        ValueError
            If columns of training are not there (they are named), a number is infinite, or text
            stands where training had numbers.
        """
        check_is_fitted(self, "members_")
        require_cells(X)
        column_names(X)  # which says it better than scikit-learn where a name stands twice
        if not isinstance(X, Table) or X.names != self.columns_.names:
            validate_data(self, X, reset=False, skip_check_array=True)
        return encoded(self.encoder_, self.columns_.table(X))

    def __glassnet_rows__(
        self, X: Any, y: Any = None, sample_weight: Any = None
    ) -> tuple[Array, Array | None, Array | None]:
        """Rows, targets and weights as ``network_`` takes them."""
        x = self.encode(X)
        w = checked_weight(sample_weight, len(x))
        if y is None:
            return x, None, w
        material = self._material(x, complete_target(y, len(x)), w)
        return x, material.y, material.w

    def _answers(self, X: Any) -> Array:
        """What the members together say of each row, in the target's terms.  -> (m, k) float64"""
        x = self.encode(X)
        return self.head_.answers(ensemble.averaged(self.members_, x, self.engine))

    def _said(self, X: Any, decide: Callable[[Array], Array]) -> Array:
        """What is decided from the answers for each row, in memory or on disk."""
        return answered(self, X, decide) if isinstance(X, Rows) else decide(self._answers(X))

    def _question(self, rows: RowSet) -> Question:
        return table_question(self, rows)

    def _decided(self, answers: Array) -> Array:
        """The prediction for each row."""
        return self.head_.decided(answers)

    def __getstate__(self) -> dict[str, Any]:
        """The state, without the rows of the fit."""
        return {k: v for k, v in super().__getstate__().items() if k != "held_out_"}

    def __sklearn_tags__(self) -> Any:
        """Say what it takes: gaps, categories and texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags
