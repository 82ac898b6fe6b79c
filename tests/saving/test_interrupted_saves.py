"""Whatever stops a save, the file that was there before is whole, or the new one is."""

import os
import stat
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import FileFault


def network(value, units=64):
    """A network whose parameters are all one number."""
    net = gn.Network(20, [gn.Dense(units, "tanh"), gn.Dense(1, "identity")])
    net.state.theta[:] = value
    return net


@pytest.fixture
def old_file(tmp_path):
    path = tmp_path / "m.glassnet"
    gn.save(network(1.0, units=2), path)
    return path


def only_the_old_model(path):
    theta = gn.load(path).state.theta
    return bool((theta == 1.0).all()) and [p.name for p in path.parent.iterdir()] == [path.name]


def python(script, *arguments):
    """Run a script in a process of its own; its output."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
    ).stdout


# A process that forks children, each of which saves again and again until it is killed.
KILLED = """
    import os, random, signal, sys, time
    import glassnet as gn
    path, times, rng = sys.argv[1], int(sys.argv[2]), random.Random(0)
    net = gn.Network(20, [gn.Dense(3000, "tanh"), gn.Dense(1, "identity")])
    net.state.theta[:] = 0
    gn.save(net, path)
    amid = 0
    for kill in range(times):
        child = os.fork()
        if child == 0:
            for number in range(10**6):
                net.state.theta[:] = number
                gn.save(net, path, training=True)
        before = os.stat(path).st_mtime_ns
        while os.stat(path).st_mtime_ns == before:  # until it has saved once
            time.sleep(0.001)
        time.sleep(0.05 * rng.random())
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        theta = gn.load(path).state.theta
        assert (theta == theta[0]).all()
        left = [name for name in os.listdir(os.path.dirname(path)) if name.endswith(".tmp")]
        amid += len(left)
        for name in left:
            os.unlink(os.path.join(os.path.dirname(path), name))
    print(amid)
"""


def killed_saves(folder, times):
    """How many of the kills fell into the middle of a save."""
    return int(python(KILLED, folder / "m.glassnet", times))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")
def test_a_process_killed_while_it_saves_leaves_a_file_that_loads(tmp_path):
    assert killed_saves(tmp_path, 15) > 0


@pytest.mark.long
@pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")
def test_two_hundred_processes_killed_while_they_save_leave_a_file_that_loads(tmp_path):
    assert killed_saves(tmp_path, 200) > 50


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="limits on files are a POSIX matter")
def test_a_limit_on_the_size_of_files_leaves_the_old_model(old_file):
    said = python(
        """
        import resource, signal, sys
        import glassnet as gn
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        net = gn.Network(20, [gn.Dense(64, "tanh"), gn.Dense(1, "identity")])
        try:
            gn.save(net, sys.argv[1], training=True)
        except gn.errors.FileFault as fault:
            print(fault)
        """,
        old_file,
    )
    assert "the system limits how large a file may be. Raise the limit" in said
    assert only_the_old_model(old_file)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 kB, where the system lets this process mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        pytest.skip("the system has no mount")
    if done.returncode:
        pytest.skip("this process may not mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_old_model(small_disk):
    path = small_disk / "m.glassnet"
    gn.save(network(1.0, units=2), path)

    with pytest.raises(FileFault, match=r"the disk is full\. Free some space") as caught:
        gn.save(network(2.0, units=3000), path)

    assert str(path) in str(caught.value)
    assert only_the_old_model(path)
    gn.save(network(1.0, units=100), path)  # there is room again: nothing was left over
    assert only_the_old_model(path)


def test_a_full_device_is_reported_and_stays_a_device(tmp_path):
    path = tmp_path / "full"
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.stat("/dev/full").st_rdev)
        path.open("wb").close()
    except OSError:
        pytest.skip("this system lets this process make no device")

    with pytest.raises(FileFault, match="the disk is full"):
        gn.save(network(2.0), path)
    assert stat.S_ISCHR(path.stat().st_mode)


def test_an_interrupt_in_a_save_leaves_the_old_model(old_file, monkeypatch):
    def interrupted(_handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        gn.save(network(2.0), old_file)
    assert only_the_old_model(old_file)


def test_what_cannot_be_saved_is_found_out_before_anything_is_written(old_file, monkeypatch):
    def refused(*_paths):
        raise AssertionError("a temporary file was made")

    monkeypatch.setattr("builtins.open", refused)
    with pytest.raises(ValueError, match="must be a Network"):
        gn.save(np.ones(3), old_file)
