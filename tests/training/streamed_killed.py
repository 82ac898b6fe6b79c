"""Trains on rows from disk to its end, or to a step before which it waits to be killed.

``python streamed_killed.py FOLDER [STEP]`` prints the SHA-256 of the parameters at the end.
"""

import hashlib
import sys
import time
from pathlib import Path

import numpy as np

import glassnet as gn


class Waits(gn.Observer):
    """Goes no further than a step."""

    between = True

    def __init__(self, step):
        self.step = step

    def next(self, t):
        """That step."""
        return max(t, self.step)

    def pause(self, t, rate):
        """Wait for the end."""
        time.sleep(600)


def main():
    """Train, going on from the checkpoint where there is one."""
    folder = Path(sys.argv[1])
    layers = [gn.Dense(8, "relu", batch_norm=True, dropout=0.2), gn.Dense(1, "identity")]
    net = gn.Network(3, layers, seed=5, dtype="float32")
    gn.train(
        net,
        gn.Rows(folder / "set", "y", buffer_bytes=3000),
        epochs=3,
        batch_size=16,
        validation=0.1,
        early_stopping=gn.EarlyStopping(patience=3),
        schedule=gn.Plateau(patience=1, factor=0.5),
        checkpoint=gn.Checkpoint(folder / "run", every_steps=5),
        resume=True,
        observers=[Waits(int(step)) for step in sys.argv[2:]],
    )
    digest = hashlib.sha256(net.state.theta.tobytes())
    for name in sorted(net.state.memory):
        digest.update(name.encode() + np.asarray(net.state.memory[name]).tobytes())
    sys.stdout.write(digest.hexdigest())


if __name__ == "__main__":
    main()
