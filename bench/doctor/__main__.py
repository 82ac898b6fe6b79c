"""Judge the doctor on a file of failing and healthy programs.

    python -m bench.doctor CASES.jsonl --data DIR [--seeds 5] [--jobs 2] [--json FILE]
        [--only ID,ID] [--no-cures] [--no-overhead] [--at-least ROWS]

``DIR`` is the folder that holds ``data/``. See docs/doctor.md, "How it is judged".
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any

from bench.doctor import one_thread, record, table
from bench.doctor.cases import BadCase, Case, read
from bench.doctor.overhead import overhead
from bench.doctor.protocol import Request, judged


def main(given: list[str] | None = None) -> int:
    """Run the protocol, print its table and a line per case, and write the JSON."""
    options = _options(given)
    try:
        cases = _chosen(read(options.cases), options.only)
    except (BadCase, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if not options.data.is_dir():
        print(f"no data folder {str(options.data)!r}. Give --data, the folder that holds data/.",
              file=sys.stderr)  # fmt: skip
        return 2
    request = Request(options.data, options.seeds, not options.no_cures, options.at_least)
    began = time.perf_counter()
    found: list[Any] = []
    for case in _judged(cases, request, options.jobs):
        found.append(case)
        print(table.case_line(case), flush=True)
    seconds = time.perf_counter() - began
    results = table.figures(found) | {"watching": None}
    if not options.no_overhead:
        results["watching"] = overhead(cases, options.data)
    print("", *table.lines(results, seconds), sep="\n")
    if options.json is not None:
        told = results | {"seconds": seconds, "threads": one_thread.THREADS}
        record.write(options.json, told, found, request)
    return 0


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.doctor", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("cases", type=Path, metavar="CASES.jsonl")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds data/")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--json", type=Path, help="file to write")
    parser.add_argument("--only", help="these cases alone, by id, with commas between")
    parser.add_argument("--no-overhead", action="store_true", help="do not time the watching")
    passes = "row passes that prove() may make however short a training is"
    parser.add_argument("--at-least", type=float, default=0.0, help=passes)
    parser.add_argument("--no-cures", action="store_true", help="carry no remedies out")
    return parser.parse_args(given)


def _chosen(cases: list[Case], only: str | None) -> list[Case]:
    if only is None:
        return cases
    wanted = only.split(",")
    missing = sorted(set(wanted) - {case.id for case in cases})
    if missing:
        raise BadCase(f"no case is named {', '.join(missing)}.")
    return [case for case in cases if case.id in wanted]


def _judged(cases: list[Case], request: Request, jobs: int) -> Iterator[Any]:
    judge = partial(judged, request=request)
    if jobs < 2:
        yield from map(judge, cases)
        return
    with ProcessPoolExecutor(jobs) as pool:
        asked = [pool.submit(judge, case) for case in cases]
        for case, answer in zip(cases, asked, strict=True):
            try:
                yield answer.result()
            except BrokenProcessPool:  # a process died, and took the others' work with it
                yield _alone(case, judge)


def _alone(case: Case, judge: Callable[[Case], Any]) -> Any:
    try:
        with ProcessPoolExecutor(1) as pool:
            return pool.submit(judge, case).result()
    except BrokenProcessPool:
        return {"id": case.id, "not_run": "its process died."}


if __name__ == "__main__":
    sys.exit(main())
