"""Pickles of estimators remember the release that wrote them, as scikit-learn's do."""

from __future__ import annotations

import warnings
from typing import Any

from sklearn.exceptions import InconsistentVersionWarning

from glassnet.files.header import release

_KEY = "_glassnet_version"


class DifferentVersion(InconsistentVersionWarning):
    """An estimator was pickled by another release than the one that reads it.

    Attributes
    ----------
    estimator_name : str
    written_by, read_by : str
        Releases of glassnet; "unknown" for a pickle that names none.

    Examples
    --------
    >>> print(DifferentVersion("MLPClassifier", "0.0.9", "0.1.0"))
    MLPClassifier was pickled by glassnet 0.0.9 and is read by 0.1.0, where its attributes may mean
    something else. Fit it again; files of glassnet.save are read by every later release.
    """

    def __init__(self, estimator_name: str, written_by: str, read_by: str) -> None:
        self.estimator_name = estimator_name
        self.written_by, self.read_by = written_by, read_by

    def __str__(self) -> str:
        """Say it in a sentence, and what to do."""
        return (
            f"{self.estimator_name} was pickled by glassnet {self.written_by} and is read by "
            f"{self.read_by}, where its attributes may mean something else. Fit it again; files of "
            "glassnet.save are read by every later release."
        )


class PicklesItsVersion:
    """Adds the release to an estimator's pickle, and warns where another one reads it."""

    def __getstate__(self) -> dict[str, Any]:
        """The state, and who wrote it."""
        parent: Any = super()
        return {**parent.__getstate__(), _KEY: release()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state; warn where another release wrote it."""
        state = dict(state)
        written, now = state.pop(_KEY, "unknown"), release()
        if written != now:
            warnings.warn(DifferentVersion(type(self).__name__, written, now), stacklevel=2)
        parent: Any = super()
        parent.__setstate__(state)
