"""What the examples in docstrings and in Markdown pages may rely on when they run as tests.

Arrays print with four digits, and each example starts in an empty folder of its own, so one that
writes a file leaves nothing behind.
"""

import doctest
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

# torch is an extra: without it, what visits its modules cannot be imported.
_VISITS = [
    "src/glassnet/doctor/visits/pytorch*.py",
    "src/glassnet/doctor/visits/watch.py",
    "src/glassnet/export/torch/*.py",
]
collect_ignore_glob = [] if find_spec("torch") else _VISITS

os.environ.setdefault("MPLBACKEND", "Agg")
np.set_printoptions(precision=4, suppress=True)


@pytest.fixture(autouse=True)
def _docstring_in_an_empty_folder(request):
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch = request.getfixturevalue("monkeypatch")
        monkeypatch.chdir(request.getfixturevalue("tmp_path"))


def _page_in_an_empty_folder(namespace):
    namespace["_back"] = Path.cwd()
    namespace["_folder"] = tempfile.TemporaryDirectory()
    os.chdir(namespace["_folder"].name)


def _back_again(namespace):
    os.chdir(namespace["_back"])
    namespace["_folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE),
        SkipParser(),
    ],
    patterns=["*.md"],
    setup=_page_in_an_empty_folder,
    teardown=_back_again,
).pytest()
