"""The search beside Optuna's TPE over scikit-learn's MLP, at equal wall time on the same folds.

    python bench/search/against_optuna.py --data FOLDER [--sets digits] [--seconds 60]

Both have standardised inputs and two workers of one thread each; ``peer.py`` says what the peer is
given. Reported are the best validation error (1 − accuracy, or 1 − R²) that each has found, the
error of the refitted best on rows that neither saw, the trials and epochs that each has done, and
the processor time that each was given, which tells whether the machine was quiet.
"""

from __future__ import annotations

import time
from typing import Any

from peer import peer
from rows import CLASSES, options, rows, searched, write

from glassnet.data.splits import folds, hold_out
from glassnet.tuning.rates import rate_range
from glassnet.tuning.search import rungs_of
from glassnet.tuning.space import default_epochs, default_space


def parts(count: int, y: Any, seed: int) -> tuple[tuple[Any, Any], ...]:
    """The folds that ``gn.search`` makes of so many rows."""
    if count < 5000:
        return tuple(folds(len(y), 3, seed=seed + 1, stratify=y if y.dtype.kind == "i" else None))
    return (hold_out(len(y), 0.2, seed=seed + 1, stratify=y if y.dtype.kind == "i" else None),)


def measure(name: str, folder: str | None, seconds: float, workers: int, seed: int) -> Any:
    """Both on one set."""
    x, y = rows(name, folder)
    classes = CLASSES[name]
    learn, test = hold_out(len(x), 0.2, seed=seed, stratify=y if classes else None)
    space = default_space(len(x), rate_range(x[learn], y[learn], classes=classes, seed=seed))
    ours = searched(x, y, seconds, workers=workers, seed=seed)
    theirs = peer(
        x[learn],
        y[learn],
        (x[test], y[test]),
        parts(len(learn), y[learn], seed),
        space,
        rungs_of(default_epochs(len(x))),
        classes=classes,
        seconds=seconds,
        workers=workers,
        seed=seed,
    )
    for who, found in (("glassnet", ours), ("optuna + scikit-learn", theirs)):
        print(
            f"{name:10} {who:22} validation error {1 - found['best']:.4f}  test error "
            f"{1 - found['test']:.4f}  trials {found['trials']}  epochs {found['epochs']}  "
            f"cpu {found['cpu_seconds']} s",
            flush=True,
        )
    return {"glassnet": ours, "optuna": theirs, "seconds": seconds, "workers": workers}


def main() -> None:
    """All sets asked for."""
    told = options(__doc__, seconds=60.0, workers=2, seed=0)
    results = {}
    for name in told.sets:
        begun = time.perf_counter()
        results[name] = measure(name, told.data, told.seconds, told.workers, told.seed)
        print(f"{name}: {time.perf_counter() - begun:.0f} s in all", flush=True)
    write(told, "search", results)


if __name__ == "__main__":
    main()
