"""What a step on several ranks costs: compute, and a sum over the ranks.

A step on R ranks with m rows each, p parameters::

    t(R) = f + c m s(R) + 2 (R − 1) α + 2 (R − 1) / R · 4 p / β + g p

c m s(R)        the rank's own rows: c seconds each, s(R) = max(1, R / processors) where the ranks
                share processors (1 on machines of their own)
f + g p         what a step costs whatever its rows: the call, the optimizer, copies of θ and g
2 (R − 1) α     the ring's messages one after the other, α seconds each
4 p / β         the gradient in float32, of which each rank sends 2 (R − 1) / R

f, g and c are fitted to the steps of one rank, network by network for c; α and β to the sums over
the ranks alone. The steps of several ranks are then foretold, not fitted. One machine without ranks
has an f and a g of its own, which are smaller: its optimizer works on gradients still in the cache.
"""

import math

import numpy as np
from scipy.optimize import least_squares, nnls

BYTES = 4


def ring(ranks, numbers, alpha, beta):
    """Seconds of a sum over the ranks."""
    return 2 * (ranks - 1) * alpha + 2 * (ranks - 1) / ranks * BYTES * numbers / beta


def crowd(record, ranks):
    """How many times as long the rows of a rank take where ranks share processors."""
    return max(1.0, ranks / record["processors"])


def fitted(record):
    """α and β of each number of ranks; f, g and each network's c of the steps of one rank."""
    links = {}
    for ranks in sorted({point["ranks"] for point in record["sums"]} - {1}):
        points = [point for point in record["sums"] if point["ranks"] == ranks]
        numbers = np.array([point["numbers"] for point in points], float)
        seconds = np.array([point["seconds"] for point in points])

        def off(logs, ranks=ranks, numbers=numbers, seconds=seconds):
            return np.log(ring(ranks, numbers, *np.exp(logs)) / seconds)

        links[ranks] = tuple(np.exp(least_squares(off, np.log([1e-4, 1e9]), loss="soft_l1").x))
    ones = [point for point in record["steps"] if point["ranks"] == 1]
    names = list(dict.fromkeys(point["network"] for point in ones))
    rows = []
    for point in ones:  # each equation divided by its time: relative errors count
        per_row = [point["rows"] * (point["network"] == name) for name in names]
        own = [1, point["parameters"]]
        rows.append(np.array([*own, 0, 0, *per_row]) / point["seconds"])
        rows.append(np.array([0, 0, *own, *per_row]) / point["alone"])
    scale = np.linalg.norm(np.array(rows), axis=0)
    found = nnls(np.array(rows) / scale, np.ones(len(rows)))[0] / scale
    return {
        "links": links,
        "fixed": found[0],
        "per_parameter": found[1],
        "alone": (found[2], found[3]),
        "per_row": dict(zip(names, found[4:], strict=True)),
    }


def foretold(record, model, point):
    """Seconds of a step, by the model."""
    ranks, p = point["ranks"], point["parameters"]
    compute = model["per_row"][point["network"]] * point["rows"] * crowd(record, ranks)
    own = (model["fixed"] + model["per_parameter"] * p) * crowd(record, ranks)
    return own + compute + (ring(ranks, p, *model["links"][ranks]) if ranks > 1 else 0.0)


def errors(record, model):
    """The relative errors of the sums, of the steps of one rank, and of those of several."""
    of_sums = [
        ring(point["ranks"], point["numbers"], *model["links"][point["ranks"]]) / point["seconds"]
        - 1
        for point in record["sums"]
        if point["ranks"] > 1
    ]
    of_steps = {True: [], False: []}
    for point in record["steps"]:
        error = foretold(record, model, point) / point["seconds"] - 1
        of_steps[point["ranks"] == 1].append(error)
    return of_sums, of_steps[True], of_steps[False]


# Between machines: bytes a second, and seconds a message, PyTorch's own work included. Assumed, not
# measured here: measure your own with "weak.py measure" under torchrun, or take these.
LINKS = {
    "1 Gbit/s": (0.117e9, 200e-6),
    "10 Gbit/s": (1.17e9, 150e-6),
    "25 Gbit/s": (2.9e9, 100e-6),
    "100 Gbit/s": (11.7e9, 50e-6),
}
BATCHES = (256, 2048, 16384)
WORTH = 0.6  # times the number of machines: the speed-up from which on they pay


def machine(model, record, threads):
    """Seconds for each row and parameter, and whatever the rows, of a machine of so many threads.

    Of the widest network measured. The threads are taken to share rows without loss, and to be
    four times as fast as one at moving parameters through memory, where there are four.
    """
    widest = max(record["steps"], key=lambda point: point["parameters"])
    per_row = model["per_row"][widest["network"]] / widest["parameters"] / threads
    moved = min(threads, 4)
    ranked = model["fixed"], model["per_parameter"] / moved
    alone = model["alone"][0], model["alone"][1] / moved
    return per_row, ranked, alone


def speedup(kind, ranks, batch, p, link):
    """How many times faster a step of ``batch`` rows is on ``ranks`` machines than on one."""
    per_row, ranked, alone = kind
    beta, alpha = link
    one = alone[0] + alone[1] * p + per_row * p * batch
    several = ranked[0] + ranked[1] * p + per_row * p * batch / ranks
    return one / (several + ring(ranks, p, alpha, beta))


def smallest(kind, ranks, batch, link, wanted):
    """The least number of parameters with that speedup; infinite where none has it."""
    for p in np.logspace(3, 9, 601):
        if speedup(kind, ranks, batch, p, link) >= wanted:
            return float(p)
    return math.inf


def table(record, model):
    """What the model says, as lines."""
    lines = [f"{record['processor']}, {record['processors']} processors, {record['arithmetic']}"]
    for ranks, (alpha, beta) in model["links"].items():
        lines.append(f"{ranks} ranks: {alpha * 1e6:.0f} µs a message, {beta / 1e9:.2f} GB/s")
    lines.append(
        f"a step of ranks: {model['fixed'] * 1e6:.0f} µs + "
        f"{model['per_parameter'] * 1e9:.2f} ns a parameter; "
        f"without: {model['alone'][0] * 1e6:.0f} µs + {model['alone'][1] * 1e9:.2f} ns"
    )
    for name, seconds in model["per_row"].items():
        p = next(s["parameters"] for s in record["steps"] if s["network"] == name)
        lines.append(
            f"  {name}: {seconds * 1e6:.2f} µs a row ({6 * p / seconds / 1e9:.0f} GFLOP/s)"
        )
    for name, found in zip(
        ("sums", "steps of one rank (fitted)", "steps of several ranks (foretold)"),
        errors(record, model),
        strict=True,
    ):
        if found:
            sizes = np.abs(found)
            lines.append(
                f"{name}: median error {np.median(sizes):.0%}, largest {sizes.max():.0%}"
                f" ({len(found)} points)"
            )
    lines.append(f"least parameters for {WORTH:.0%} of the machines, batches of {BATCHES} rows:")
    for threads in (1, 16):
        kind = machine(model, record, threads)
        for ranks in (2, 4, 8):
            for name, link in LINKS.items():
                least = [smallest(kind, ranks, batch, link, WORTH * ranks) for batch in BATCHES]
                told = ["never" if math.isinf(p) else rounded(p) for p in least]
                lines.append(f"{threads} cores | {ranks} machines | {name} | {' | '.join(told)}")
    return lines


def rounded(p):
    """A number of parameters with two digits."""
    digits = 10 ** (int(math.log10(p)) - 1)
    return f"{round(p / digits) * digits:,}"
