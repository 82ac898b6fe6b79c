"""A small share of what bench/files/mutants.py does: damage and malice never make another model."""

import tempfile
import tracemalloc
from pathlib import Path

import pytest

from bench.files.mutants import IN_MEMORY, again, judge, mutants, payload_flips, sources
from glassnet.saving.model_file import load


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return sources(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def saved(files, tmp_path_factory):
    """Each model as it is written when it is loaded and saved again."""
    path = tmp_path_factory.mktemp("saved") / "m"
    found = {}
    for name, content in files.items():
        path.write_bytes(content)
        found[name] = again(load(path), path)
    return found


@pytest.fixture
def place():
    """A file in memory: some thousands are written."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        yield Path(folder) / "m"


def test_two_thousand_mutants_are_refused_or_the_same_model_in_little_memory(files, saved, place):
    verdicts = set()
    tracemalloc.start()  # the process's own size moves with whatever ran in it before
    for way, name, mutant in mutants(files, 2000, seed=1):
        verdicts.add(
            (
                "signed" if way == "hostile" else "unsigned",
                judge(mutant, place, None if way == "hostile" else saved[name]),
            )
        )

    # A hostile file with right hashes may be a file of another model, and is then a whole one.
    assert verdicts <= {
        ("unsigned", "refused"), ("unsigned", "identical"), ("signed", "refused"),
        ("signed", "another file"),
    }  # fmt: skip
    assert ("signed", "refused") in verdicts
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100e6


def test_each_flipped_bit_of_a_payload_is_refused(files, saved, place):
    small = {name: files[name] for name in files if name.endswith("heads")}
    assert small
    for name, mutant in payload_flips(small):
        assert judge(mutant, place, saved[name]) == "refused"
