"""Small runs that the tests of training share, and what is compared of them."""

import hashlib

import numpy as np

import glassnet as gn


def two_classes(m=40, d=3, seed=0):
    """Rows of two overlapping classes, and weights."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, d))
    y = (X[:, 0] * X[:, 1] + 0.3 * rng.normal(size=m) > 0).astype(float)
    return X, y, rng.uniform(0.1, 2.0, m)


def small_net(d=3, *, norm=False, dropout=0.0, dtype="float64", seed=3, **options):
    """A network of one hidden layer for two classes."""
    hidden = gn.Dense(6, "tanh", batch_norm=norm, dropout=dropout)
    layers = [hidden, gn.Dense(1, "logistic")]
    return gn.Network(d, layers, loss="binary_cross_entropy", seed=seed, dtype=dtype, **options)


def fingerprint(net):
    """SHA-256 of everything in the network's State."""
    state, total = net.state, hashlib.sha256()
    total.update(np.ascontiguousarray(state.theta).tobytes())
    for group in (state.memory, state.buffers, state.schedule):
        for name in sorted(group):
            total.update(name.encode() + np.asarray(group[name]).tobytes())
    clock = (state.seed, state.t, state.epoch, state.position, state.optimizer)
    total.update(repr(clock).encode())
    return total.hexdigest()


def table(history):
    """The history without the seconds, which differ from run to run."""
    return [{name: v for name, v in row.items() if name != "seconds"} for row in history]


class Steps(gn.Observer):
    """Looks at every step and keeps the moments."""

    def __init__(self, *needs):
        self.needs = frozenset(needs)
        self.moments = []

    def next(self, t):
        """Every step."""
        return t

    def see(self, moment):
        """Keep it."""
        self.moments.append(moment)


class Counting:
    """The reference engine, with a note of how many steps each call of ``run`` took."""

    name = "counting"

    def __init__(self):
        self.calls = []

    def supports(self, program):
        """Everything."""

    def open(self, program, state, data):
        """A session whose ``run`` is counted."""
        from glassnet.engine.reference_session import ReferenceEngine

        session = ReferenceEngine().open(program, state, data)
        run = session.run

        def counted(plan):
            stretch = run(plan)
            self.calls.append(len(stretch.costs))
            return stretch

        session.run = counted
        return session
