"""Which parameters make the difference: PED-ANOVA over candidates trained for as many epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.tuning.lessons import rung_to_compare
from glassnet.tuning.trials import Record

ENOUGH = 20
# The best quarter against all. With Optuna's tenth, two of 20 candidates are "the best": on a
# function of nine parameters the one that matters most came first in 6 of 12 draws of 20
# candidates, with a quarter in 10 of 12.
_BEST = 0.25
_DRAWS = 24


@dataclass(frozen=True)
class Importance:
    """What share of being among the best a parameter explains.

    Attributes
    ----------
    name : str
    share : float
        The shares of all parameters add up to 1.
    low, high : float
        From a tenth to nine tenths of the shares in draws, with replacement, of the candidates.
    """

    name: str
    share: float
    low: float
    high: float


def importances(study: Any, records: Sequence[Record]) -> list[Importance]:
    """The shares of the parameters, largest first.

    Candidates are compared at the highest rung that at least twenty of them reached; those that
    failed at the first rung count as worse than all others. Empty with fewer than twenty; a
    parameter of which one value was tried is left out.

    References
    ----------
    Watanabe, Bansal & Hutter (2023), PED-ANOVA: efficiently quantifying hyperparameter importance
    in arbitrary subspaces.
    """
    if study is None:
        return []
    rung = rung_to_compare(records, ENOUGH)
    found = _trials(study, records, rung)
    if len(found) < ENOUGH:
        return []
    shares = _shares(found)
    if not shares:
        return []
    draws = np.random.default_rng(0)
    drawn = [
        _shares([found[k] for k in draws.integers(len(found), size=len(found))])
        for _ in range(_DRAWS)
    ]
    told: list[Importance] = []
    varied = [name for name in shares if len({repr(trial.params.get(name)) for trial in found}) > 1]
    for name in sorted(varied, key=lambda name: (-shares[name], name)):
        share = shares[name]
        low, high = np.quantile([each.get(name, 0.0) for each in drawn], (0.1, 0.9)).tolist()
        told.append(Importance(name, share, min(low, share), max(high, share)))
    return told


def _trials(study: Any, records: Sequence[Record], rung: int) -> list[Any]:
    """The candidates of a rung as ended trials, with their score there."""
    import optuna

    scores = {
        record.number: outcome.score
        for record in records
        for outcome in record.outcomes
        if outcome.rung == rung and (np.isfinite(outcome.score) or outcome.failed)
    }
    finite = [score for score in scores.values() if np.isfinite(score)]
    if len(set(finite)) < 2:
        return []
    worst = min(finite) - 1.0
    found: list[Any] = []
    for trial in study.get_trials(deepcopy=False):
        score = scores.get(trial.user_attrs.get("candidate", trial.number))
        if score is None or not trial.params or not trial.user_attrs.get("outcomes"):
            continue  # of another rung, or its worker was killed and it was asked again
        value = score if np.isfinite(score) else worst
        found.append(
            optuna.trial.create_trial(
                params=trial.params, distributions=trial.distributions, value=value
            )
        )
    return found


def _shares(trials: Sequence[Any]) -> dict[str, float]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    study.add_trials(trials)
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=_BEST)
    try:
        return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))
    except (ValueError, RuntimeError, ZeroDivisionError):
        return {}
