"""The target column: which task it poses, and its values as a network's targets and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from glassnet.arrays import Array
from glassnet.data.cells import as_text, rows_in_words
from glassnet.data.scaling import center_and_scale, require_finite, standardised
from glassnet.data.tables import Column, Kind
from glassnet.errors import BadFile, InvalidValue, UnknownName

Task: TypeAlias = Literal["binary", "multiclass", "regression"]

FEW_NUMBERS = 20
ROWS_PER_NUMBER = 10


class Guess(NamedTuple):
    """A task, and in words why it was taken."""

    task: Task
    reason: str


def guess_task(column: Column) -> Guess:
    """Guess the task that a target poses.

    Two different values are a binary target. Text and booleans are classes. Numbers are classes
    when all are whole, at most 20 differ, and there are at least 10 rows for each; else they are
    quantities. A count from 0 to 12 may so be taken for classes: the reason tells, and the caller
    can overrule.

    Raises
    ------
    InvalidValue
        If there is no target with which to begin: no rows, values missing, one value only, or a
        text of its own on more than half of the rows.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> guess_task(as_column(["no", "yes", "no"], "sold"))
    Guess(task='binary', reason="'sold' holds two different texts, 'no' and 'yes'")
    >>> guess_task(as_column([0.1, 0.2, 0.3], "price")).reason
    "'price' holds 3 different numbers, not all whole"
    """
    _require_complete(column)
    return guess_of(column.name, column.kind, _distinct(column), len(column))


def guess_of(name: str, kind: Kind, values: Sequence[Any], rows: int) -> Guess:
    """Guess the task of a target by its different values, sorted, and its number of rows.

    Raises
    ------
    InvalidValue
        See :func:`guess_task`.

    Examples
    --------
    >>> guess_of("sold", "boolean", [False, True], 5).task
    'binary'
    """
    many = len(values)
    if many == 1:
        raise InvalidValue(
            f"a target must vary; {name!r} is {values[0]!r} in all {rows:,} rows. "
            "Choose another target column."
        )
    noun = {"numeric": "numbers", "boolean": "values", "categorical": "texts"}[kind]
    if many == 2:
        one, other = (_shown(value) for value in values)
        return Guess("binary", f"{name!r} holds two different {noun}, {one} and {other}")
    if kind == "categorical":
        if many > max(FEW_NUMBERS, rows // 2):
            raise InvalidValue(
                f"a target of classes needs some rows for each; {name!r} holds {many:,} different "
                f"texts in {rows:,} rows (as {values[0]!r:.40}). Choose another target column, or "
                "turn the texts into numbers."
            )
        return Guess("multiclass", f"{name!r} holds {many} different texts")
    if not np.all(np.mod(values, 1) == 0):
        return Guess("regression", f"{name!r} holds {many:,} different numbers, not all whole")
    if many <= FEW_NUMBERS and rows >= ROWS_PER_NUMBER * many:
        reason = f"{name!r} holds only {many} different whole numbers in {rows:,} rows"
        return Guess("multiclass", reason)
    return Guess("regression", f"{name!r} holds {many:,} different whole numbers in {rows:,} rows")


@dataclass(frozen=True)
class TargetEncoder:
    """What a training target taught. Make one with :meth:`fit`.

    Attributes
    ----------
    name : str
        The target column's.
    task : "binary", "multiclass" or "regression"
    classes : tuple of str, bool, int or float
        Sorted; empty for regression.
    mean, scale : float
        Of the training target of a regression, standardised like an input; else 0 and 1.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> target = as_column(["no", "yes", "no"], "sold")
    >>> encoder = TargetEncoder.fit(target, "binary")
    >>> encoder.transform(target).ravel(), encoder.labels([1, 0]).tolist()
    (array([0., 1., 0.]), ['yes', 'no'])
    """

    name: str
    task: Task
    classes: tuple[Any, ...] = ()
    mean: float = 0.0
    scale: float = 1.0

    @classmethod
    def fit(cls, column: Column, task: Task) -> TargetEncoder:
        """Learn the classes, or the mean and scale, from the rows of training.

        Raises
        ------
        InvalidValue
            If values are missing or infinite, a regression's target is text, or the classes are
            not two for a binary task and at least two for a multiclass one.
        """
        if task not in get_args(Task):
            raise UnknownName("task", task, get_args(Task))
        _require_complete(column)
        if task == "regression":
            _require_numbers(column)
            return cls(column.name, task, (), *center_and_scale(column.values))
        classes = _distinct(column)
        if len(classes) < 2 or (task == "binary" and len(classes) > 2):
            need = "two classes" if task == "binary" else "at least two classes"
            raise InvalidValue(
                f"a {task} target must have {need}; {column.name!r} has {len(classes)}. "
                "Choose another target column or task."
            )
        return cls(column.name, task, tuple(classes))

    @property
    def outputs(self) -> int:
        """Columns of the network's output: one per class of a multiclass task, else one."""
        return len(self.classes) if self.task == "multiclass" else 1

    def codes(self, column: Column) -> Array:
        """The number of each row's class.  -> (n,) int64

        Raises
        ------
        InvalidValue
            If a value is missing, or is no class of training.
        """
        _require_complete(column)
        number = {as_text(label): code for code, label in enumerate(self.classes)}
        texts = column.texts()
        codes = np.fromiter((number.get(text, -1) for text in texts), np.int64, len(texts))
        unknown = codes < 0
        if unknown.any():
            known = ", ".join(map(_shown, self.classes[:10]))
            raise InvalidValue(
                f"the target {column.name!r} must be one of the classes of training ({known}); it "
                f"is {texts[unknown][0]!r:.40} at {rows_in_words(unknown)}. Correct these rows."
            )
        return codes

    def transform(self, column: Column) -> Array:
        """The network's targets: 0 or 1, a row per class, or standardised.  -> (n, outputs)"""
        if self.task == "regression":
            _require_complete(column)
            _require_numbers(column)
            return standardised(self.name, column.values, self.mean, self.scale)[:, None]
        codes = self.codes(column)
        if self.task == "binary":
            return codes[:, None].astype(np.float64)
        return np.eye(self.outputs)[codes]

    def labels(self, codes: Any) -> Array:
        """The class of each number.  (n,) int -> (n,) of the classes' type"""
        return np.array(self.classes, dtype=self._label_type())[np.asarray(codes)]

    def restored(self, outputs: Array) -> Array:
        """Standardised outputs of a regression in the target's own units.  (n, 1) -> (n,)"""
        return np.asarray(outputs, dtype=np.float64)[:, 0] * self.scale + self.mean

    def _label_type(self) -> Any:
        return object if isinstance(self.classes[0], str) else None

    def to_header(self) -> dict[str, Any]:
        """Return the encoder as JSON, for a model file."""
        return {
            "name": self.name,
            "task": self.task,
            "classes": list(self.classes),
            "mean": self.mean,
            "scale": self.scale,
        }

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> TargetEncoder:
        """Return the encoder that :meth:`to_header` described; BadFile if it is anything else."""
        fields = ("name", "task", "classes", "mean", "scale")
        try:
            name, task, classes, mean, scale = (header[field] for field in fields)
            many = {"regression": 0, "binary": 2, "multiclass": max(2, len(classes))}[task]
            types = {type(label) for label in classes}
            if types - {str, bool, int, float} or len(types) != min(many, 1):
                raise TypeError("classes must be of one type")
            if len(classes) != many or classes != sorted(set(classes)):
                raise ValueError(f"the classes are not those of a {task} task")
            if not (isinstance(name, str) and isinstance(mean, float) and scale > 0.0):
                raise ValueError("name, mean or scale is not valid")
        except (KeyError, TypeError, ValueError) as error:
            raise BadFile(f"the file's encoder of the target is not valid: {error}.") from error
        return cls(name, task, tuple(classes), mean, float(scale))


