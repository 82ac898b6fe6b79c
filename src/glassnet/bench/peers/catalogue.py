"""The engines that can be timed, by name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from glassnet.bench.contract import Dtype
from glassnet.errors import UnknownName

OURS = "glassnet"


@dataclass(frozen=True)
class Known:
    """An engine: its file beside this one, the library it runs on, what it computes in."""

    file: str
    library: str
    distribution: str
    dtypes: tuple[Dtype, ...] = ("float32", "float64", "bf16")

    @property
    def version(self) -> str | None:
        """The library's version; None where it is not installed."""
        if find_spec(self.library) is None:
            return None
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return "unknown"


ENGINES = {
    OURS: Known("native", "glassnet", "glassnet"),
    "scikit-learn": Known("scikit_learn", "sklearn", "scikit-learn", ("float32", "float64")),
    "PyTorch": Known("pytorch", "torch", "torch"),
    "torch.compile": Known("pytorch", "torch", "torch"),
    "JAX": Known("jax_scan", "jax", "jax"),
}

PEERS = [name for name in ENGINES if name != OURS]


def chosen(names: str) -> list[str]:
    """Names of peers from a list with commas, in any case.

    Raises
    ------
    UnknownName

    Examples
    --------
    >>> chosen("jax,pytorch")
    ['JAX', 'PyTorch']
    """
    plain = {name.lower(): name for name in PEERS}
    found: list[str] = []
    for name in names.split(","):
        if name.strip().lower() not in plain:
            raise UnknownName("peer", name.strip(), PEERS)
        found.append(plain[name.strip().lower()])
    return list(dict.fromkeys(found))
