"""What a person gets wrong: one line on stderr, the right status, nothing half-written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

_GOOD = "x,y\n" + "".join(f"{k},{'ab'[k % 2]}\n" for k in range(30))


def _fit(glassnet: Call, text: str | bytes, *more: str, name: str = "t.csv") -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    Path(name).write_bytes(content)
    return glassnet("fit", name, "-t", "y", "--epochs", "2", *more)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", ["t.csv", "empty"], id="an empty file"),
        pytest.param("x,y\n", ["t.csv", "row"], id="a header without rows"),
        pytest.param("x,y\n1,a\n", ["'y'"], id="one row"),
        pytest.param("x,y\n" + "1,a\n" * 30, ["'y'", "'a'"], id="one class"),
        pytest.param("x,y\n" + "1,a\n2,b\n" * 20 + "3,\n", ["'y'", "missing"], id="no target"),
        pytest.param("x,y\n" + "1,a\n2,b\n" * 20 + "inf,a\n", ["'x'", "inf"], id="an infinity"),
        pytest.param("x,y\n1,a\n1,2,3\n", ["t.csv", "line 3"], id="a ragged row"),
        pytest.param("x,x,y\n1,2,a\n", ["'x'"], id="a name twice"),
        pytest.param("x,y\n\xe9,a\n".encode("latin-1"), ["encoding"], id="another encoding"),
        pytest.param("x,z\n1,a\n2,b\n", ["'y'", "Known"], id="no such target"),
        pytest.param("y\na\nb\n", ["beside the target"], id="nothing but the target"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00", ["t.csv"], id="a picture"),
    ],
)
def test_a_table_that_cannot_be_learned_from(
    glassnet: Call, text: str | bytes, words: list[str]
) -> None:
    done = _fit(glassnet, text)

    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("glassnet: ")
    assert all(word.lower() in done.err.lower() for word in words), done.err
    assert "Traceback" not in done.err + done.out
    assert not Path("model.glassnet").exists()
    assert not Path("report.html").exists()


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["1e308", "-1e308", "1e307"], id="huge"),
        pytest.param(["5e-324", "0", "1e-310"], id="denormal"),
        pytest.param(["7", "7", "7"], id="constant"),
    ],
)
def test_strange_numbers_are_learned_from_without_a_warning(
    glassnet: Call, values: list[str]
) -> None:
    rows = "".join(f"{values[k % 3]},{k},{'ab'[k % 2]}\n" for k in range(90))

    done = _fit(glassnet, "x,k,y\n" + rows, "--no-report", "-q")

    assert done.status == 0, done.err
    assert done.err == ""


def test_a_constant_column_is_noted(glassnet: Call) -> None:
    rows = "".join(f"7,{k},{'ab'[k % 2]}\n" for k in range(90))

    done = _fit(glassnet, "x,k,y\n" + rows, "--no-report")

    plain = _fit(glassnet, "x,k,y\n" + rows, "--no-report", "--plain")

    assert "note: 'x' is the same in every row and is left out." in done.out
    assert "note: 'x' is the same in every row and tells nothing." in plain.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["fit", "none.csv", "-t", "y"], ["none.csv"], id="no such file"),
        pytest.param(["fit", ".", "-t", "y", "--plain"], ["."], id="a folder"),
        pytest.param(["fit", "t.xlsx", "-t", "y"], ["xlsx", ".csv"], id="an unknown format"),
        pytest.param(["fit", "t.csv", "-t", "Y"], ["'Y'", "'y'"], id="nearly the target"),
        pytest.param(["fit", "t.csv", "-t", "y", "--drop", "q"], ["'q'"], id="no column to drop"),
        pytest.param(["fit", "t.csv", "-t", "y", "-o", "no/m.glassnet"], ["no"], id="no folder"),
        pytest.param(["fit", "t.csv", "-t", "y", "-o", "."], ["folder"], id="a folder as output"),
        pytest.param(["predict", "none.glassnet", "t.csv"], ["none.glassnet"], id="no model"),
        pytest.param(["predict", "t.csv", "t.csv"], ["t.csv"], id="a table as model"),
    ],
)
def test_a_job_that_cannot_be_done_is_one_line_and_status_1(
    glassnet: Call, arguments: list[str], words: list[str]
) -> None:
    Path("t.csv").write_text(_GOOD)
    Path("t.xlsx").write_text("x")

    done = glassnet(*arguments)

    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert all(word in done.err for word in words), done.err
    assert not Path("model.glassnet").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", "t.csv"],
        ["fit", "t.csv", "-t", "y", "--epochs", "0"],
        ["fit", "t.csv", "-t", "y", "--epochs", "many"],
        ["fit", "t.csv", "-t", "y", "--hidden", "64,x"],
        ["fit", "t.csv", "-t", "y", "--hidden", "0"],
        ["fit", "t.csv", "-t", "y", "--dropout", "1"],
        ["fit", "t.csv", "-t", "y", "--learning-rate", "-1"],
        ["fit", "t.csv", "-t", "y", "--activation", "swoosh"],
        ["fit", "t.csv", "-t", "y", "--plain", "--resume"],
        ["fit", ".", "-t", "y"],
        ["predict", "m.glassnet"],
        ["predict", "m.glassnet", "t.csv", "--json"],
        ["frobnicate"],
        ["fit", "--nonsense"],
    ],
)
def test_a_wrong_option_is_status_2(glassnet: Call, arguments: list[str]) -> None:
    Path("t.csv").write_text(_GOOD)

    done = glassnet(*arguments)

    assert done.status == 2
    assert "Error" in done.err


def test_a_full_disk_leaves_the_old_model_as_it_was(glassnet: Call, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: writing fails in the middle."""
    Path("t.csv").write_text(_GOOD)
    Path("model.glassnet").write_bytes(b"the old model")
    limited = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "from glassnet.cli.main import run\n"
        "sys.exit(run(['fit', 't.csv', '-t', 'y', '--epochs', '1', '--no-report']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    (error,) = [line for line in done.stderr.splitlines() if "C++ compiler" not in line]
    assert "model.glassnet" in error
    assert (tmp_path / "model.glassnet").read_bytes() == b"the old model"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.glassnet", "t.csv"]


def test_a_closed_pipe_ends_quietly(glassnet: Call, tmp_path: Path) -> None:
    _fit(glassnet, _GOOD, "--no-report")
    script = f"{sys.executable} -m glassnet.cli predict model.glassnet t.csv | head -n 1"

    done = subprocess.run(
        script, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.stdout.startswith("predicted y,")
    assert "Traceback" not in done.stderr
