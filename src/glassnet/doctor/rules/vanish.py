"""VANISH: δ shrinks on its way down until the first layers do not learn."""

from __future__ import annotations

from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.signals.sizes import growth, ratio
from glassnet.inspection.numerals import numeral

_SIGMOIDS = ("logistic", "tanh", "softsign", "hard_sigmoid", "softmax")
_GONE, _LITTLE = 1e-3, 1e-4
_LESS = 0.1  # of δ[L] that reaches layer 1: a sign, where a trial shows what comes of it
_NOTHING = 0.9  # of the loss: learned nothing


def vanish(chart: Chart) -> Finding | None:
    """δ[1] below a thousandth of δ[L] and a gradient below 10⁻⁴; or a tenth, and nothing learned.

    The first pair of signs is enough by itself: ratio and absolute size, none of it exactly 0. Of
    the second the consequence is tried, before training: the planned steps leave the loss where it
    is, so do other rates, and with relu in the hidden layers it can be fitted. Dead units give
    zeros and are another cause; near a minimum all gradients are small.

    References
    ----------
    Zhang et al. (2021), AutoTrainer; Glorot & Bengio (2010).

    Examples
    --------
    >>> import glassnet as gn
    >>> layers = [gn.Dense(4, "logistic") for _ in range(8)] + [gn.Dense(1, "identity")]
    >>> found = gn.diagnose(gn.Network(1, layers), [[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0])
    >>> found.findings[0].code, found.findings[0].layer
    ('VANISH', 1)
    """
    look = chart.look
    if look is None or chart.does_well or not look.finite or chart.spec.depth < 3:
        return None
    first, last = look.layers[0], look.layers[-1]
    fallen = ratio(first.delta, last.delta)
    if not fallen > 0 or not first.gradient > 0:
        return None
    factor = growth([signs.delta for signs in look.layers[::-1]])
    names = {signs.activation for signs in look.layers[:-1]}
    squashes = bool(names & set(_SIGMOIDS))
    gone = fallen < _GONE and first.gradient < _LITTLE and not chart.gets_going
    proof = "" if gone else _stands_still(chart) if fallen < _LESS and squashes else None
    if proof is None:
        return None
    hidden = range(1, chart.spec.depth)
    return Finding(
        "VANISH",
        f"δ[1] is {numeral(fallen, 2)} of δ[{chart.spec.depth}] ({numeral(factor, 2)} per layer "
        f"downwards), and ∂J/∂W[1] has a root mean square of {numeral(first.gradient, 2)}.{proof}",
        "δ[l] = (δ[l+1] W[l+1]) φ′(z[l]): each layer multiplies by W and φ′"
        + (", and φ′ of the logistic is ¼ at most. " if "logistic" in names else ". ")
        + "The first layers stay as they were drawn.",
        'Use "relu" in the hidden layers, fewer of them, or batch_norm=True.'
        if squashes
        else 'Draw the weights with init="auto", use fewer layers, or batch_norm=True.',
        {f"layers[{l}].activation": "relu" for l in hidden}
        if squashes
        else {f"layers[{l}].init": "auto" for l in hidden},
        layer=1,
        numbers={"fallen": fallen, "factor": factor, "gradient": first.gradient},
        first=look.when,
        confidence=0.9 if gone else 0.8,
    )


def _stands_still(chart: Chart) -> str | None:
    """What a trial shows, in words; None where the network learns, or relu does not either."""
    trials, look = chart.trials, chart.look
    if trials is None or look is None or not chart.untrained:
        return None
    seen = trials.run()
    if seen is None or not seen.finite:
        return None
    if not seen.end > _NOTHING * min(abs(look.constant), abs(seen.start)):
        return None
    times = trials.better_rate(10.0)
    faster = None if times is None else trials.run(times)
    if faster is not None and faster.end < 0.7 * abs(look.constant):
        return None  # the learning rate is what holds it
    other = trials.fitted("relu")
    if other is None or not other.end < 0.5 * abs(look.constant):
        return None
    return (
        f" {seen.updates} steps bring the loss from {numeral(seen.start, 3)} to "
        f"{numeral(seen.end, 3)}, and no other rate far below; with relu and Adam it comes to "
        f"{numeral(other.end, 3)}."
    )
