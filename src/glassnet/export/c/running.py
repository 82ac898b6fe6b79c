"""Compile an exported C file with the system's compiler and ask it for rows: to measure it."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import Unsupported
from glassnet.export.rows import cells
from glassnet.export.rules import cell_of
from glassnet.export.source import Source

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")


def compiler() -> str | None:
    """The system's C compiler, or None."""
    return next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)


class CompiledModel:
    """An exported C file as a function of rows.

    Parameters
    ----------
    found : Source
        What was exported: it says what a row is made of.
    path : Path
        The C file.
    folder : Path
        For the compiled library.

    Raises
    ------
    Unsupported
        If there is no C compiler, or it refuses the file.
    """

    def __init__(self, found: Source, path: Path, folder: Path) -> None:
        self._found = found
        library = folder / f"{path.stem}.so"
        command = compiler()
        if command is None:
            raise Unsupported("a C compiler is needed to run an exported C file; none is found.")
        done = subprocess.run(
            [command, *FLAGS, "-O2", "-shared", "-fPIC", str(path), "-o", str(library), "-lm"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Unsupported(f"the C compiler refuses {path.name}: {done.stderr.strip()[:400]}")
        lines = path.read_text("ascii").splitlines()
        header = next(line for line in lines if line.startswith('#include "'))
        name = header.split('"')[1].removesuffix(".h")
        self._number = ctypes.c_double if " in float64, " in lines[0] else ctypes.c_float
        self._predict: Any = getattr(ctypes.CDLL(str(library)), f"{name}_predict")

    def answers(self, rows: Any) -> Array:
        """What the C file answers.  -> (m, outputs) float64; nan where it refuses."""
        found = self._found
        kind: Any = ctypes.c_double if found.answer.restored else self._number
        answer = (kind * found.outputs)()
        row_type = self._row_type()
        answers = np.empty((len(rows), found.outputs))
        for m, row in enumerate(cells(found, rows)):
            given = row_type(*(_coded(cell) for cell in row))
            self._predict(ctypes.byref(given), answer)
            answers[m] = answer[:]
        return answers

    def _row_type(self) -> Any:
        found = self._found
        if found.rules is None:
            return self._number * len(found.names)
        fields = [
            (f"f{j}", ctypes.c_char_p if cell_of(rule) == "text" else ctypes.c_double)
            for j, rule in enumerate(found.rules)
        ]
        return type("Row", (ctypes.Structure,), {"_fields_": fields})


def _coded(cell: Any) -> Any:
    return cell.encode("utf-8", "surrogatepass") if isinstance(cell, str) else cell
