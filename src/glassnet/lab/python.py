"""``gn.lab``: the lab from Python."""

from __future__ import annotations

import os
import webbrowser
from typing import TYPE_CHECKING, Any

from glassnet.engine.threads import thread_count
from glassnet.errors import InvalidValue, Unsupported
from glassnet.lab.notebook import FRAMED_BY, frame, in_notebook, widget

if TYPE_CHECKING:
    from glassnet.lab.server import LabServer


class OpenLab:
    """A lab that is running in this process; in a notebook it shows itself.

    Attributes
    ----------
    url : str
        The address to open, with the token in it.

    Examples
    --------
    >>> import glassnet as gn
    >>> with gn.lab(browser=False) as opened:
    ...     opened.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(self, server: LabServer) -> None:
        self._server = server
        self.url = server.url

    def stop(self) -> None:
        """End it; a second time does nothing."""
        self._server.stop()

    def __enter__(self) -> OpenLab:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def __repr__(self) -> str:
        """Say where it is, without the token."""
        return f"OpenLab({self._server.address})"

    def _repr_mimebundle_(self, **_: Any) -> Any:
        """Show the page in a notebook."""
        plain = {"text/plain": repr(self)}
        try:
            shown = widget(self._server.port, self._server.token)
        except Unsupported:
            return plain | {"text/html": frame(self.url)}
        return shown._repr_mimebundle_(**_)


def lab(
    what: Any = None,
    X: Any = None,
    y: Any = None,
    *,
    port: int = 0,
    threads: int | None = None,
    max_runs: int = 8,
    browser: bool | None = None,
) -> OpenLab:
    """Open the lab in the browser: a network that learns, every number of it in reach.

    The server runs in threads of this process, on loopback, and wants the token that is in ``url``.
    What is given is not changed: the lab trains a copy.

    Parameters
    ----------
    what : Network, MLPClassifier, MLPRegressor, or path, optional
        The network to begin with, fitted or not, or a table or model file, as ``glassnet lab``
        takes them. Nothing: a toy set and a network for it.
    X, y : (m, n₀) and (m,), optional
        The rows to learn from; a network or an estimator needs both.
    port : int
        0 takes a free one.
    threads : int ≥ 1, optional
        Runs that may compute at once; one less than there are threads by default.
    max_runs : int ≥ 1
    browser : bool, optional
        Whether to open a browser; by default, but in a notebook, where the lab shows itself.

    Returns
    -------
    OpenLab

    Raises
    ------
    InvalidValue
        If the lab cannot show what is given.
    Unsupported
        If the extra ``lab`` is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> opened = gn.lab(gn.MLPClassifier((8, 8)), X, X[:, 0] > 0, browser=False)
    >>> opened.stop()
    """
    try:
        from glassnet.lab.hub import Bounds
        from glassnet.lab.server import LabServer
    except ImportError as error:
        raise Unsupported(
            f"the lab needs {error.name}, which is not installed. Install glassnet[lab]."
        ) from error
    notebook = in_notebook()
    bounds = Bounds(runs=max_runs, threads=threads or max(1, thread_count() - 1))
    server = LabServer(
        _beginning(what, X, y),
        bounds,
        port=port,
        log=_quiet,
        framed_by=FRAMED_BY if notebook else "'none'",
    )
    server.begin()
    if browser or (browser is None and not notebook):
        webbrowser.open(server.url)
    return OpenLab(server)


def _beginning(what: Any, X: Any, y: Any) -> Any:
    from glassnet.lab.opening import of_estimator, opened

    if what is None and X is None and y is None:
        return None
    if isinstance(what, str | os.PathLike):
        return opened(what)
    if X is None or y is None:
        raise InvalidValue("lab needs the rows to learn from: lab(estimator, X, y).")
    return of_estimator(what, X, y)


def _quiet(event: str, **_: Any) -> None:
    """A program's standard error is its own."""
