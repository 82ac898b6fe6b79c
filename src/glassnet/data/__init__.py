"""Files and frames to typed columns, columns to arrays, and which rows go where."""

from __future__ import annotations

from glassnet.data.batches import Batch, Data, Order, Selection
from glassnet.data.datasets import (
    bundled,
    circles,
    flower,
    linear,
    sine,
    spiral,
    two_moons,
    xor,
)
from glassnet.data.encode import TableEncoder
from glassnet.data.frames import as_column, as_table
from glassnet.data.readers import read_table
from glassnet.data.rules import Encoded, LevelRule, NumberRule
from glassnet.data.splits import folds, hold_out
from glassnet.data.tables import Column, Kind, Table
from glassnet.data.targets import Guess, TargetEncoder, Task, guess_task
from glassnet.data.writers import write_csv

__all__ = [
    "Batch",
    "Column",
    "Data",
    "Encoded",
    "Guess",
    "Kind",
    "LevelRule",
    "NumberRule",
    "Order",
    "Selection",
    "Table",
    "TableEncoder",
    "TargetEncoder",
    "Task",
    "as_column",
    "as_table",
    "bundled",
    "circles",
    "flower",
    "folds",
    "guess_task",
    "hold_out",
    "linear",
    "read_table",
    "sine",
    "spiral",
    "two_moons",
    "write_csv",
    "xor",
]
