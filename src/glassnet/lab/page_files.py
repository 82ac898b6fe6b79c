"""The built page, read once: only what is in this list can be asked for."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable

from glassnet.web.door import Reply

_KINDS = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".ico": b"image/x-icon",
    ".woff2": b"font/woff2",
    ".json": b"application/json",
    ".webmanifest": b"application/manifest+json",
}
_MISSING = (
    b"The page of the lab has not been built. From the root of the source tree: "
    b"cd lab-page && npm ci && npm run build\n"
)


def page_files() -> dict[str, Reply]:
    """Answers by path; where the page has not been built, one that says so.

    Examples
    --------
    >>> "/" in page_files()
    True
    """
    folder = files("glassnet.lab").joinpath("page")
    found: dict[str, Reply] = {}
    if folder.is_dir():
        _add(folder, "/", found)
    index = found.pop("/index.html", None)
    found["/"] = index or Reply(_MISSING, 503, b"text/plain; charset=utf-8", error="no page")
    return found


def _add(folder: Traversable, at: str, found: dict[str, Reply]) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            _add(entry, f"{at}{entry.name}/", found)
            continue
        kind = _KINDS.get(entry.name[entry.name.rfind(".") :])
        if kind is None:
            continue
        body = entry.read_bytes()
        # Names in assets/ carry a digest of what is in them; the others are asked for each time.
        kept = b"public, max-age=31536000, immutable" if "/assets/" in at + "/" else b"no-cache"
        tag = b'"' + hashlib.sha256(body).hexdigest()[:16].encode() + b'"'
        found[at + entry.name] = Reply(body, 200, kind, ((b"cache-control", kept), (b"etag", tag)))
