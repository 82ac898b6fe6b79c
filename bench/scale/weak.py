"""Weak scaling on the ranks of one machine, and a model of what a step costs.

``python weak.py measure RECORD.json [--ranks 1,2,4]`` times sums over the ranks and training steps
with as many rows for each rank; ``python weak.py model RECORD.json`` fits the model to them, says
how far it is from each point, and prints from where on more machines pay; ``python weak.py draw
RECORD.json PICTURE.png`` draws both.

Every rank computes on one thread. Where the machine has fewer processors than ranks, the ranks take
turns: the record says how many there are, and the model counts with it.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from model import fitted, table

import glassnet as gn
from glassnet.data.batches import Data
from glassnet.engine.choice import choose
from glassnet.engine.interface import Plan, Program
from glassnet.scale.crew import Crew
from glassnet.scale.engine import ParallelEngine
from glassnet.scale.group import Group
from glassnet.scale.launch import launch
from glassnet.scale.place import Place

NETWORKS = {
    "20-100-1": (20, 100, 1),
    "784-100-10": (784, 100, 10),
    "784-512-512-10": (784, 512, 512, 10),
    "1024-1024-1024-10": (1024, 1024, 1024, 10),
}
ROWS = (32, 128, 512)  # for each rank
NUMBERS = (10**3, 10**4, 10**5, 10**6, 4 * 10**6)  # float32, summed over the ranks
SECONDS = 0.6  # for each point


def program_of(widths):
    """A network of relu, its program of Adam, and its first State."""
    layers = [gn.Dense(n, "relu") for n in widths[1:-1]]
    last = gn.Dense(widths[-1], "softmax" if widths[-1] > 1 else "logistic")
    loss = "cross_entropy" if widths[-1] > 1 else "binary_cross_entropy"
    net = gn.Network(widths[0], [*layers, last], loss=loss, seed=0, dtype="float32")
    return Program(net.specification, gn.Adam(1e-4), threads=1), net.state


def rows_of(widths, count):
    """Random rows and targets."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, widths[0])).astype(np.float32)
    labels = rng.integers(max(widths[-1], 2), size=count)
    y = labels[:, None] if widths[-1] == 1 else np.eye(widths[-1])[labels]
    return Data(x, y.astype(np.float32))


def each(run, group):
    """Median seconds of ``run(k)``, which does its work k times, on the rank that is slowest."""
    run(2)
    began = time.perf_counter()
    run(2)
    one = group.total(np.array([(time.perf_counter() - began) / 2 / group.place.world]))[0]
    k, times = max(6, int(SECONDS / 5 / one)), []
    for _ in range(5):
        group.total(np.zeros(1))  # all begin together
        began = time.perf_counter()
        run(k)
        times.append((time.perf_counter() - began) / k)
    seconds = np.zeros(group.place.world)
    seconds[group.place.rank] = statistics.median(times)
    return float(group.total(seconds).max())


def repeated(numbers, group):
    """A function that adds the numbers up k times."""

    def run(k):
        for _ in range(k):
            group.total(numbers)

    return run


def sums(group, counts=NUMBERS):
    """Points of the sums over the ranks."""
    found = []
    for count in counts:
        seconds = each(repeated(np.ones(count, np.float32), group), group)
        found.append({"ranks": group.place.world, "numbers": count, "seconds": seconds})
    return found


def steps(group):
    """Points of training steps: as many rows for each rank, whatever their number."""
    found = []
    for name, widths in NETWORKS.items():
        for rows in ROWS:
            batch = rows * group.place.world
            data = rows_of(widths, max(4096, batch))
            program, state = program_of(widths)
            engine = ParallelEngine(Crew(group))
            session = engine.open(program, state, data)
            point = {"network": name, "parameters": program.specification.parameter_count}
            point |= {"ranks": group.place.world, "rows": rows}
            point["seconds"] = each(taken(session, batch, len(data)), group)
            if group.place.world == 1:  # the engine itself: what one machine would use
                alone = choose("auto", program).open(program, state, data)
                point["alone"] = each(taken(alone, batch, len(data)), group)
            found.append(point)
    return found


def taken(session, batch, count):
    """A function that takes k steps of so many rows."""
    rng = np.random.default_rng(1)

    def run(k):
        rows = rng.integers(count, size=k * batch)
        session.run(Plan(rows, np.arange(k + 1) * batch, np.full(k, 1e-4)))

    return run


def rank(path, backend):
    """What one rank measures; rank 0 writes it down."""
    with Group(Place.of_environment(), backend) as group:
        found = {"sums": sums(group), "steps": steps(group) if backend == "gloo" else []}
        if group.place.rank == 0:
            Path(path).write_text(json.dumps(found), "utf-8")


def measure(path, worlds, backend="gloo"):
    """Start the ranks of each world in turn, and write everything to one record."""
    record = {
        "processor": processor(),
        "processors": len(os.sched_getaffinity(0)),
        "arithmetic": choose("auto", program_of((2, 2, 1))[0]).arithmetic(),
        "backend": backend,
        "sums": [],
        "steps": [],
    }
    for world in worlds:
        part = f"{path}.{world}"
        command = [sys.executable, __file__, "rank", part, "--backend", backend]
        status = launch(command, world, say=print)
        if status:
            raise SystemExit(status)
        found = json.loads(Path(part).read_text("utf-8"))
        Path(part).unlink()
        record["sums"] += found["sums"]
        record["steps"] += found["steps"]
        print(f"{world} ranks measured", flush=True)
    Path(path).write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def processor():
    """The processor's name."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def main():
    """Do what the words ask for."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("what", choices=["measure", "rank", "model", "draw"])
    words.add_argument("record")
    words.add_argument("picture", nargs="?")
    words.add_argument("--ranks", default="1,2,4")
    words.add_argument("--backend", default="gloo")
    given = words.parse_args()
    if given.what == "measure":
        measure(given.record, [int(n) for n in given.ranks.split(",")], given.backend)
    elif given.what == "rank":
        rank(given.record, given.backend)
    elif given.what == "model":
        record = json.loads(Path(given.record).read_text("utf-8"))
        print("\n".join(table(record, fitted(record))))
    else:
        from picture import draw

        draw(json.loads(Path(given.record).read_text("utf-8")), given.picture)


if __name__ == "__main__":
    main()
