"""Memory does not grow with the number of fits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "bench" / "speed" / "leaks.py"


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads resident memory in /proc")
def test_ten_thousand_fits_leak_nothing(tmp_path):
    # In a process of its own: what other tests have allocated and freed would blur it.
    written = tmp_path / "leaks.json"
    subprocess.run([sys.executable, SCRIPT, "--json", written], check=True)

    found = json.loads(written.read_text(encoding="utf-8"))["results"]
    assert found["growth_bytes"] < 5e6, found["looks"]
