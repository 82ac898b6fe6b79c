"""From ``engine="auto"`` to an engine that can run the program."""

from __future__ import annotations

from typing import Any

from glassnet.engine.interface import Engine, Program
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.errors import InvalidValue, UnknownName, Unsupported

ENGINES: dict[str, Any] = {"reference": ReferenceEngine}


def choose(engine: Any, program: Program) -> Engine:
    """Return the engine meant, once it has said that it can run the program.

    Parameters
    ----------
    engine : "auto", "reference" or an Engine
        ``"auto"`` takes the fastest that supports the program.
    program : Program

    Raises
    ------
    UnknownName, Unsupported

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> from glassnet.network.specification import Specification
    >>> from glassnet.optim.optimizers import SGD
    >>> choose("auto", Program(Specification(1, (Dense(1, "identity"),)), SGD())).name
    'reference'
    """
    if isinstance(engine, str):
        if engine == "auto":
            return ReferenceEngine()
        if engine not in ENGINES:
            raise UnknownName("engine", engine, {"auto", *ENGINES})
        engine = ENGINES[engine]()
    if not all(callable(getattr(engine, verb, None)) for verb in ("supports", "open")):
        raise InvalidValue(f"an engine must be a name or an Engine; got {engine!r}.")
    reason = engine.supports(program)
    if reason is not None:
        raise Unsupported(f'{reason} Use engine="reference", or "auto" to fall back.')
    return engine
