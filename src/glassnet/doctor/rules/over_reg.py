"""OVER_REG: a penalty that pulls harder than the data, or dropout that leaves too little."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.signals.penalties import dropout_noise, price_of_learning
from glassnet.doctor.signals.sizes import ratio
from glassnet.doctor.wording import percent
from glassnet.inspection.numerals import numeral

_NOISE = 0.25  # variance that dropout adds, over that of what it is added to
_RECTIFIERS = ("relu", "leaky_relu")


def over_reg(chart: Chart) -> Finding | None:
    """Weights that could do the work cost more than they save; or dropout drowns what is learned.

    Penalties, before training: the smallest weights that turn the spread of X into the spread of y,
    one per layer, already cost more than half the loss of the best constant output; or their
    gradient is three times the data's and would win anyway. After training: a flat output while
    the penalties still pull. At a minimum the two gradients balance by definition, so that alone
    tells nothing. Dropout, before training: its noise, Σ p / ((1 − p) units), above a quarter, and
    a run without it learns far more; half of 64 units is none.

    References
    ----------
    Ben Braiek & Khomh (2022), TheDeepChecker: regulariser against loss; Schoop et al. (2021),
    UMLAUT: dropout above ½.

    Examples
    --------
    >>> import glassnet as gn
    >>> layers = [gn.Dense(8, "tanh"), gn.Dense(1, "identity")]
    >>> net = gn.Network(1, layers, penalties=[gn.L2(100.0)])
    >>> gn.diagnose(net, [[-1.0], [0.0], [1.0]], [-1.0, 0.0, 1.0]).findings[0].code
    'OVER_REG'
    """
    if chart.look is None or not chart.look.finite or chart.does_well:
        return None
    return _penalties(chart) or _dropout(chart)


def _penalties(chart: Chart) -> Finding | None:
    look = chart.look
    if look is None or not chart.spec.penalties:
        return None
    pull = sum(signs.penalty * signs.units**0.5 for signs in look.layers)
    data = sum(signs.gradient * signs.units**0.5 for signs in look.layers)
    times, saved = ratio(pull, data), abs(look.constant)
    price = price_of_learning(chart.spec, _slope(chart), chart.rows)
    dear = chart.untrained and price > 0.5 * saved and times > 0.1
    flat = look.t > 0 and look.output_spread < 0.05 * look.target_spread and times > 0.5
    if not (dear or flat or (chart.untrained and times > 3 and price > 0.1 * saved)):
        return None
    strongest = max(look.layers, key=lambda signs: signs.penalty)
    return Finding(
        "OVER_REG",
        f"The penalties' gradient is {numeral(times, 3)} times that of the loss"
        + (f"; the outputs differ by {numeral(look.output_spread, 2)} between rows." if flat
           else f" at step 0, and the smallest weights that could do the work cost "
           f"{numeral(price, 2)}, where the best constant output has a loss of "
           f"{numeral(look.constant, 2)}."),
        "The weights are pulled to 0 faster than the data can build them up: the output becomes "
        "the mean of y.",
        "Leave the penalties out, or make them a hundred times weaker.",
        {"penalties": []},
        layer=strongest.layer,
        numbers={"times": times, "price": price, "spread": look.output_spread},
        first=look.when,
        severity="fatal",
        confidence=0.85,
    )  # fmt: skip


def _slope(chart: Chart) -> float:
    """How steep the network must be: the spread of what it gives over that of X."""
    spread = float((chart.table.deviation**2).sum() ** 0.5)
    target = 2.0 if chart.classifies or chart.look is None else chart.look.target_spread
    return ratio(target, spread) if spread > 0 else 1.0


def _dropout(chart: Chart) -> Finding | None:
    noise, l = dropout_noise(chart.spec)
    if not (noise > _NOISE and chart.untrained):
        return None
    trials, look = chart.trials, chart.look
    seen = None if trials is None else trials.run()
    calm = None if trials is None or seen is None else trials.without_dropout()
    if seen is None or calm is None or look is None:
        if noise < 2 * _NOISE:
            return None
    elif not calm.end < min(0.8 * look.constant, 0.7 * seen.end):
        return None
    layer = chart.spec.layer(l)
    left = layer.units * (1 - layer.dropout)
    end = "" if seen is None or calm is None else (
        f" {seen.updates} steps bring the loss to {numeral(seen.end, 3)}, without dropout to "
        f"{numeral(calm.end, 3)}."
    )  # fmt: skip
    return Finding(
        "OVER_REG",
        f"Dropout of {percent(layer.dropout)} leaves {numeral(left, 2)} of the {layer.units} units "
        f"of layer {l} at a time; its noise is {percent(noise)} of the signal.{end}",
        "What one step learns, the next one does without: the units cannot rely on one another.",
        f"Leave dropout out of layer {l}, or widen it.",
        {f"layers[{k}].dropout": 0.0 for k in range(1, chart.spec.depth)
         if chart.spec.layer(k).dropout},
        layer=l,
        numbers={"noise": noise, "left": left},
        first="step 1",
        confidence=0.75,
    )  # fmt: skip
