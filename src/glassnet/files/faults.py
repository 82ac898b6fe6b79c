"""What the system says when it cannot read or write a file, in one sentence that helps."""

from __future__ import annotations

import errno
import os
from typing import Literal, TypeAlias

from glassnet.errors import FileFault

AnyPath: TypeAlias = "str | os.PathLike[str]"

_MAKE_ROOM = "Free some space or choose another folder; what was there before is unchanged"
_CAUSES = {
    errno.ENOSPC: ("the disk is full", _MAKE_ROOM),
    errno.EDQUOT: ("your disk quota is used up", _MAKE_ROOM),
    errno.EFBIG: (
        "the system limits how large a file may be",
        "Raise the limit (ulimit -f); what was there before is unchanged",
    ),
    errno.EACCES: ("permission is denied", "Change the permissions or choose another path"),
    errno.EPERM: ("permission is denied", "Change the permissions or choose another path"),
    errno.EROFS: ("the file system is read-only", "Choose another folder"),
    errno.EISDIR: ("it is a folder", "Give the path of a file"),
    errno.ENOTDIR: ("a part of its path is a file, not a folder", "Check the path"),
    errno.ENAMETOOLONG: ("its name is too long", "Choose a shorter name"),
    errno.ELOOP: ("its symbolic links lead in a circle", "Check the links"),
}
_ABSENT = {
    "read": ("there is no such file", "Check the path"),
    "write": ("its folder does not exist", "Create the folder or choose another path"),
}


def shown(path: AnyPath) -> str:
    r"""Return a path as it stands in a message: on one line whatever characters it has.

    Examples
    --------
    >>> print(shown("data/iris.csv"), shown("two\nlines.csv"))
    data/iris.csv 'two\nlines.csv'
    """
    text = os.fspath(path)
    return text if text.isprintable() and text else repr(text)


def file_fault(path: AnyPath, error: OSError, *, doing: Literal["read", "write"]) -> FileFault:
    """Return the error to raise when the system refused to read or write ``path``.

    Its ``errno`` is that of ``error``.

    Examples
    --------
    >>> print(file_fault("m.glassnet", FileNotFoundError(2, "absent"), doing="read"))
    m.glassnet could not be read: there is no such file. Check the path.
    """
    if error.errno == errno.ENOENT:
        cause, remedy = _ABSENT[doing]
    else:
        plain = " ".join((error.strerror or str(error) or type(error).__name__).split())
        cause, remedy = _CAUSES.get(error.errno or 0, (plain, "Check the disk and the path"))
    done = "read" if doing == "read" else "written"
    fault = FileFault(f"{shown(path)} could not be {done}: {cause}. {remedy}.")
    fault.errno = error.errno
    return fault
