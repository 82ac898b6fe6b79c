"""``glassnet fit``: a table in; a model file, a score and a report out."""

from __future__ import annotations

from typing import Any

import click

from glassnet.cli.fit_options import FitCommand, of_plain, own_options, parameters
from glassnet.cli.options import Named, as_json, given_command, learning, quietly, units
from glassnet.cli.places import Places
from glassnet.cli.plain_fit import fit_plain
from glassnet.cli.table_fit import fit_tables
from glassnet.cli.table_options import column_options, target_options, training_options
from glassnet.network.activations import ACTIVATIONS
from glassnet.optim.optimizers import OPTIMIZERS

_AT_LEAST_ONE = click.IntRange(1)
_POSITIVE = click.FloatRange(0, min_open=True)
_PRESETS = "the preset's"
_COMMON = ("drop", "encoding", "delimiter", "threads", "as_json", "quiet")
_OF_NETWORKS = (
    "hidden", "activation", "dropout", "learning_rate", "epochs", "batch_size", "patience",
)  # fmt: skip


@click.command(cls=FitCommand, context_settings={"show_default": True})
@learning("report.html", several=True)
@click.option(
    "--test-size",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.2,
    help="Share of the rows kept apart for the score.",
)
@click.option(
    "--hidden", callback=units, show_default=f"{_PRESETS}; plain: 64,64",
    help="Units of the hidden layers, or none.",
)  # fmt: skip
@click.option(
    "--activation", type=Named("activation", sorted(set(ACTIVATIONS) - {"softmax"})),
    metavar="NAME", show_default=f"{_PRESETS}; plain: relu",
    help=f"One of {', '.join(sorted(set(ACTIVATIONS) - {'softmax'}))}.",
)  # fmt: skip
@click.option(
    "--dropout", type=click.FloatRange(0, 1, max_open=True), show_default=f"{_PRESETS}; plain: 0"
)
@click.option("--learning-rate", type=_POSITIVE, show_default=f"{_PRESETS}; plain: the optimizer's")
@click.option(
    "--epochs", type=_AT_LEAST_ONE, show_default=f"{_PRESETS}; plain: 200", help="Epochs at most."
)
@click.option("--batch-size", type=_AT_LEAST_ONE, show_default="by the number of rows")
@click.option(
    "--patience", type=click.IntRange(0), show_default=f"{_PRESETS}; plain: 20",
    help="Epochs without a better validation loss.",
)  # fmt: skip
@click.option(
    "--threads", type=_AT_LEAST_ONE, show_default="the engine's choice",
    help="Members trained at a time; plain: threads of a step.",
)  # fmt: skip
@as_json
@quietly
@training_options
@target_options
@column_options
@click.option("--plain", is_flag=True, help="Train one plain network, without all that.")
@of_plain("--batch-norm", is_flag=True, help="Batch normalisation in every hidden layer.")
@of_plain(
    "--optimizer", type=Named("optimizer", sorted(OPTIMIZERS)), default="adam", metavar="NAME",
    help=f"One of {', '.join(sorted(OPTIMIZERS))}.",
)  # fmt: skip
@of_plain("--alpha", type=click.FloatRange(0), default=1e-4, help="Strength of the L2 penalty.")
@of_plain("--checkpoint", type=click.Path(), help="Save the run to this file as it goes.")
@of_plain("--resume", is_flag=True, help="Go on from the checkpoint.")
@of_plain(
    "--ranks", type=_AT_LEAST_ONE, default=1,
    help="Processes of this machine that train together, each on a share of every batch.",
)  # fmt: skip
@of_plain(
    "--restarts", type=click.IntRange(0), default=3,
    help="How often a killed rank may be started again; goes with --checkpoint.",
)  # fmt: skip
@of_plain(
    "--ray", metavar="ADDRESS",
    help="Train on the Ray cluster at host:port, or auto: a processor for each of the --ranks.",
)  # fmt: skip
@of_plain(
    "--precision", type=click.Choice(["full", "bf16"]), default="full",
    help="bf16: products of bfloat16 numbers, where the processor has them.",
)  # fmt: skip
@of_plain(
    "--stream/--no-stream", default=None, show_default="where memory is short",
    help="Read Parquet from disk as it is trained on.",
)  # fmt: skip
@of_plain("--skip-bad", is_flag=True, help="Leave out row groups that cannot be read.")
@click.pass_context
def fit(
    context: click.Context,
    data: str,
    target: tuple[str, ...],
    output: str,
    report: str,
    no_report: bool,
    plain: bool,
    **options: Any,
) -> None:
    """Learn the column --target of the table DATA, and write a model file.

    DATA is a .csv, .tsv, .jsonl, .parquet, .feather or .npz file (text files also with .gz). All
    columns but the target become inputs: numbers, texts and truths, with gaps. An average of
    networks is trained, each validated on other rows, and scored on rows that none has seen.
    Several targets are predicted together: all numbers, or all 0 and 1.

    With --plain one network is trained. DATA may then be a folder of .parquet files, which may
    hold more than fits in memory.
    """
    own = own_options(context, plain=plain)
    common = {name: options[name] for name in _COMMON}
    given = {name: options[name] for name in _OF_NETWORKS if options[name] is not None}
    places = Places(
        data,
        target,
        output,
        None if no_report else report,
        given_command(data),
        own.pop("checkpoint", None),
    )
    split: dict[str, Any] = {name: options[name] for name in ("task", "test_size", "seed")}
    if plain:
        chosen = {name: own.pop(name) for name in ("batch_norm", "optimizer", "alpha")}
        fit_plain(places, {**split, **given, **chosen}, **common, **own)
        return
    asked = {name: own.pop(name) for name in ("weight", "coverage")}
    fit_tables(places, parameters(given, own), **split, **asked, **common)
