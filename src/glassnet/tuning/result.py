"""What a search found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.errors import InvalidValue
from glassnet.inspection.numerals import numeral
from glassnet.tuning.importance import Importance, importances
from glassnet.tuning.space import chosen, parameters_of
from glassnet.tuning.trials import Record


@dataclass(frozen=True, eq=False)
class SearchResult:
    """The best network of a search, and all others.

    :func:`glassnet.report.plot_search` draws them, :func:`glassnet.report.report_of_search` makes a
    page.

    Attributes
    ----------
    best_estimator : MLPClassifier or MLPRegressor
        Of the best candidate, fitted anew to all rows but the test rows.
    best_parameters : dict
        The estimator's parameters, the number of epochs as ``max_iter``.
    best_score : float
        Mean over the validation rows of the folds. It was chosen for being the highest, so it
        flatters; ``test_score`` does not.
    test_score : float
        Of ``best_estimator`` on rows that the search never saw; nan without such rows.
    scoring : str
    records : list of Record
        A candidate each, in the order in which they were asked.
    seconds : float
    interrupted : bool
        Whether Ctrl-C ended it.
    study : optuna.Study

    Examples
    --------
    >>> import glassnet as gn
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> found = gn.search(X, y, {"width": [4, 16]}, trials=2, epochs=3)
    >>> found.scoring, found.table()["epochs"]
    ('accuracy', [3, 1])
    """

    best_estimator: Any
    best_parameters: Mapping[str, Any]
    best_score: float
    test_score: float
    scoring: str
    records: list[Record]
    seconds: float
    interrupted: bool
    study: Any

    def table(self) -> dict[str, list[Any]]:
        """The candidates as columns, best first: what a data frame is made of.

        What was searched, ``hidden_layer_sizes``, ``score``, ``spread`` (standard deviation over
        the folds), ``epochs``, ``parameters``, ``seconds``, ``verdict`` and ``failed``.
        """
        ordered = sorted(self.records, key=order)
        names = list(dict.fromkeys(name for record in ordered for name in record.values))
        columns: dict[str, list[Any]] = {"trial": [record.number for record in ordered]}
        columns |= {name: [record.values.get(name) for record in ordered] for name in names}
        columns["hidden_layer_sizes"] = [
            {**parameters_of(record.values), **record.told}.get("hidden_layer_sizes", (100,))
            for record in ordered
        ]
        columns["score"] = [record.last.score for record in ordered]
        with np.errstate(over="ignore", invalid="ignore"):  # a score may be as low as −10³⁰⁰
            columns["spread"] = [
                float(np.std(record.last.scores)) if record.last.scores else float("nan")
                for record in ordered
            ]
        columns["epochs"] = [record.epochs for record in ordered]
        columns["parameters"] = [record.outcomes[0].parameters for record in ordered]
        columns["seconds"] = [
            sum(outcome.seconds for outcome in record.outcomes) for record in ordered
        ]
        columns["verdict"] = [record.outcomes[0].verdict for record in ordered]
        columns["failed"] = [record.last.failed for record in ordered]
        return columns

    @property
    def settings(self) -> dict[str, Any]:
        """What the search was: its rows, folds, scoring, seed, and epochs of each rung."""
        return {} if self.study is None else dict(self.study.user_attrs.get("glassnet", {}))

    def epochs_of(self, rung: int) -> int | None:
        """Epochs in all at a rung, where that is known."""
        told = self.settings.get("rungs", ())
        return int(told[rung]) if rung < len(told) else None

    def importances(self) -> dict[str, float]:
        """What share of being among the best each parameter explains (Optuna's PED-ANOVA).

        Of candidates trained for as many epochs. Empty with fewer than twenty such.
        """
        return {each.name: each.share for each in self.by_importance}

    @cached_property
    def by_importance(self) -> list[Importance]:
        """The same with what draws of the candidates give, largest first; computed once."""
        return importances(self.study, self.records)

    def sentences(self) -> list[str]:
        """The result in a few lines."""
        sizes = [record for record in self.records if not record.last.failed]
        faults = Counter(
            record.outcomes[0].verdict.split(":")[0]
            for record in self.records
            if record.outcomes[0].fatal
        )
        told = ", ".join(f"{name} {_said(value)}" for name, value in self.best_parameters.items())
        lines = [
            f"Best of {len(self.records)} candidates ({len(sizes)} without failure) in "
            f"{self.seconds:.0f} s: {self.scoring} {numeral(self.best_score, 4)} on validation "
            f"rows.",
            f"It is: {told}.",
        ]
        if np.isfinite(self.test_score):
            score = numeral(self.test_score, 4)
            lines.insert(1, f"On test rows that the search never saw: {score}.")
        if faults:
            each = ", ".join(f"{name} ({count})" for name, count in faults.most_common())
            lines.append(f"Ended early by the doctor: {each}.")
        return lines

    def __str__(self) -> str:
        """The result as plain text."""
        return "\n".join(self.sentences())

    def __repr__(self) -> str:
        """The best in one line."""
        return f"SearchResult({self.scoring} {self.best_score:.4g} of {len(self.records)} trials)"


def _said(value: Any) -> str:
    return numeral(value) if isinstance(value, float) else str(value)


def order(record: Record) -> tuple[float, int]:
    """Best first: what scored higher, then what was asked sooner."""
    return (-record.last.score, record.number)


def best_of(records: list[Record]) -> Record:
    """The best candidate.

    Raises
    ------
    InvalidValue
        If none was trained.
    """
    trained = [record for record in records if record.last.scores]
    if not trained:
        why = Counter(record.last.failed for record in records).most_common(1)
        raise InvalidValue(
            "no candidate could be trained"
            + (f"; most often: {why[0][0].rstrip('.')}." if why else " in the time there was.")
            + " Widen the space, or look at the data with gn.diagnose."
        )
    return min(trained, key=order)


def parameters_to_fit(record: Record, space: Mapping[str, Any]) -> dict[str, Any]:
    """The estimator's parameters of a candidate with its epochs."""
    told = {**parameters_of(chosen(space, record.values)), **record.told}
    return {**told, "max_iter": record.epochs}
