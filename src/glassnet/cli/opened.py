"""A model file of a table, opened for a command."""

from __future__ import annotations

import click

from glassnet.errors import BadFile, Unsupported
from glassnet.estimators.table_face import TableFace, face_of
from glassnet.files.faults import shown
from glassnet.saving.model_file import load


def opened(path: str) -> TableFace:
    """The model of a table that a file holds.

    Raises
    ------
    BadFile
        If it is damaged, holds another model, or needs a later release.
    FileFault
        If the system cannot read it.

    Examples
    --------
    >>> opened("absent.glassnet")
    Traceback (most recent call last):
    glassnet.errors.FileFault: absent.glassnet could not be read: there is no such file. Check the path.
    """  # noqa: E501 (an error is one line, and the example shows all of it)
    model = load(path)
    try:
        return face_of(model)
    except Unsupported as error:
        raise BadFile(
            f"{shown(path)} must hold a model of a table, as glassnet fit writes; it holds a "
            f"{type(model).__name__}. Load it with glassnet.load in Python."
        ) from error


def tell_of_first(face: TableFace) -> None:
    """Say on stderr which network is looked into, where there are several."""
    if len(face.members) > 1:
        click.echo(f"note: this is the first of {len(face.members)} networks", err=True)
