"""A file is written whole or not at all, whatever stops the writing."""

import errno
import os
import stat
import subprocess
import sys
import textwrap

import pytest

from glassnet.errors import FileFault
from glassnet.files.atomic import atomic_write

OLD, NEW = b"the old content", b"the new content, which is longer"


@pytest.fixture
def old_file(tmp_path):
    path = tmp_path / "m.glassnet"
    path.write_bytes(OLD)
    return path


def only_the_old_file(path):
    return path.read_bytes() == OLD and os.listdir(path.parent) == [path.name]


def refuse(code):
    def call(*_args, **_kwargs):
        raise OSError(code, os.strerror(code))

    return call


def test_bytes_and_writers_reach_the_file(tmp_path):
    path = tmp_path / "a"
    atomic_write(path, b"bytes")
    assert path.read_bytes() == b"bytes"
    atomic_write(str(path), lambda file: file.writelines([b"w", b"riter"]))
    assert path.read_bytes() == b"writer"
    assert os.listdir(tmp_path) == ["a"]


def test_content_is_forced_to_the_disk_before_it_takes_the_name_and_the_folder_after(
    tmp_path, monkeypatch
):
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, name=name, real=real: (done.append(name), real(*a))[1]
        )
    atomic_write(tmp_path / "a", NEW)
    assert done == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("code", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EDQUOT, "quota"), (errno.EIO, "Input/output")],
)
def test_a_refusal_at_any_step_leaves_the_old_file(old_file, monkeypatch, step, code, words):
    monkeypatch.setattr(os, step, refuse(code))
    with pytest.raises(FileFault, match=words) as caught:
        atomic_write(old_file, NEW)
    assert caught.value.errno == code
    message = str(caught.value)
    assert str(old_file) in message
    assert "\n" not in message
    assert only_the_old_file(old_file)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_interrupt_in_the_writer_leaves_the_old_file_and_passes_on(old_file, error):
    def writer(file):
        file.write(NEW)
        raise error

    with pytest.raises(error):
        atomic_write(old_file, writer)
    assert only_the_old_file(old_file)


def test_an_interrupt_while_the_name_changes_leaves_no_temporary_file(old_file, monkeypatch):
    def replace(*_paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        atomic_write(old_file, NEW)
    assert only_the_old_file(old_file)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="limits on files are a POSIX matter")
def test_a_real_limit_of_the_system_leaves_the_old_file(old_file):
    script = f"""
        import resource, signal
        from glassnet.errors import FileFault
        from glassnet.files.atomic import atomic_write
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            atomic_write({str(old_file)!r}, lambda file: file.write(bytes(99_000)))
        except FileFault as fault:
            print(fault)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "the system limits how large a file may be" in done.stdout
    assert only_the_old_file(old_file)


@pytest.fixture
def full_device(tmp_path):
    """A full device; root, who could replace the system's own, gets a twin of it."""
    if not os.path.exists("/dev/full"):
        pytest.skip("the system has no /dev/full")
    if os.getuid() != 0:
        return "/dev/full"
    path = tmp_path / "full"
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.stat("/dev/full").st_rdev)
        path.open("wb").close()
    except OSError:
        pytest.skip("this system lets nobody make a device")
    return path


def test_a_full_device_is_reported_and_not_replaced_by_a_file(full_device):
    with pytest.raises(FileFault, match="the disk is full"):
        atomic_write(full_device, NEW)
    assert stat.S_ISCHR(os.stat(full_device).st_mode)


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    atomic_write(path, NEW)
    assert os.read(reader, 100) == NEW
    os.close(reader)
    assert stat.S_ISFIFO(os.stat(path).st_mode)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_reported(old_file):
    old_file.parent.chmod(0o500)
    try:
        with pytest.raises(FileFault, match="permission is denied"):
            atomic_write(old_file, NEW)
        assert only_the_old_file(old_file)
    finally:
        old_file.parent.chmod(0o700)


def test_a_read_only_file_is_not_replaced_behind_its_owners_back(old_file, monkeypatch):
    monkeypatch.setattr(
        os, "access", lambda _path, _mode: False
    )  # what a user who is not root sees
    with pytest.raises(FileFault, match="permission is denied"):
        atomic_write(old_file, NEW)
    assert only_the_old_file(old_file)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("absent/m.glassnet", "its folder does not exist. Create the folder"),
        ("", "it is a folder"),
        ("file/m.glassnet", "a part of its path is a file"),
        ("x" * 300, "its name is too long"),
    ],
)
def test_an_impossible_path_is_reported_in_one_sentence(tmp_path, name, words):
    (tmp_path / "file").touch()
    with pytest.raises(FileFault, match=words) as caught:
        atomic_write(tmp_path / name, NEW)
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == ["file"]


def test_a_link_stays_a_link_and_its_target_gets_the_content(old_file):
    link = old_file.parent / "latest"
    link.symlink_to(old_file.name)
    atomic_write(link, NEW)
    assert link.is_symlink()
    assert old_file.read_bytes() == NEW


def test_an_existing_file_keeps_its_permissions_and_a_new_one_follows_the_umask(old_file):
    old_file.chmod(0o640)
    atomic_write(old_file, NEW)
    assert stat.S_IMODE(old_file.stat().st_mode) == 0o640
    umask = os.umask(0o027)
    try:
        atomic_write(old_file.parent / "new", NEW)
    finally:
        os.umask(umask)
    assert stat.S_IMODE((old_file.parent / "new").stat().st_mode) == 0o640


def folders_answer(code, monkeypatch):
    real = os.fsync

    def fsync(handle):
        return refuse(code)() if stat.S_ISDIR(os.fstat(handle).st_mode) else real(handle)

    monkeypatch.setattr(os, "fsync", fsync)


def test_a_folder_that_cannot_be_synchronised_is_no_failure(tmp_path, monkeypatch):
    folders_answer(errno.EINVAL, monkeypatch)
    atomic_write(tmp_path / "a", NEW)
    assert (tmp_path / "a").read_bytes() == NEW


def test_a_disk_that_fails_at_the_very_end_is_reported(tmp_path, monkeypatch):
    folders_answer(errno.EIO, monkeypatch)
    with pytest.raises(FileFault, match="Input/output"):
        atomic_write(tmp_path / "a", NEW)
