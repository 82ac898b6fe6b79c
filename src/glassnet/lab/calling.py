"""``glassnet.lab`` is a room of the package and a function, ``gn.lab(estimator, X, y)``.

Python binds a room to its name in the package whenever something in it is imported, in the place of
the function that is loaded lazily under that name. So the room itself can be called.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    def __call__(self, *args: Any, **named: Any) -> Any:
        from glassnet.lab.python import lab

        return lab(*args, **named)


sys.modules["glassnet.lab"].__class__ = _Room
