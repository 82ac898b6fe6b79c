"""kill -9 at random moments of a run: resumed, it ends with the bits of the run nobody killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("killed.py")
KILLS = 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_run_killed_at_any_moment_ends_with_the_same_bits(tmp_path):
    one_thread = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"], "1")

    done = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT, tmp_path, str(KILLS)],
        env=os.environ | one_thread,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    digests, half_written, saved = zip(*found["results"], strict=True)
    assert set(digests) == {found["whole"]}
    assert len(digests) == KILLS
    assert any(half_written)
    assert any(saved)
