"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable
from typing import BinaryIO, TypeAlias

from glassnet.errors import FileFault
from glassnet.files.faults import file_fault

Content: TypeAlias = "bytes | Callable[[BinaryIO], object]"

# What file systems without folder synchronisation answer; the file itself is whole by then.
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM, errno.EBADF}


def atomic_write(path: str | os.PathLike[str], content: Content) -> None:
    """Put ``content`` at ``path`` so that a reader finds the old file or the new one, never a part.

    The content goes to a temporary file in the same folder (``.glassnet-….tmp``), is forced to
    the disk, and then takes the place of the old file in one step. Whatever stops it (disk full,
    interrupt, an error in the writer) removes the temporary file and leaves the old file as it
    was; only a killed process can leave the temporary file behind. A symbolic link keeps pointing
    where it did, an existing file keeps its permissions. A device or a pipe is written to directly.

    Parameters
    ----------
    path : path-like
    content : bytes or callable
        The bytes, or a function that is given the open binary file and writes to it.

    Raises
    ------
    FileFault
        If the system refuses: folder absent or read-only, file read-only, disk full.

    Examples
    --------
    >>> atomic_write("notes.txt", b"one")
    >>> atomic_write("notes.txt", lambda file: file.writelines([b"one, ", b"two"]))
    >>> from pathlib import Path
    >>> Path("notes.txt").read_text()
    'one, two'
    """
    try:
        target = os.path.realpath(path)
        mode = _mode(target)
        if mode is None or stat.S_ISREG(mode):
            _replace(target, content, mode)
        else:
            with open(target, "wb") as device:
                _fill(device, content)
    except FileFault:
        raise
    except OSError as error:
        raise file_fault(path, error, doing="write") from error


def _mode(target: str) -> int | None:
    """Return the mode of what is there (None: nothing), and refuse what must not be replaced."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), target)
    if not os.access(target, os.W_OK):  # replacing would go past the file's own permissions
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), target)
    return mode


def _replace(target: str, content: Content, mode: int | None) -> None:
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".glassnet-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            _fill(file, content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            with contextlib.suppress(OSError):  # some file systems have no permissions to keep
                os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _fill(file: BinaryIO, content: Content) -> None:
    if callable(content):
        content(file)
    else:
        file.write(content)


def _sync_folder(folder: str) -> None:
    """Force the folder's entry to the disk, or a power cut could bring the old file back."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows cannot open a folder, and an unreadable one cannot be synchronised
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)
