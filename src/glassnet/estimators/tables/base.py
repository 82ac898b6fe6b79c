"""What the two estimators of tables share: parameters, and the course of a fit."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass
from math import floor
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from sklearn.utils.validation import validate_data as sklearn_validate_data

from glassnet.arrays import Array
from glassnet.data.encode import MAX_LEVELS
from glassnet.data.frames import column_names
from glassnet.engine.threads import thread_count
from glassnet.errors import Diverged, InvalidValue
from glassnet.estimators.rows import checked_weight
from glassnet.estimators.tables import members as ensemble
from glassnet.estimators.tables.checks import check_table_parameters
from glassnet.estimators.tables.columns import Columns, encoded, learned_encoder, require_cells
from glassnet.estimators.tables.members import Head, Material
from glassnet.estimators.tables.presets import (
    Goal,
    enough_epochs,
    settled,
    settled_batch_size,
)
from glassnet.estimators.tables.targets import complete_target
from glassnet.estimators.versions import PicklesItsVersion
from glassnet.training.history import History

validate_data: Any = sklearn_validate_data


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
    epochs: Any = None
    batch_size: Any = None
    learning_rate: Any = None
    weight_decay: Any = None
    patience: Any = None
    categorical: Any = None
    drop: Any = None
    min_count: Any = "auto"
    max_levels: Any = MAX_LEVELS
    time_budget: Any = None
    max_row_visits: Any = 40_000_000
    random_state: Any = None
    engine: Any = "auto"
    threads: Any = None

    @property
    @abstractmethod
    def _goal(self) -> Goal:
        """Whose defaults the preset takes."""

    @abstractmethod
    def _learn_target(self, y: Array, w: Array | None) -> Head:
        """Learn what the targets are, and say what outputs they ask for."""

    @abstractmethod
    def _targets(self, y: Array) -> Array:
        """Targets as the loss takes them.  -> (m, outputs)"""

    @abstractmethod
    def _material(self, x: Array, y: Array, w: Array | None) -> Material:
        """Encoded rows with targets, weights and classes."""

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Learn the columns, and train the members on the rows of X.

        Parameters
        ----------
        X : (m, n) frame or array
            pandas, polars or Arrow, NumPy or nested lists: numbers, truths and texts, with gaps.
        y : (m,)
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
            If a column seems to number or name the rows.
        """
        began = time.monotonic()
        self.check()
        require_cells(X)
        columns = Columns.of(X, self.categorical, self.drop)
        validate_data(self, X, y, skip_check_array=True)
        table = columns.table(X)
        target = complete_target(y, len(table))
        weight = checked_weight(sample_weight, len(table))
        if weight is not None and not (weight > 0).all():
            rows = np.flatnonzero(weight > 0)
            table, target, weight = table.take(rows), target[rows], weight[rows]
        if len(table) < 2:
            raise InvalidValue(f"a fit needs at least 2 rows; got n_samples={len(table)}.")
        head = self._learn_target(target, weight)
        p = settled(self, self._goal)
        self.columns_ = columns
        self.encoder_, notes = learned_encoder(
            table, bins=p["bins"], min_count=self.min_count, max_levels=int(self.max_levels)
        )
        self.n_features_in_ = len(columns.names)
        material = self._material(encoded(self.encoder_, table), target, weight)
        self._train(material, head, p, notes, began)
        return self

    def check(self) -> None:
        """Hold every parameter to what it may be; ``fit`` does so first.

        Raises
        ------
        InvalidValue
        """
        check_table_parameters(self.get_params(deep=False), type(self).__name__)

    def _train(
        self, material: Material, head: Head, p: dict[str, Any], notes: list[str], began: float
    ) -> None:
        random = check_random_state(self.random_state)
        seeds = [int(n) for n in random.randint(2**31 - 1, size=int(p["members"]) + 1)]
        nets = ensemble.networks(material.x.shape[1], head, p, seeds[1:])
        rows = ensemble.member_rows(len(material.x), len(nets), seeds[0], material.codes)
        self._settle_epochs(p, material, rows, nets, notes, began)
        deadline = None if self.time_budget is None else began + float(self.time_budget)
        runs = ensemble.train_members(
            nets, material, rows, p, deadline=deadline, engine=self.engine, workers=self.threads
        )
        kept = [k for k, run in enumerate(runs) if run.error is None or run.best_epoch]
        if not kept:
            raise _diverged(runs[0].error)
        if len(kept) < len(runs):
            notes.append(
                f"{len(runs) - len(kept)} of {len(runs)} members diverged and are not used."
            )
        if runs[0].ended == "observer":
            notes.append(
                f"time_budget: ended after {len(runs[0].history)} of {p['epochs']} epochs."
            )
        self.members_ = [nets[k] for k in kept]
        self.histories_ = [runs[k].history for k in kept]
        self.parameters_ = p
        self.notes_ = tuple(notes)

    def _settle_epochs(
        self,
        p: dict[str, Any],
        material: Material,
        rows: list[tuple[Array, Array]],
        nets: list[Any],
        notes: list[str],
        began: float,
    ) -> None:
        """Batch size and epochs as plain numbers, within the cap of row visits and the budget."""
        own = len(rows[0][0])
        p["batch_size"] = settled_batch_size(p["batch_size"], own)
        if self.epochs is None:
            p["epochs"] = enough_epochs(p["epochs"], own, p["batch_size"])
        if self.patience is None:
            p["patience"] = max(p["patience"], p["epochs"] // 4)
        visits = own * len(nets)
        most = max(1, int(self.max_row_visits) // visits)
        if most < p["epochs"]:
            notes.append(
                f"max_row_visits={int(self.max_row_visits):,}: {most} epochs in the place of "
                f"{p['epochs']}."
            )
            p["epochs"] = most
        if self.time_budget is not None:
            each = ensemble.seconds_per_row(nets[0], material, p)
            side_by_side = min(len(nets), self.threads or thread_count())
            left = float(self.time_budget) - (time.monotonic() - began)
            most = max(1, floor(left * side_by_side / (each * visits)))
            if most < p["epochs"]:
                notes.append(
                    f"time_budget={float(self.time_budget):g}: about {most} epochs fit in, in the "
                    f"place of {p['epochs']}."
                )
                p["epochs"] = most

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
        validate_data(self, X, reset=False, skip_check_array=True)
        return encoded(self.encoder_, self.columns_.table(X))

    def _outputs(self, X: Any) -> Array:
        """The mean of the members' a[L].  -> (m, n_L) float64"""
        x = self.encode(X)
        return ensemble.averaged(self.members_, x, self.engine)

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

    def __sklearn_tags__(self) -> Any:
        """Say what it takes: gaps, categories and texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def _diverged(error: Diverged | None) -> InvalidValue:
    return InvalidValue(f"every member diverged; lower learning_rate. The first said: {error}")
