"""Signal and error through 20 layers, for each activation and each way to draw the first weights.

The signal is what a[l] tells one row from another, the error is δ[l]. Where a layer shrinks or
grows them by a factor, 20 layers do so to its 20th power.

python examples/twenty_layers.py [--quick] [--figure FILE]
"""

import argparse

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

import glassnet as gn
from glassnet.report.look import BLUE, INK, PAPER, VERMILION, finished, look, new_figure

ACTIVATIONS = (
    "identity", "logistic", "tanh", "softsign", "sin", "relu", "leaky_relu", "elu", "selu", "gelu",
    "silu", "mish", "softplus",
)  # fmt: skip
FIRST_WEIGHTS = {
    "0.01\nrandn": gn.Normal(0.01),
    "1\nrandn": gn.Normal(1.0),
    "Glorot,\nLeCun": gn.GlorotNormal(),  # the same where n_in = n_out
    "ortho-\ngonal": gn.Orthogonal(),
    "He": gn.HeNormal(),
}
LAYERS, UNITS, ROWS = 20, 64, 64


def factors(activation: str, init: gn.Initializer, seed: int) -> tuple[float, float]:
    """Log₁₀ of what becomes of the spread of a from layer 1 to 20, of the length of δ back."""
    hidden = [gn.Dense(UNITS, activation, init=init) for _ in range(LAYERS)]
    net = gn.Network(UNITS, [*hidden, gn.Dense(1, "identity")], seed=seed)
    rng = np.random.default_rng(seed)
    t = gn.trace(net, rng.normal(size=(ROWS, UNITS)), rng.normal(size=ROWS))
    with np.errstate(divide="ignore"):
        signal = np.log10(t.a[LAYERS].std(axis=0).mean()) - np.log10(t.a[1].std(axis=0).mean())
        error = np.log10(np.linalg.norm(t.delta[1])) - np.log10(np.linalg.norm(t.delta[LAYERS]))
    return float(signal), float(error)


@look()
def draw(tables: np.ndarray) -> Figure:
    """Two tables of powers of ten: blue fades, red grows, white stays."""
    figure = new_figure(7.4, 4.3)
    colours = LinearSegmentedColormap.from_list("fades and grows", [BLUE, PAPER, VERMILION])
    titles = "signal: spread of a, layer 1 to 20", "error: length of δ, layer 20 to 1"
    for ax, table, title in zip(figure.subplots(1, 2, sharey=True), tables, titles, strict=True):
        image = ax.imshow(table, cmap=colours, vmin=-10, vmax=10, aspect="auto")
        for (i, j), power in np.ndenumerate(table):
            dark = abs(power) > 7
            text = f"{power:+.0f}".replace("-", "−") if abs(power) >= 0.5 else "0"
            ax.text(j, i, text, ha="center", va="center", color=PAPER if dark else INK, fontsize=8)
        ax.set_xticks(range(len(FIRST_WEIGHTS)), list(FIRST_WEIGHTS), fontsize=8)
        ax.set_yticks(range(len(ACTIVATIONS)), ACTIVATIONS)
        ax.set_title(title)
        ax.grid(visible=False)
        ax.tick_params(length=0)
    figure.colorbar(image, ax=figure.axes, extend="both", label="factor over 20 layers, log₁₀")
    return finished(figure)


def main(quick: bool = False, figure: str | None = None) -> None:
    """Measure all pairs, the median of some seeds."""
    seeds = range(1 if quick else 9)
    tables = np.array(
        [
            [
                np.median([factors(activation, init, seed) for seed in seeds], axis=0)
                for init in FIRST_WEIGHTS.values()
            ]
            for activation in ACTIVATIONS
        ]
    ).transpose(2, 0, 1)
    for name, table in zip(("signal", "error"), tables, strict=True):
        print(f"{name:12s}", *(f"{key.split()[0].strip(',-'):>7s}" for key in FIRST_WEIGHTS))
        for activation, row in zip(ACTIVATIONS, table, strict=True):
            print(f"{activation:12s}", " ".join(f"{power:7.1f}" for power in row))
    signal, error = (dict(zip(ACTIVATIONS, table, strict=True)) for table in tables)
    small, large, glorot, _, he = range(len(FIRST_WEIGHTS))
    assert tables[:, :, small].max() < -10
    assert min(signal["relu"][large], error["tanh"][large]) > 4
    fitting = slice(glorot, he + 1)
    assert max(signal["logistic"][fitting].max(), error["logistic"][fitting].max()) < -8
    for activation, init in (("tanh", glorot), ("selu", glorot), ("relu", he), ("elu", he)):
        assert max(abs(signal[activation][init]), abs(error[activation][init])) < 2
    print(
        "0.01 · randn fades with every activation and 1 · randn grows with most. Glorot carries "
        "tanh and selu through 20 layers and He carries relu and its kin, but the logistic "
        "function fades with each of the three that fit the width."
    )
    if figure:
        draw(tables).savefig(figure)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--figure", metavar="FILE")
    main(**vars(options.parse_args()))
