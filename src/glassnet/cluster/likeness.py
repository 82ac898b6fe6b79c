"""Whether the machines of a cluster compute the same bits: the same glassnet, the same engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.errors import Unreachable, Unsupported

_PATIENCE = 60.0  # seconds until a node has started a process that answers


def build() -> str:
    """What decides the bits on this machine, as in ``glassnet 0.1.0, native avx512``.

    Examples
    --------
    >>> build().startswith("glassnet ")
    True
    """
    from glassnet import __version__
    from glassnet.engine.native import compiled

    module = compiled()
    engine = "reference" if module is None else f"native {module.instruction_set()}"
    return f"glassnet {__version__}, {engine}"


def require_same(there: str, machine: str) -> None:
    """Refuse a machine with another build.

    Raises
    ------
    Unsupported
        With both builds.
    """
    if there != (here := build()):
        raise Unsupported(
            f"all machines of a cluster must have the same glassnet, or their bits could differ: "
            f"here is {here}; on {machine} is {there}. Install the same version on both; where "
            "only the instruction sets differ, set GLASSNET_ISA to one that all have."
        )


def require_alike(ray: Any) -> None:
    """Ask every node of a cluster for its build.

    Raises
    ------
    Unsupported
        If one has another build, or no glassnet.
    Unreachable
        If one does not answer within a minute.
    """
    affinity = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    nodes = {node["NodeID"]: node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
    ask = ray.remote(num_cpus=0, max_retries=1)(_question())
    asked = {
        ask.options(scheduling_strategy=affinity(node, soft=False)).remote(): machine
        for node, machine in nodes.items()
    }
    done, late = ray.wait(list(asked), num_returns=len(asked), timeout=_PATIENCE)
    if late:
        raise Unreachable(
            f"{asked[late[0]]} of the cluster did not start a process within {_PATIENCE:.0f} s. "
            "Is it up (ray status), and has it memory left?"
        )
    for answer in done:
        there = ray.get(answer)
        if there.startswith("no "):
            raise Unsupported(
                f"{asked[answer]} of the cluster has {there}. Install glassnet there for the "
                "Python that runs ray start."
            )
        require_same(there, asked[answer])


def _question() -> Callable[[], str]:
    # A function inside another travels by value: it runs where glassnet cannot be imported.
    def ask() -> str:
        try:
            from glassnet.cluster.likeness import build
        except ModuleNotFoundError as error:
            return f"no {error.name}"
        return build()

    return ask
