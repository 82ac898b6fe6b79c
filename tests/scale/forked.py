"""Ranks as processes, with real sockets: a script, since a test cannot kill its own process.

``python forked.py FOLDER`` leaves JSON files there. The ranks are forks of one warm process, so
that the time goes into training and not into importing PyTorch. ``forked.py FOLDER NAME`` is one
rank under torchrun.
"""

import hashlib
import json
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch.distributed  # noqa: F401  before the forks, which then need not

import glassnet as gn
from glassnet.engine.native import NativeEngine, compiled
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.errors import RankLost
from glassnet.scale.launch import free_port, rank_main

KILLED_AT, EVERY = 120, 50
ENGINE = NativeEngine if compiled() else ReferenceEngine


class Watched(ENGINE):
    """The engine, and something that happens before a step is applied."""

    def __init__(self, t, happens):
        self._at, self._happens = t, happens

    def open(self, program, state, data):
        session = super().open(program, state, data)
        taken = session.apply

        def apply(g, rate, J, statistics=None):
            if session.state().t == self._at:
                self._happens()
            return taken(g, rate, J, statistics)

        session.apply = apply
        return session


def network(norm):
    layers = [gn.Dense(32, "relu", dropout=0.2, batch_norm=norm), gn.Dense(16, "tanh")]
    layers.append(gn.Dense(1, "logistic"))
    return gn.Network(8, layers, loss="binary_cross_entropy", seed=1, dtype="float32")


def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(650, 8)).astype(np.float32)
    return X, (X[:, 0] * X[:, 1] > 0).astype(float), rng.uniform(0.2, 2, 650)


def settings():
    """Thirty-four steps an epoch, the last of 2 rows."""
    return {"epochs": 4, "batch_size": 16, "validation": 0.18, "metrics": ["accuracy"],
            "schedule": "one_cycle", "clip_norm": 2.0}  # fmt: skip


def train(folder, name, norm=False, engine=None, timeout=300, **options):
    """One rank's training; leaves θ and the history in a file of its own."""
    X, y, w = rows()
    net, rank = network(norm), int(os.environ.get("RANK", 0))
    engine = engine if engine is not None and rank == 1 else ENGINE()
    try:
        run = gn.train_parallel(
            net, X, y, sample_weight=w, engine=engine, timeout=timeout, **settings(), **options
        )
    except RankLost as lost:
        Path(folder, f"{name}-{rank}.lost").write_text(str(lost), "utf-8")
        return
    history = [{k: v for k, v in row.items() if k != "seconds"} for row in run.history]
    digest = hashlib.sha256(net.state.theta.tobytes()).hexdigest()
    np.save(Path(folder, f"{name}-{rank}.npy"), net.state.theta)
    found = {"digest": digest, "t": net.state.t, "ended": run.ended, "history": history}
    Path(folder, f"{name}-{rank}.json").write_text(json.dumps(found), "utf-8")


def ranks(world, job, attempt=0):
    """Fork the ranks, wait for all; their statuses, and how long the last outlived the first."""
    port, children, ended = free_port(), {}, []
    for rank in range(world):
        child = os.fork()
        if child == 0:
            place = {"rank": rank, "world": world, "address": "127.0.0.1", "port": port}
            try:
                rank_main(job, **place, local_ranks=world, attempt=attempt)
                os._exit(0)
            finally:
                os._exit(1)
        children[child] = rank
    statuses = [None] * world
    for _ in range(world):
        child, status = os.wait()
        ended.append(time.monotonic())
        statuses[children[child]] = os.waitstatus_to_exitcode(status)
    return statuses, ended[-1] - ended[0]


def kill_myself():
    os.kill(os.getpid(), signal.SIGKILL)


def say_nothing():
    time.sleep(20)


def press_ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


def main(folder):
    found = {}
    for norm in (False, True):
        name = "normed" if norm else "plain"
        train(folder, f"{name}-alone", norm)
        found[f"{name}-2"] = ranks(2, partial(train, folder, f"{name}-2", norm))
        found[f"{name}-4"] = ranks(4, partial(train, folder, f"{name}-4", norm))
    found["again-2"] = ranks(2, partial(train, folder, "again-2"))
    saved = gn.Checkpoint(Path(folder, "run.checkpoint"), every_steps=EVERY)
    dies = Watched(KILLED_AT, kill_myself)
    found["killed"] = ranks(2, partial(train, folder, "killed", engine=dies, checkpoint=saved))
    job = partial(train, folder, "resumed", checkpoint=saved)
    found["resumed"] = ranks(2, job, attempt=1)
    stops = Watched(70, press_ctrl_c)
    found["interrupted"] = ranks(2, partial(train, folder, "interrupted", engine=stops))
    silent = Watched(5, say_nothing)
    job = partial(train, folder, "silent", engine=silent, timeout=15)
    found["silent"] = ranks(2, job)
    Path(folder, "processes.json").write_text(json.dumps(found), "utf-8")


def under_torchrun(folder, name):
    """One rank, which dies in the middle of the first attempt if it is the second."""
    saved = gn.Checkpoint(Path(folder, f"{name}.checkpoint"), every_steps=EVERY)
    first = os.environ["TORCHELASTIC_RESTART_COUNT"] == "0"
    dies = Watched(KILLED_AT, kill_myself) if first and name == "killed" else None
    train(folder, name, engine=dies, checkpoint=saved)


if __name__ == "__main__":
    under_torchrun(*sys.argv[1:]) if len(sys.argv) > 2 else main(sys.argv[1])
