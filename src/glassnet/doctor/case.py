"""The case: what was brought to the doctor, kept so that a remedy can be tried on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from glassnet.doctor.plan import Plan


@dataclass(frozen=True, eq=False)
class Case:
    """A network or an estimator, its rows and how it is trained, as they were given.

    It refers to the caller's arrays and is written nowhere: neither in ``to_dict`` nor in a pickle
    of a :class:`~glassnet.doctor.diagnosis.Diagnosis`.

    Attributes
    ----------
    subject : Network or fitted estimator
    X, y, weights : as given
    plan : Plan
    history : History or None
    validation : as given
    estimator : estimator or None
        Whose network ``subject`` is, where that is another object.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> gn.diagnose(net, [[0.0], [1.0]], [0.0, 1.0]).case.subject is net
    True
    """

    subject: Any
    X: Any
    y: Any = None
    weights: Any = None
    plan: Plan = field(default_factory=Plan)
    history: Any = None
    validation: Any = None
    estimator: Any = None
