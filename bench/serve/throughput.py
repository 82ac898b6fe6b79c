"""Requests a second of the prediction server, beside FastAPI around scikit-learn's predict_proba.

A 20-100-1 network, single rows as JSON over connections that stay open, the load in a process of
its own, everything on loopback. Both servers run on uvicorn with httptools and uvloop, in turns.

    python bench/serve/throughput.py [--seconds 4] [--turns 5] [--json FILE]

The peer needs ``fastapi`` (in the extra ``bench``).
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

import glassnet as gn
from glassnet.bench.records import machine

HERE = Path(__file__).parent
CONNECTIONS = 16


def model(folder):
    """The model in its file, and rows to ask it for; the peer fits its own to the same rows."""
    X = np.random.default_rng(0).normal(size=(2000, 20))
    y = np.array(["no", "yes"])[(X[:, 0] + X[:, 1] ** 2 > 1).astype(int)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gn.save(gn.MLPClassifier((100,), max_iter=5).fit(X, y), folder / "w2.glassnet")
    return X[:500]


def listening(port):
    """Wait until something listens there."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("a server did not begin")


def load(port, path, rows, seconds, rate=None):
    """What the client measures."""
    told = {
        "port": port,
        "path": path,
        "bodies": [json.dumps([row.tolist()]) for row in rows],
        "connections": CONNECTIONS,
        "seconds": seconds,
        "rate": rate,
    }
    done = subprocess.run(
        [sys.executable, HERE / "client.py"],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def main():
    """Measure in turns, print the table, write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = model(folder)
        ours = [sys.executable, "-m", "glassnet.cli", "serve", folder / "w2.glassnet"]
        peer = [sys.executable, HERE / "peer.py"]
        servers = {
            "glassnet": subprocess.Popen([*ours, "--port", "8911"], stderr=subprocess.DEVNULL),
            "FastAPI + scikit-learn": subprocess.Popen([*peer, "8912"]),
        }
        try:
            found = measured(rows, options)
        finally:
            for process in servers.values():
                process.terminate()
                process.wait(30)
    for name, record in found.items():
        print(name, json.dumps(record))
    if options.json:
        here = {key: value for key, value in machine({}).items() if key != "ceilings"}
        libraries = ("glassnet", "scikit-learn", "fastapi", "starlette", "uvicorn")
        told = {
            "machine": here,
            "versions": {name: version(name) for name in libraries},
            "connections": CONNECTIONS,
            "results": found,
        }
        Path(options.json).write_text(json.dumps(told, indent=1) + "\n")


def measured(rows, options):
    """Both servers in turns at full speed; then ours at half of that."""
    places = {"glassnet": 8911, "FastAPI + scikit-learn": 8912}
    for port in places.values():
        listening(port)
        load(port, "/predict", rows, 1.0)
    turns = {name: [] for name in places}
    for _ in range(options.turns):
        for name, port in places.items():
            turns[name].append(load(port, "/predict", rows, options.seconds))
    found = {
        name: {
            key: statistics.median(turn[key] for turn in each)
            for key in ("requests_per_s", "p50_ms", "p99_ms", "wrong")
        }
        for name, each in turns.items()
    }
    ratios = [
        a["requests_per_s"] / b["requests_per_s"] for a, b in zip(*turns.values(), strict=True)
    ]
    half = found["glassnet"]["requests_per_s"] / 2
    found["glassnet at half load"] = load(8911, "/predict", rows, options.seconds, half)
    found["ratio"] = {"requests_per_s": statistics.median(ratios)}
    return found


if __name__ == "__main__":
    main()
