"""From ``engine="auto"`` to an engine that can run the program."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from glassnet.engine.interface import Engine, Program
from glassnet.engine.native import NativeEngine, compiled
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.errors import InvalidValue, UnknownName, Unsupported

# The fastest first: what "auto" tries in turn.
ENGINES: dict[str, Any] = {"native": NativeEngine, "reference": ReferenceEngine}


def choose(engine: Any, program: Program) -> Engine:
    """Return the engine meant, once it has said that it can run the program.

    Parameters
    ----------
    engine : "auto", "native", "reference" or an Engine
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
    >>> choose("reference", Program(Specification(1, (Dense(1, "identity"),)), SGD())).name
    'reference'
    """
    if isinstance(engine, str):
        if engine == "auto":
            if compiled() is None:
                _say_once()
            reasons: list[str] = []
            for made in ENGINES.values():
                found = made()
                reason = found.supports(program)
                if reason is None:
                    return found
                reasons.append(reason)
            raise Unsupported(f"no engine can run this program: {reasons[0]}")
        if engine not in ENGINES:
            raise UnknownName("engine", engine, {"auto", *ENGINES})
        engine = ENGINES[engine]()
    if not all(callable(getattr(engine, verb, None)) for verb in ("supports", "open")):
        raise InvalidValue(f"an engine must be a name or an Engine; got {engine!r}.")
    reason = engine.supports(program)
    if reason is not None:
        raise Unsupported(f'{reason} Use engine="reference", or "auto" to fall back.')
    return engine


def arithmetic_of(engine: Any) -> str:
    """Whose arithmetic an engine's is; a user's own engine need not say more than its name.

    Examples
    --------
    >>> arithmetic_of(ReferenceEngine())
    'reference'
    """
    if hasattr(engine, "arithmetic"):
        return str(engine.arithmetic())
    return str(getattr(engine, "name", type(engine).__name__))


@cache
def _say_once() -> None:
    logging.getLogger("glassnet").warning(
        "glassnet was built without a C++ compiler, so engine='auto' is the reference engine: the "
        "same numbers, many times slower. With a compiler (apt install g++), install it again."
    )
