"""What a run has been through, an epoch a row, in bounded memory."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Mapping, Sequence

MOST_EPOCHS = 100_000  # kept to the last bit: 5 MB
MOST_POINTS = 3000  # drawn; the curve is thinned to half of it when it is full
COLUMNS = ("epoch", "step", "J", "rate", "val_loss", "val_metric")


class Record:
    """The history of a run, whole up to 100,000 epochs, and the curve that is drawn of it.

    One thread writes and others read.

    Examples
    --------
    >>> record = Record("accuracy")
    >>> record.add({"epoch": 1, "step": 10, "J": 0.5, "rate": 0.1})
    >>> record.column("J"), record.column("val_loss")
    ([0.5], [nan])
    """

    def __init__(self, metric: str) -> None:
        self.metric = metric
        self._metric = f"val_{metric}"
        self._columns = {name: array("d") for name in COLUMNS}
        self._lock = threading.Lock()
        self.curve = Curve()
        self.epochs = 0

    def add(self, row: Mapping[str, float]) -> None:
        """Note an epoch; ``epoch`` of the row counts within a call of train, here all count."""
        self.epochs += 1
        nan = float("nan")
        told = {
            "epoch": float(self.epochs),
            "val_metric": row.get(self._metric, nan),
            **{name: float(row.get(name, nan)) for name in ("step", "J", "rate", "val_loss")},
        }
        if self.epochs <= MOST_EPOCHS:
            with self._lock:
                for name in COLUMNS:
                    self._columns[name].append(told[name])
        self.curve.add([told["step"], told["epoch"], told["J"], told["val_loss"], nan,
                        told["val_metric"]])  # fmt: skip

    def column(self, name: str) -> list[float]:
        """A column of the history."""
        with self._lock:
            return list(self._columns[name])

    def to_dict(self) -> dict[str, list[float]]:
        """The history by columns; ``val_metric`` under the metric's own name."""
        return {
            (self._metric if name == "val_metric" else name): self.column(name) for name in COLUMNS
        }


POINT = ("steps", "epochs", "loss", "test_loss", "metric", "test_metric")


class Curve:
    """Points in the order in which they came, thinned when there are too many to draw.

    Examples
    --------
    >>> curve = Curve()
    >>> for step in range(4000):
    ...     curve.add([step, 0, 0, 0, 0, 0])
    >>> points, _ = curve.since(None)
    >>> len(points["steps"]) <= 1500, points["steps"][0]
    (True, 0)
    """

    def __init__(self) -> None:
        self._points: list[list[float]] = []
        self._first = 0  # the number of the first point kept in sequence
        self._every, self._seen = 1, 0
        self._thinned = 0
        self._lock = threading.Lock()

    def add(self, point: list[float]) -> None:
        """Note a point, or leave it out where points are already dense."""
        with self._lock:
            self._seen += 1
            if (self._seen - 1) % self._every:
                return
            self._points.append(point)
            if len(self._points) >= MOST_POINTS:
                self._points = self._points[::2]
                self._every *= 2
                self._thinned += 1

    def begin(self, point: list[float]) -> None:
        """Note how it stood before the first epoch, once."""
        with self._lock:
            if not self._points:
                self._points.append(point)

    def mark(self, metric: float) -> None:
        """Note the metric on the training rows at the newest point."""
        with self._lock:
            if self._points:
                self._points[-1][4] = metric

    def since(
        self, place: tuple[int, int] | None
    ) -> tuple[dict[str, Sequence[float]], tuple[int, int]]:
        """The points after a place, or at most 1,500 of all; and the place that is now reached.

        After a thinning, the whole curve comes again.
        """
        with self._lock:
            whole = place is None or place[0] != self._thinned
            start = 0 if place is None or whole else place[1]
            points = self._points[start:]
            if whole and len(points) > MOST_POINTS // 2:
                last = points[-1]
                points = points[::2]
                points += [last] if points[-1] is not last else []
                points = points[-(MOST_POINTS // 2) :]
            reached = (self._thinned, len(self._points))
            columns = list(zip(*points, strict=True)) if points else [() for _ in POINT]
        told: dict[str, Sequence[float]] = dict(zip(POINT, columns, strict=True))
        return {"from": start, **told}, reached  # type: ignore[dict-item]
