"""Trains, is killed in the middle, resumes: a script, since a test cannot kill its own process.

``python killed.py FOLDER KILLS`` prints one JSON object. Each run is a fork of one warm process, so
that the time goes into training and not into imports.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

import glassnet as gn


def train(path, *, resume):
    """A second of training with everything on that has a memory; the digest of its end."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(240, 6))
    y = (X[:, 0] * X[:, 1] + 0.5 * rng.normal(size=240) > 0).astype(float)
    layers = [gn.Dense(8, "relu", batch_norm=True, dropout=0.2), gn.Dense(1, "logistic")]
    net = gn.Network(6, layers, loss="binary_cross_entropy", seed=5)
    run = gn.train(
        net,
        X,
        y,
        optimizer=gn.Adam(0.02),
        epochs=14,
        batch_size=16,
        validation=0.2,
        metrics=["accuracy"],
        early_stopping=gn.EarlyStopping(patience=12),
        schedule=gn.Plateau(patience=1, factor=0.5),
        checkpoint=gn.Checkpoint(path, every_steps=5),
        resume=resume,
    )
    total = hashlib.sha256(net.state.theta.tobytes())
    for group in (net.state.memory, net.state.buffers, net.state.schedule):
        for name in sorted(group):
            total.update(name.encode() + np.asarray(group[name]).tobytes())
    for row in run.history:
        total.update(repr([v for name, v in row.items() if name != "seconds"]).encode())
    total.update(f"{net.state.t} {run.best_epoch} {run.ended}".encode())
    return total.hexdigest()


def started(path):
    """The process id of a run that has been started on a file that is not there yet."""
    child = os.fork()
    if child == 0:
        train(path, resume=False)
        os._exit(0)
    return child


def killed(child):
    """Kill it; whether it was still running."""
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def is_over(child):
    """Whether the run has ended by itself."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def wait_for(seconds, child):
    """Return after so long, or as soon as the run is over; how long it was."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < seconds and not is_over(child):
        time.sleep(min(0.002, seconds - waited))
    return waited


def wait_for_a_write(folder, child):
    """Return as soon as a file is half written, or the run is over."""
    while not any(folder.glob(".glassnet-*.tmp")) and not is_over(child):
        pass


def main():
    """Kill the runs and print what came of them."""
    folder, kills = Path(sys.argv[1]), int(sys.argv[2])
    began = time.monotonic()
    whole = train(folder / "whole", resume=False)
    seconds = length = time.monotonic() - began
    moments, results = random.Random(11), []
    for k in range(kills):
        place = folder / str(k)
        place.mkdir()
        landed = amid_a_write = False
        # A run that was over before the kill says nothing, and each fourth dies amid a write.
        while not landed or (k % 4 == 3 and not amid_a_write):
            for file in place.iterdir():
                file.unlink()
            child = started(place / "run")
            waited = wait_for(moments.uniform(0.02, 0.9) * length, child)
            if k % 4 == 3:
                wait_for_a_write(place, child)
            landed = killed(child)
            if not landed:  # the first run was slower than they are now
                length = max(0.5 * length, waited)
            amid_a_write = any(place.glob(".glassnet-*.tmp"))
        saved = (place / "run").exists()
        results.append([train(place / "run", resume=True), amid_a_write, saved])
    sys.stdout.write(json.dumps({"whole": whole, "results": results, "seconds": seconds}))


if __name__ == "__main__":
    main()
