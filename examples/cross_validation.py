"""Five folds and three learning rates, side by side: which rate, and how sure is that?

Fifteen networks read the same rows, each its own folds of them by row number. The five of the best
rate then judge rows that none of them has seen, and each of the fifteen is trained again by itself:
the same bits.

python examples/cross_validation.py [--quick]
"""

import sys

import numpy as np
from sklearn.datasets import load_breast_cancer

import glassnet as gn
from glassnet.data.splits import folds, hold_out

RATES = (1e-4, 1e-3, 1e-2)
SETTINGS = {"optimizer": "adam", "batch_size": 32, "metrics": ["accuracy"]}


def network(X: np.ndarray) -> gn.Network:
    """A network that scales its columns itself."""
    stage = gn.Scaling(X.mean(axis=0), X.std(axis=0))
    layers = [gn.Dense(16, "relu"), gn.Dense(1, "logistic")]
    return gn.Network(
        X.shape[1], layers, loss="binary_cross_entropy", input_stage=stage, dtype="float32"
    )


def main() -> None:
    """Search, then check that a member is what it would be alone."""
    epochs = 10 if "--quick" in sys.argv else 40
    X, y = load_breast_cancer(return_X_y=True)
    known, unseen = hold_out(len(X), 0.2, seed=0, stratify=y)
    parts = folds(len(known), 5, seed=0, stratify=y[known])
    cases = [(rate, known[train], known[held]) for rate in RATES for train, held in parts]
    nets = [network(X[train]) for _, train, _ in cases]

    runs = gn.run_many(
        nets,
        X,
        y,
        rows=[train for _, train, _ in cases],
        validation_rows=[held for _, _, held in cases],
        learning_rate=[rate for rate, _, _ in cases],
        epochs=epochs,
        **SETTINGS,
    )

    last = np.array([run.history[-1]["val_accuracy"] for run in runs]).reshape(len(RATES), 5)
    for rate, scores in zip(RATES, last, strict=True):
        folded = " ".join(f"{score:.3f}" for score in scores)
        print(f"learning rate {rate:<7g} {folded}   mean {scores.mean():.3f} ± {scores.std():.3f}")
    best = int(last.mean(axis=1).argmax())
    assert last[best].mean() > 0.95

    voters = nets[5 * best : 5 * best + 5]
    mean = np.mean([gn.predict(net, X[unseen])[:, 0] for net in voters], axis=0)
    share = ((mean > 0.5) == y[unseen]).mean()
    print(f"the mean of the five at {RATES[best]:g} is right on {share:.3f} of the unseen rows")
    assert share > 0.9

    for k, (rate, train, held) in enumerate(cases):
        alone = network(X[train])
        gn.train(
            alone, X, y, rows=train, validation_rows=held, epochs=epochs,
            **SETTINGS | {"optimizer": gn.Adam(rate)},
        )  # fmt: skip
        assert np.array_equal(alone.state.theta, nets[k].state.theta)
    print("each of the 15 holds the bits of its solo run")


if __name__ == "__main__":
    main()
