"""The options of ``glassnet fit`` that are for an average of networks, by what they are about."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from glassnet.cli.fit_options import kinds, levels, of_tables
from glassnet.cli.options import Named, in_order
from glassnet.data.scales import SCALES
from glassnet.estimators.tables.checks import METRICS
from glassnet.estimators.tables.numeric_target import LOSSES
from glassnet.estimators.tables.presets import PRESETS

_AT_LEAST_ONE = click.IntRange(1)
_PRESETS = "the preset's"
_ALL_METRICS = tuple(dict.fromkeys((*METRICS["classification"], *METRICS["regression"])))

_training: Any = partial(of_tables, heading="Training the average of networks")
_target: Any = partial(of_tables, heading="What it predicts")
_columns: Any = partial(of_tables, heading="Its rows and columns")

training_options = in_order(
    _training(
        "--preset", type=Named("preset", PRESETS), default="default", metavar="NAME",
        help="fast (seconds), default or best (more members that train longer).",
    ),
    _training(
        "--time-budget", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
        show_default="none", help="Time for the training, about: it gets fewer epochs.",
    ),
    _training(
        "--max-row-visits", type=_AT_LEAST_ONE, default=40_000_000,
        help="Rows × epochs × members at most; a larger table gets fewer epochs.",
    ),
    _training(
        "--members", type=_AT_LEAST_ONE, show_default=_PRESETS,
        help="Networks to train; those that help are averaged.",
    ),
    _training(
        "--metric", type=Named("metric", _ALL_METRICS), metavar="NAME",
        show_default="auto, or loss",
        help=f"What chooses the best epoch: of classes {', '.join(METRICS['classification'])}; "
        f"of numbers {', '.join(METRICS['regression'])}.",
    ),
    _training(
        "--refit", is_flag=True, help="Train again on all but the test rows; 2.1 times the time."
    ),
)  # fmt: skip
target_options = in_order(
    _target(
        "--loss", type=Named("loss", sorted({*LOSSES} - {"quantile"})), metavar="NAME",
        show_default="squared_error",
        help="Of numbers: squared_error (the mean), absolute_error (the median), huber, or poisson "
        "for counts.",
    ),
    _target(
        "--quantiles", callback=levels, metavar="LEVELS",
        help="Predict quantiles of numbers, as in 0.1,0.5,0.9.",
    ),
    _target(
        "--coverage", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="SHARE",
        help="Predict an interval too, or a set of classes, that holds this share of new rows; "
        "calibrated on the test rows.",
    ),
    _target("--balanced", is_flag=True, help="Every class weighs as much as any other."),
    _target(
        "--calibrate/--no-calibrate", default=None, show_default="calibrate",
        help="Fit a temperature to the probabilities.",
    ),
)  # fmt: skip
column_options = in_order(
    _columns("--weight", metavar="COLUMN", help="Weights of the rows; the column is no input."),
    _columns(
        "--kind", "kinds", callback=kinds, multiple=True, metavar="COLUMN=KIND",
        help="What a column is: number, category, date, or its levels as in low,mid,high; "
        "repeatable.",
    ),
    _columns(
        "--scaling", type=Named("scaling", SCALES), metavar="NAME", show_default=_PRESETS,
        help=f"How numbers are scaled: {', '.join(SCALES)}.",
    ),
    _columns(
        "--min-count", type=_AT_LEAST_ONE, show_default="by the rows, 1 to 10",
        help="Levels of a category on fewer rows share one.",
    ),
    _columns(
        "--missing-target", type=click.Choice(["error", "drop"]), default="error",
        help="What to do with rows without a target.",
    ),
    _columns(
        "--infinite", type=click.Choice(["refuse", "missing"]), default="refuse",
        help="What to do with infinite numbers.",
    ),
)  # fmt: skip
