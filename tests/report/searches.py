"""Searches written down: records by a rule, so that what a figure must hold is known beforehand."""

import numpy as np
import optuna
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

import glassnet as gn
from glassnet.tuning.result import SearchResult, best_of
from glassnet.tuning.trials import Outcome, Record

RUNGS = (3, 9, 27)
SIZES = {
    "depth": IntDistribution(1, 3),
    "width": IntDistribution(8, 128, log=True),
    "activation": CategoricalDistribution(("relu", "tanh")),
    "learning_rate_init": FloatDistribution(1e-4, 1e-1, log=True),
}
NO_SIZES = {
    "alpha": FloatDistribution(1e-6, 1.0, log=True),
    "learning_rate_init": FloatDistribution(1e-4, 1e-1, log=True),
    "solver": CategoricalDistribution(("adam",)),
}


def searched(
    count,
    *,
    folds=3,
    scoring="accuracy",
    space=None,
    failing=(),
    fatal=(),
    interrupted=False,
    test_score=0.9,
    seed=0,
):
    """A search of so many candidates, of which every third goes on: the best of each rung.

    The score rises with log(width) and the learning rate's nearness to 0.01, and with epochs.
    """
    space = SIZES if space is None else space
    rng = np.random.default_rng(seed)
    drawn = [{name: _drawn(rng, domain, k) for name, domain in space.items()} for k in range(count)]
    outcomes = {k: [] for k in range(count)}
    alive = list(range(count))
    for rung, epochs in enumerate(RUNGS):
        for k in alive:
            outcomes[k].append(
                _outcome(rng, k, rung, epochs, drawn[k], folds, scoring, failing, fatal)
            )
        fit = [k for k in alive if outcomes[k][-1].goes_on]
        fit.sort(key=lambda k, rung=rung: -outcomes[k][rung].score)
        alive = fit[: max(1, len(alive) // 3)]
    records = [
        Record(k, drawn[k], tuple(each), RUNGS[each[-1].rung]) for k, each in outcomes.items()
    ]
    study = _study(space, records)
    best = best_of(records)
    made = gn.MLPRegressor if scoring == "r2" else gn.MLPClassifier
    told = {"hidden_layer_sizes": (8, 8), "max_iter": best.epochs}
    return SearchResult(made(**told), told, best.last.score, test_score, scoring, records, 12.5,
                        interrupted, study)  # fmt: skip


def _drawn(rng, domain, k):
    if isinstance(domain, CategoricalDistribution):
        return domain.choices[k % len(domain.choices)]
    if domain.log:
        value = float(np.exp(rng.uniform(np.log(domain.low), np.log(domain.high))))
    else:
        value = float(rng.uniform(domain.low, domain.high))
    return round(value) if isinstance(domain, IntDistribution) else value


def _outcome(rng, k, rung, epochs, drawn, folds, scoring, failing, fatal):
    seconds = float(rng.uniform(0.5, 1.5)) * epochs / 10
    if k in failing:
        return Outcome(k, rung, (), seconds, 0, "", "diverged: the loss became nan at step 3")
    size = drawn.get("width", 50) * drawn.get("depth", 1) * 10
    good = (
        0.4
        + 0.1 * np.log10(drawn.get("width", 30))
        - 0.1 * abs(np.log10(drawn["learning_rate_init"]) + 2)
    )
    scores = good + 0.03 * rung + rng.normal(0, 0.02, folds)
    if scoring.startswith("neg_"):
        scores = scores - 1.0
    verdict = "dead units in layer 1: Use leaky_relu." if k in fatal else ""
    return Outcome(
        k, rung, tuple(scores.tolist()), seconds, int(size), verdict, "", k in fatal,
        tuple((epoch, float(scores.mean())) for epoch in range(1 + epochs // 3, epochs + 1)),
        epochs, epochs,
    )  # fmt: skip


def _study(space, records):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    study.set_user_attr("glassnet", {
        "rows": "500 x 4, abc", "folds": 3, "test_size": 0.2, "rungs": list(RUNGS), "seed": 0,
    })  # fmt: skip
    for record in records:
        study.add_trial(
            optuna.trial.create_trial(
                params=record.values,
                distributions=space,
                value=record.last.score if record.last.scores else None,
                state=optuna.trial.TrialState.COMPLETE
                if record.last.scores
                else optuna.trial.TrialState.FAIL,
                user_attrs={"candidate": record.number, "outcomes": [{"rung": 0}]},
            )
        )
    return study
