"""Rows of a table as a model's network takes them: what ``trace`` and ``derive`` look at."""

from __future__ import annotations

from dataclasses import dataclass

import click
import numpy as np

from glassnet.arrays import Array
from glassnet.cli.opened import opened, tell_of_first
from glassnet.cli.options import in_order, text_file
from glassnet.data.readers import read_table
from glassnet.errors import InvalidValue
from glassnet.estimators.table_face import TableFace
from glassnet.estimators.table_model import TableModel

_MOST_NAMES = 12


@dataclass(frozen=True)
class ModelRows:
    """A model and encoded rows; ``y`` is None where the table has no target column.

    Attributes
    ----------
    face : TableFace
    x : (m, n₀)
    y : (m, n_L) or None
    numbers : tuple of int
        Which rows of the table they are, counted from 1.
    """

    face: TableFace
    x: Array
    y: Array | None
    numbers: tuple[int, ...]

    @property
    def model(self) -> TableModel:
        """One network: the first, where the file holds several."""
        return self.face.first

    def names(self) -> list[str]:
        """Lines that say what the columns of a[0] and of y are."""
        features, target = self.model.encoder.feature_names, self.model.target
        shown = ", ".join(f"{j} {name}" for j, name in enumerate(features[:_MOST_NAMES]))
        more = len(features) - _MOST_NAMES
        lines = [f"columns of a[0]: {shown}" + (f" and {more:,} more" if more > 0 else "")]
        if not self.face.plain:
            lines.append(f"columns of y: {', '.join(self.face.model.head_.output_names)}")
        elif target.task == "regression":
            lines.append(
                f"y: ({target.name} − {target.mean:g}) / {target.scale:g}".replace("-", "−")
            )
        elif target.task == "binary":
            lines.append(f"y: 1 where {target.name} is {target.classes[1]}, else 0")
        else:
            each = ", ".join(f"{k} {label}" for k, label in enumerate(target.classes))
            lines.append(f"columns of y: {each}")
        return lines


def model_rows(
    model: str, data: str, rows: tuple[int, ...], encoding: str, delimiter: str | None
) -> ModelRows:
    """Read a model and a table, and encode the rows asked for; all where none are.

    Raises
    ------
    InvalidValue
        If a row is not there.
    """
    face = opened(model)
    tell_of_first(face)
    loaded = face.first
    table = read_table(data, encoding=encoding, delimiter=delimiter, kinds=loaded.encoder.kinds)
    last = len(table)
    beyond = [row for row in rows if row > last]
    if beyond:
        many = "1 row" if last == 1 else f"{last:,} rows"
        raise InvalidValue(
            f"{data} has {many}; there is no row {beyond[0]:,}. Rows are counted from 1, the "
            "header left out."
        )
    numbers = rows or tuple(range(1, last + 1))
    part = table.take(np.array(numbers) - 1)
    return ModelRows(face, face.encode(part).x, face.encoded_target(part), numbers)


reading = in_order(
    click.argument("model", type=click.Path()),
    click.argument("data", type=click.Path()),
    text_file,
)
