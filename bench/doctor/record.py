"""The JSON of a judgement: the figures, every case, and where and with what it was measured."""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.doctor.cures import BUDGET
from bench.doctor.programs import MOST_STEPS
from bench.doctor.protocol import Request


def write(path: Path, figures: Any, cases: Any, request: Request) -> None:
    """Write it; numbers that are not finite become null."""
    from glassnet.bench.records import machine

    head = {
        "machine": {key: value for key, value in machine({}).items() if key != "ceilings"},
        "versions": {name: version(name) for name in ("glassnet", "numpy")},
        "seeds": request.seeds,
        "most_steps": MOST_STEPS,
        "prove": {"budget": BUDGET, "at_least": request.at_least},
        "results": figures,
    }
    parts = [json.dumps(_finite(each), ensure_ascii=False, allow_nan=False) for each in cases]
    text = json.dumps(_finite(head), indent=1, ensure_ascii=False, allow_nan=False)
    listed = ",\n".join(parts)  # a line per case: they are many
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{text[:-2]},\n "cases": [\n{listed}\n]}}\n', encoding="utf-8")
    print(f"written: {path.name}")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.4g}") if math.isfinite(value) else None
    return value
