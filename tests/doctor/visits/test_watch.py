"""torch is an extra: nothing imports it before it is needed, and its absence is one clear line."""

from __future__ import annotations

import subprocess
import sys

import pytest

import glassnet as gn

SCRIPT = """
import sys
import glassnet as gn
net = gn.Network(1, [gn.Dense(1, "identity")])
assert gn.diagnose(net, [[0.0], [1.0]], [0.0, 1.0]).healthy
assert callable(gn.doctor.watch)
print("torch" in sys.modules)
"""


def test_neither_glassnet_nor_its_doctor_imports_torch() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)

    assert (done.returncode, done.stdout.strip()) == (0, "False"), done.stderr


def test_without_torch_watching_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("glassnet.doctor.visits.pytorch")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(gn.errors.Unsupported, match=r'pip install "glassnet\[torch\]"'):
        gn.doctor.watch(None, None, None)
