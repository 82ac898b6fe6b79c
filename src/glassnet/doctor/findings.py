"""What the doctor says of one cause: what was seen, why it matters, what to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Severity: TypeAlias = Literal["fatal", "harmful", "advice"]


@dataclass(frozen=True)
class Finding:
    """One cause found, with its evidence and its remedy.

    Attributes
    ----------
    code : str
        The cause, such as "DEAD_RELU".
    saw : str
        The evidence in words, with the measured numbers.
    why : str
        Why it matters.
    change : str
        What to change, in words.
    remedy : dict
        The same as a change of arguments, in the words of :mod:`glassnet.doctor.remedies`:
        ``"head"``, ``"layers[l].activation"``, ``"learning_rate"``, ``"X"``, ``"y"`` and others.
    layer : int or None
        From 1; None where no one layer is meant.
    units : tuple of int
        Units of that layer, or columns of the input at layer 0, from 0.
    numbers : dict
        The measured numbers by name.
    first : str
        When the first sign was there: "static", "step 0", "step k" or "after training".
    severity : "fatal", "harmful" or "advice"
        "advice" does not make a network ill.
    confidence : float in [0, 1]

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(3, "tanh"), gn.Dense(1, "logistic")])
    >>> found = gn.diagnose(net, [[0.0], [1.0], [2.0]], [0.0, 2.0, 4.0]).findings[0]
    >>> found.code, found.layer, found.remedy
    ('OUT_RANGE', 2, {'head': 'identity'})
    """

    code: str
    saw: str
    why: str
    change: str
    remedy: Mapping[str, Any]
    layer: int | None = None
    units: tuple[int, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict[str, float])
    first: str = "static"
    severity: Severity = "harmful"
    confidence: float = 0.9

    @property
    def place(self) -> str:
        """Where it is: a layer, the input or the whole network."""
        if self.layer is None:
            return ""
        return "input" if self.layer == 0 else f"layer {self.layer}"

    @property
    def page(self) -> str:
        """The page of the documentation on this cause.

        Examples
        --------
        >>> Finding("DEAD_RELU", "…", "…", "…", {}).page
        'causes/dead_relu'
        """
        return f"causes/{self.code.lower()}"

    def sentences(self) -> list[str]:
        """What was seen, why it matters and what to change."""
        return [self.saw, self.why, self.change]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, for JSON."""
        return {
            "code": self.code,
            "layer": self.layer,
            "units": list(self.units),
            "saw": self.saw,
            "why": self.why,
            "change": self.change,
            "remedy": dict(self.remedy),
            "numbers": {name: float(value) for name, value in self.numbers.items()},
            "first": self.first,
            "severity": self.severity,
            "confidence": self.confidence,
        }
