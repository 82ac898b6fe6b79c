"""``glassnet serve``: models over HTTP."""

from __future__ import annotations

import os
from pathlib import Path

import click

from glassnet.errors import FileFault, InvalidValue
from glassnet.files.faults import file_fault
from glassnet.saving.model_file import load
from glassnet.serve.server import serve as run
from glassnet.web.limits import Limits
from glassnet.web.listening import bound

_AT_LEAST_ONE = click.IntRange(1)


@click.command(context_settings={"show_default": True})
@click.argument("models", type=click.Path(), nargs=-1, required=True)
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="0 takes a free one.")
@click.option(
    "--token-file",
    type=click.Path(),
    show_default="the variable GLASSNET_TOKEN, else no token",
    help="File with the token that requests must bring.",
)
@click.option(
    "--allow-host", multiple=True, metavar="NAME", help="A name it answers to; repeatable."
)
@click.option("--max-body", type=_AT_LEAST_ONE, default=8 * 2**20, help="Bytes of a body.")
@click.option("--max-rows", type=_AT_LEAST_ONE, default=10_000, help="Rows of a request.")
@click.option("--max-seconds", type=click.FloatRange(0, min_open=True), default=30.0,
              help="Time for a request, from its head to its answer.")  # fmt: skip
@click.option("--max-open", type=_AT_LEAST_ONE, default=1024, help="Requests at a time.")
@click.option(
    "--unknown",
    type=click.Choice(["refuse", "accept"]),
    default="refuse",
    help="What to do with levels that training did not have.",
)
@click.option("--reload", "reload_", type=click.FloatRange(0), default=1.0,
              help="Seconds between looks at the files; 0 for never.")  # fmt: skip
@click.option("--log-requests", is_flag=True, help="Log every request, not only refused ones.")
def serve(
    models: tuple[str, ...],
    host: str,
    port: int,
    token_file: str | None,
    allow_host: tuple[str, ...],
    max_body: int,
    max_rows: int,
    max_seconds: float,
    max_open: int,
    unknown: str,
    reload_: float,
    log_requests: bool,
) -> None:
    """Answer predictions of model files over HTTP.

    POST rows as JSON or CSV to /predict or /models/NAME/predict, or tensors of the Open Inference
    Protocol to /v2/models/NAME/infer. /openapi.json describes it all, /metrics has its measures.
    A file that changes is loaded anew. The log is a JSON object a line, on standard error.
    """
    token = _token(token_file)
    with bound(host, port) as listening:
        run(
            models,
            load,
            listening,
            limits=Limits(max_body, max_rows, max_seconds, max_open),
            token=token,
            hosts=allow_host,
            lenient=unknown == "accept",
            reload=reload_,
            every=log_requests,
        )


def _token(path: str | None) -> str | None:
    if path is None:
        found = os.environ.get("GLASSNET_TOKEN")
        where = "GLASSNET_TOKEN"
    else:
        where = path
        try:
            found = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise file_fault(path, error, doing="read") from error
        except UnicodeDecodeError as error:
            raise FileFault(f"{path} must hold a token as text; it holds other bytes.") from error
    if found is not None and (len(found) < 16 or not found.isascii() or not found.isprintable()):
        raise InvalidValue(
            f"a token must have at least 16 printable characters; {where} has {len(found)}. Make "
            "one: python -c 'import secrets; print(secrets.token_urlsafe())'."
        )
    return found
