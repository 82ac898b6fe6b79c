"""The ranks while they train: that they take the same steps, and end together."""

from __future__ import annotations

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.scale.group import Group

HEADER = 2  # numbers at the end of what is summed first in a step: who leaves, which batch it is
_LEAVING, _BATCH = -2, -1


class Crew:
    """Sums of steps over the ranks, and who has left.

    A rank that is to end (Ctrl-C, an observer that asks for it, all epochs done) says so in the
    next step's first sum. Then none takes that step, and all end with the same State.

    Parameters
    ----------
    group : Group

    Attributes
    ----------
    leaving : bool
        Whether this rank asks to end before the next step.
    dispersed : bool
        Whether the ranks have parted: nothing is summed any more.
    first : (k,) array or None
        What is summed first in a step; None before a session is opened.

    Examples
    --------
    >>> import numpy as np
    >>> from glassnet.scale.place import Place
    >>> crew, numbers = Crew(Group(Place())), np.zeros(5)
    >>> crew.join(numbers, 17.0)
    True
    >>> crew.leaving = True
    >>> crew.join(numbers, 18.0), crew.dispersed
    (False, True)
    """

    def __init__(self, group: Group) -> None:
        self.group = group
        self.leaving = self.dispersed = False
        self.first: Array | None = None

    def join(self, numbers: Array, batch: float) -> bool:
        """Add up what comes first in a step; False where a rank leaves instead.

        Raises
        ------
        InvalidValue
            If the ranks are at different batches.
        RankLost
        """
        numbers[_LEAVING], numbers[_BATCH] = float(self.leaving), batch
        self.group.total(numbers)
        self.dispersed = bool(numbers[_LEAVING] > 0)
        if not self.dispersed and numbers[_BATCH] != batch * self.group.place.world:
            raise InvalidValue(
                "every rank must take its share of the same batch; they have different ones while "
                f"{self.group.doing}. Give all of them the same rows, batch_size and seed."
            )
        return not self.dispersed

    def part(self) -> None:
        """Say that this rank takes no more steps, and hear it from the others."""
        if self.first is not None and not self.dispersed:
            self.leaving = True
            self.first[:] = 0
            self.join(self.first, 0.0)
