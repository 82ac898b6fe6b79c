"""The task that one target or several pose together, and what must hold of their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from glassnet.arrays import Array
from glassnet.data.scaling import require_finite
from glassnet.data.tables import Column, Table
from glassnet.data.targets import Guess, TargetEncoder, Task, guess_task
from glassnet.errors import InvalidValue, UnknownName

TaskChoice: TypeAlias = Literal["auto", "classification", "regression"]

_TRUTHS = {"true": 1.0, "false": 0.0}
_FEW = 5  # rows; combinations of labels on fewer are split as one


class Posed(NamedTuple):
    """A task of one target or several, and in words why it was taken."""

    task: Task | Literal["multilabel"]
    reason: str


def require_target(table: Table, target: str) -> None:
    """Demand a column of that name with something in it, and others beside it.

    Raises
    ------
    UnknownName, InvalidValue

    Examples
    --------
    >>> from glassnet.data.frames import as_table
    >>> require_target(as_table([[1.0]], ["size"]), "size")
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: a table must have columns beside the target; it has only 'size'.
    """
    if target not in table:
        raise UnknownName("column", target, table.names)
    if len(table.names) == 1:
        raise InvalidValue(f"a table must have columns beside the target; it has only {target!r}.")
    missing = table[target].missing
    if len(missing) and missing.all():
        raise InvalidValue(
            f"a target must be there to learn from; {target!r} is missing in all {len(missing):,} "
            "rows. Choose another target column."
        )


def require_finite_numbers(table: Table) -> None:
    """Demand finite numbers, before rows are split, so that the rows named are those of the table.

    Raises
    ------
    InvalidValue
    """
    for column in table.columns:
        if column.kind == "numeric":
            require_finite(column.name, column.values)


def chosen_task(column: Column, choice: TaskChoice) -> Guess:
    """The task that was asked for, or the one that the target seems to pose.

    Raises
    ------
    InvalidValue
        If the target cannot be learned so.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> chosen_task(as_column([1, 2, 3], "grade"), "classification")
    Guess(task='multiclass', reason='as asked')
    """
    if choice == "auto":
        return guess_task(column)
    if choice == "classification":
        classes = {text for text in column.texts() if text is not None}
        return Guess("binary" if len(classes) == 2 else "multiclass", "as asked")
    if column.kind == "categorical":
        raise InvalidValue(
            f"the target of a regression must hold numbers; {column.name!r} holds text (as "
            f"{next(text for text in column.values if text is not None)!r:.40}). Choose another "
            "target column, or classification."
        )
    TargetEncoder.fit(column, "regression")  # which demands that it is complete and finite
    return Guess("regression", "as asked")


def posed_task(targets: Sequence[Column], choice: TaskChoice) -> Posed:
    """The task that was asked for, or the one that the targets seem to pose.

    Several targets are labels where each holds 0 and 1 (or false and true), and else numbers.

    Raises
    ------
    InvalidValue
        If they cannot be learned so, or not together.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> wet, cold = as_column([0, 1, 1], "wet"), as_column(["True", "False", "True"], "cold")
    >>> posed_task([wet, cold], "auto")
    Posed(task='multilabel', reason="'wet' and 'cold' hold 0 and 1 only")
    """
    if len(targets) == 1:
        return Posed(*chosen_task(targets[0], choice))
    columns = [as_truths(column) for column in targets]
    for column in columns:
        _require_no_text(column)
        guess_task(column)  # which demands that it is complete and varies
    labels = [column for column in columns if _is_label(column)]
    others = [column for column in columns if not _is_label(column)]
    names = in_words([column.name for column in columns])
    if choice == "regression" or (choice == "auto" and not labels):
        return Posed("regression", "as asked" if choice != "auto" else f"{names} hold numbers")
    if not others:
        return Posed("multilabel", f"{names} hold 0 and 1 only")
    if choice == "classification":
        raise InvalidValue(
            "several targets of classes must hold 0 and 1 each (or true and false); "
            f"{others[0].name!r} holds other numbers. Fit a model of its own for it."
        )
    raise InvalidValue(
        f"several targets must be of one sort; {labels[0].name!r} holds 0 and 1 only, and "
        f"{others[0].name!r} other numbers. Fit a model for each, or take all for numbers with "
        "--task regression."
    )


def as_truths(column: Column) -> Column:
    """A column of the texts true and false, in any case, as truths; any other as it is.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> as_truths(as_column(["True", None, "False"], "wet")).values.tolist()
    [1.0, nan, 0.0]
    """
    if column.kind != "categorical":
        return column
    texts: list[str | None] = [
        None if value is None else value.strip().lower() for value in column.values.tolist()
    ]
    if not {*texts} - {None} <= set(_TRUTHS):
        return column
    values = [np.nan if text is None else _TRUTHS[text] for text in texts]
    return Column(column.name, "boolean", np.array(values))


def strata(targets: Sequence[Column], task: str) -> Array | None:
    """A number per row, by which the split of the rows keeps its shares; None for numbers.

    Rows of the same class have the same one, and rows of several labels those with the same labels;
    combinations on few rows count as one.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> strata([as_column(["no", "yes", "no"], "sold")], "binary").tolist()
    [0, 1, 0]
    """
    if task == "regression":
        return None
    if task != "multilabel":
        (target,) = targets
        kind: Task = "binary" if task == "binary" else "multiclass"
        return TargetEncoder.fit(target, kind).codes(target)
    rows = np.stack([column.values for column in targets], axis=1)
    _, codes, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    codes = codes.reshape(-1)
    return np.where(counts[codes] < _FEW, -1, codes)


def in_words(names: Sequence[str]) -> str:
    """Names in quotes, as in 'a', 'b' and 'c'.

    Examples
    --------
    >>> in_words(["wet"]), in_words(["wet", "cold", "dark"])
    ("'wet'", "'wet', 'cold' and 'dark'")
    """
    quoted = [repr(name) for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _require_no_text(column: Column) -> None:
    if column.kind == "categorical":
        text = next((value for value in column.values if value is not None), "")
        raise InvalidValue(
            "several targets must hold numbers, or 0 and 1 (true and false) each; "
            f"{column.name!r} holds text (as {text!r:.40}). Fit a model of its own for it."
        )


def _is_label(column: Column) -> bool:
    return column.kind == "boolean" or bool(np.isin(column.values, (0.0, 1.0)).all())
