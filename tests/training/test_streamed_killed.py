"""kill -9 within an epoch on rows from disk: resumed, the run ends with the same parameters."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from glassnet.files.header import read_container
from tests.data.row_files import numbered, write_parquet

COMMAND = [sys.executable, "-W", "error", Path(__file__).with_name("streamed_killed.py")]
ENVIRONMENT = os.environ | dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"], "1")
STEPS = 57  # of an epoch


def finished(folder):
    """The hash of the parameters of a run that nobody kills."""
    done = subprocess.run(
        [*COMMAND, folder],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def killed(folder, after):
    """Kill a run that has saved so many steps; return how many it has saved then."""
    with subprocess.Popen([*COMMAND, folder, str(after + 3)], env=ENVIRONMENT) as run:
        while steps_saved(folder / "run") < after and run.poll() is None:
            time.sleep(0.005)
        os.kill(run.pid, signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
    return steps_saved(folder / "run")


def steps_saved(path):
    """Steps that the last checkpoint holds; 0 before there is one."""
    if not path.exists():
        return 0
    return int(read_container(path, kind="checkpoint").arrays["t"])


def test_a_streamed_run_killed_within_epochs_ends_with_the_same_hash(tmp_path):
    write_parquet(tmp_path / "set", *numbered())
    clean = tmp_path / "clean"
    clean.mkdir()
    shutil.copytree(tmp_path / "set", clean / "set")

    saved = [killed(tmp_path, after) for after in (25, 80)]

    assert any(t % STEPS for t in saved)
    assert finished(tmp_path) == finished(clean)
