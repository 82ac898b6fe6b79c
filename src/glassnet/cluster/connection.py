"""A connection to a Ray cluster that is there already."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from glassnet.cluster.answers import found, require_answer
from glassnet.cluster.likeness import require_alike
from glassnet.errors import Unreachable, Unsupported

# Read by Ray while it is imported. Its own: 20 attempts, and a minute for a node on this machine.
_SHORT = {"RAY_NUM_REDIS_GET_RETRIES": "3", "RAY_gcs_server_request_timeout_seconds": "15"}


@contextmanager
def connected(address: str) -> Generator[Any]:
    """Ray, connected to a cluster whose machines have this glassnet.

    A connection that the process has already is used, and stays.

    Parameters
    ----------
    address : str
        ``host:port`` of the head; "auto" for ``RAY_ADDRESS``, else the cluster that was started
        last on this machine.

    Raises
    ------
    Unsupported
        If Ray is not installed, or a machine of the cluster has no glassnet or another one.
    Unreachable
        If nobody answers, or the token is refused, or this machine is not of the cluster; within
        30 s, with what was tried.
    """
    where = found(address)
    if where is not None:
        require_answer(where)
    with _impatience():
        ray = _imported()
        ours = not ray.is_initialized()
        if ours:
            _connect(ray, where or address)
    try:
        slots = ray.cluster_resources().get("CPU", 0)
        if slots < 1:
            raise Unreachable(
                f"the cluster at {where} must have a CPU to compute on; it has {slots:g}. Add a "
                "machine with ray start --address."
            )
        require_alike(ray)
        yield ray
    finally:
        if ours:
            ray.shutdown()


@contextmanager
def _impatience() -> Generator[None]:
    """What is said in ``_SHORT``, where the environment says nothing else."""
    new = {name: value for name, value in _SHORT.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            del os.environ[name]


def _imported() -> Any:
    try:
        import ray
    except ModuleNotFoundError as error:
        raise Unsupported(
            f"a cluster needs {error.name}, which is not installed. Install glassnet[ray]."
        ) from error
    return ray


def _connect(ray: Any, address: str) -> None:
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        said = _chain(error)
        last = said.splitlines()[-1][:200]
        if "InvalidAuthToken" in said or isinstance(error, ray.exceptions.AuthenticationError):
            raise Unreachable(
                f"the cluster at {address} refused the token of this process. Set RAY_AUTH_MODE "
                "to token and RAY_AUTH_TOKEN_PATH to the file with the cluster's token before "
                "Python starts."
            ) from error
        raise Unreachable(
            f"the cluster at {address} could not be joined ({last}). Tried as a "
            "driver on a machine of the cluster: ray start --address must have been run here, "
            "with the same Ray and Python as on the head."
        ) from error


def _chain(error: BaseException) -> str:
    """What an error and those that caused it say, the first cause last."""
    said: list[str] = []
    link: BaseException | None = error
    while link is not None:
        said.append(str(link).strip())
        link = link.__cause__
    return "\n".join(said)
