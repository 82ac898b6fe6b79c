"""What the accuracy benchmarks share: options, where the data lie, and their JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

import numpy as np

import glassnet

_RESULTS = Path(__file__).resolve().parent.parent / "results"


def arguments(text: str | None, **options: Any) -> argparse.Namespace:
    """Parse ``--data`` and ``--json``, an integer option per number, a choice per tuple."""
    parser = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", default=os.environ.get("GLASSNET_DATA"), help="folder of the data"
    )
    parser.add_argument("--json", help="file to write; bench/results/NAME.json by default")
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, tuple):
            parser.add_argument(flag, choices=value, default=value[0])
        else:
            parser.add_argument(flag, type=type(value), default=value)
    return parser.parse_args()


def data_folder(options: argparse.Namespace) -> Path:
    """The folder of the data, or an end with a line that says what is missing."""
    if not options.data or not Path(options.data).is_dir():
        print("skipped: no data folder. Give --data FOLDER or set GLASSNET_DATA.")
        sys.exit(0)
    return Path(options.data)


def write_json(options: argparse.Namespace, name: str, results: Any) -> None:
    """Write the results beside the versions they were measured with."""
    path = Path(options.json) if options.json else _RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    versions = {
        "glassnet": glassnet.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    path.write_text(json.dumps({"versions": versions, "results": results}, indent=1) + "\n")
    print(f"written: {path.name}")
