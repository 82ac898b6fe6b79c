"""The lab inside a notebook: the page of the server, in a frame."""

from __future__ import annotations

import json
import sys
from html import escape
from typing import Any

from glassnet.errors import Unsupported

# Only pages of this machine, as a notebook's, may show the lab in a frame.
FRAMED_BY = "'self' http://127.0.0.1:* http://localhost:*"
_HEIGHT = 900

# The cookie is sent only where the frame's site is the notebook's, so the frame takes its name.
_SCRIPT = """
function render({ el }) {
  const here = location.hostname === "localhost" ? "localhost" : "127.0.0.1";
  const frame = document.createElement("iframe");
  frame.src = `http://${here}:PORT/?token=${encodeURIComponent(TOKEN)}`;
  frame.title = "glassnet lab";
  frame.style = "width:100%;height:HEIGHTpx;border:0";
  el.appendChild(frame);
}
export default { render };
"""


def in_notebook() -> bool:
    """Whether this is a notebook's kernel.

    Examples
    --------
    >>> in_notebook()
    False
    """
    return "ipykernel" in sys.modules and hasattr(sys.modules.get("builtins"), "get_ipython")


def script(port: int, token: str, height: int = _HEIGHT) -> str:
    """What shows the lab in a notebook's output, as an ES module.

    Examples
    --------
    >>> "http://${here}:8899/" in script(8899, "abc")
    True
    """
    told = {"PORT": str(port), "TOKEN": json.dumps(token), "HEIGHT": str(height)}
    text = _SCRIPT
    for name, value in told.items():
        text = text.replace(name, value)
    return text


def widget(port: int, token: str, height: int = _HEIGHT) -> Any:
    """The lab as a widget.

    Raises
    ------
    Unsupported
        If the extra ``notebook`` is not installed.
    """
    try:
        import anywidget
    except ImportError as error:
        raise Unsupported(
            "the lab in a notebook needs anywidget, which is not installed. Install "
            "glassnet[notebook], or open the address: gn.lab(…).url."
        ) from error
    made = type("LabView", (anywidget.AnyWidget,), {"_esm": script(port, token, height)})
    return made()


def frame(url: str, height: int = _HEIGHT) -> str:
    """The lab as a piece of HTML, for notebooks without widgets.

    Examples
    --------
    >>> frame("http://127.0.0.1:8899/?token=a")[:7]
    '<iframe'
    """
    return (
        f'<iframe src="{escape(url, quote=True)}" title="glassnet lab" '
        f'style="width:100%;height:{height}px;border:0"></iframe>'
    )