def _distinct(column: Column) -> list[Any]:
    """Sorted different values: texts, False and True, whole numbers as int, or floats."""
    if column.kind == "categorical":
        return sorted(set(column.values.tolist()))
    values = np.unique(column.values)
    if column.kind == "boolean":
        return [bool(value) for value in values]
    whole = bool(np.all(np.mod(values, 1) == 0) and np.all(np.abs(values) < 2**53))
    return [int(value) if whole else float(value) for value in values]


def _require_complete(column: Column) -> None:
    if len(column) == 0:
        raise InvalidValue(f"the target {column.name!r} must have at least one row; it has none.")
    if column.kind == "date":
        raise InvalidValue(
            f"a target must hold numbers or classes; {column.name!r} holds dates. Make numbers of "
            "them, as the days until then, or choose another target column."
        )
    missing = column.missing
    if missing.any():
        raise InvalidValue(
            f"a target must not be missing; {column.name!r} is in {int(missing.sum()):,} of "
            f"{len(column):,} rows ({rows_in_words(missing)}). Leave these rows out."
        )
    if column.kind == "numeric":
        require_finite(column.name, column.values)


def _require_numbers(column: Column) -> None:
    if column.kind == "categorical":
        raise InvalidValue(
            f"the target of a regression must hold numbers; {column.name!r} holds text (as "
            f"{column.values[0]!r:.40}). Choose another target column, or task 'multiclass'."
        )


def _shown(label: Any) -> str:
    return f"{label!r:.40}"
