"""A study in a file, which belongs to one search."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from glassnet.errors import FileFault, InvalidValue
from glassnet.files.faults import shown

_TOLD = "glassnet"
NUMBER = "candidate"
LINEAGE = "lineage"
_KEPT = (NUMBER, "parameters", LINEAGE)


def open_study(path: str | Path | None, told: Mapping[str, Any]) -> optuna.Study:
    """The study of a search; what was under way when an earlier run ended is asked again.

    Parameters
    ----------
    path : path or None
        An SQLite file; None keeps the study in memory.
    told : mapping
        What the search is; a file that another search wrote is refused.

    Raises
    ------
    InvalidValue
        If the file holds another search.
    FileFault
        If it cannot be opened as a study.

    Examples
    --------
    >>> open_study(None, {"rows": 10}).user_attrs["glassnet"]
    {'rows': 10}
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(
            storage=None if path is None else f"sqlite:///{Path(path)}",
            study_name="glassnet",
            direction="maximize",
            load_if_exists=True,
        )
    except Exception as error:
        if not type(error).__module__.startswith(("sqlalchemy", "sqlite3", "optuna", "alembic")):
            raise
        raise FileFault(
            f"{shown(str(path))} could not be opened as a study: {str(error).splitlines()[0]}. "
            "Give another --storage."
        ) from error
    held = study.user_attrs.get(_TOLD)
    if held is None:
        study.set_user_attr(_TOLD, dict(told))
    elif held != dict(told):
        differ = [name for name in told if held.get(name) != told[name]]
        each = "; ".join(f"{name}: {held.get(name)!s:.80} there, {told[name]!s:.80} here"
                         for name in differ)  # fmt: skip
        raise InvalidValue(
            f"{shown(str(path))} holds another search ({each}). Give another storage, or the same "
            "rows and options."
        )
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        enqueue_again(study, trial)
    return study


def enqueue_again(study: optuna.Study, trial: Any) -> None:
    """Have the next candidate that is asked be that of a trial of which nothing came."""
    attributes = {name: value for name, value in trial.user_attrs.items() if name in _KEPT}
    if NUMBER in attributes:
        study.enqueue_trial(trial.params, user_attrs=attributes)
