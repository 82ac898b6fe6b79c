"""What the server answers to plain rows, as JSON or CSV."""

from __future__ import annotations

from itertools import compress
from typing import Any, cast

import numpy as np
import orjson

from glassnet.arrays import Array
from glassnet.data.rules import Encoded
from glassnet.data.tables import Table
from glassnet.estimators.table_face import Answers
from glassnet.serve.csv_rows import table_of_csv
from glassnet.serve.rows import cells_of_rows, ignored, matrix_of_cells, table_of_rows
from glassnet.serve.servable import Servable
from glassnet.serve.shelf import Served, Shelf
from glassnet.web.door import Call, Reply, reply
from glassnet.web.limits import Limits
from glassnet.web.refusals import Refused


class Plain:
    """``POST /predict`` and ``POST /models/{name}/predict``.

    Parameters
    ----------
    shelf : Shelf
    limits : Limits
    lenient : bool
        Predict rows with levels that training did not have, too, and count them.
    """

    def __init__(self, shelf: Shelf, limits: Limits, lenient: bool) -> None:
        self._shelf, self._limits, self._lenient = shelf, limits, lenient

    async def predict(self, call: Call) -> Reply:
        """Predictions, and what is known beside each: probabilities, quantiles, an interval."""
        held = self._shelf[call.path.get("name")]
        encoded, others = self._encoded(call, held)
        answers = held.face.read(await held.ask(encoded.x))
        found: dict[str, Any] = {
            "model": held.name,
            "version": held.version,
            "target": held.face.target,
            "predictions": predictions(answers, held.face),
        }
        if len(held.face.targets) > 1:
            found["targets"] = list(held.face.targets)
        if others:
            found["ignored"] = others
        return reply(found | counted(encoded))

    def _encoded(self, call: Call, held: Served) -> tuple[Encoded, list[str]]:
        kinds, most = held.face.kinds, self._limits.rows
        kind = call.headers.get(b"content-type", b"application/json").split(b";")[0].strip()
        if kind == b"text/csv":
            table, others = table_of_csv(call.body, kinds, most)
            return encoded_table(held, table, self._lenient), others
        if kind != b"application/json":
            raise Refused(
                415, "a body must be application/json or text/csv, as its Content-Type says."
            )
        told = parsed(call.body)
        rows: Any = cast("dict[str, Any]", told).get("rows") if isinstance(told, dict) else told
        if held.face.plain:
            x = matrix_of_cells(cells_of_rows(rows, tuple(kinds), most))
            encoded = None if x is None else held.face.scale(x)
            if encoded is not None:
                return encoded, ignored(rows, kinds)
        table = table_of_rows(rows, kinds, most)
        return encoded_table(held, table, self._lenient), ignored(rows, kinds)


def parsed(body: bytes | memoryview) -> Any:
    """The value of a JSON text; Refused, 400, if it is none.

    Examples
    --------
    >>> parsed(b"[1, 2]")
    [1, 2]
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, f"the body must be JSON (RFC 8259, so without NaN): {error}.") from None


def encoded_table(held: Served, table: Table, lenient: bool) -> Encoded:
    """A table as the network takes it.

    Raises
    ------
    Refused
        400 for a level that training did not have, unless ``lenient``.
    """
    encoded = held.face.encode(table)
    if encoded.unknown and not lenient:
        raise Refused(400, _unknown(held, table, min(encoded.unknown)))
    return encoded


def _unknown(held: Served, table: Table, name: str) -> str:
    levels = held.face.levels.get(name, ())
    known = set(levels)
    texts = table[name].texts().tolist()
    at, odd = next(
        ((row, text) for row, text in enumerate(texts, start=1) if text and text not in known),
        (1, ""),
    )
    listed = ", ".join(map(repr, levels[:10])) + (", …" if len(levels) > 10 else "")
    return (
        f"the column {name!r} must have a level of training ({listed}); row {at} has "
        f"{odd!r:.40}. Start the server with --unknown accept to predict such rows all the same."
    )


def predictions(answers: Answers, face: Servable) -> list[Any]:
    """An entry a row: the prediction, and what is known beside it by name.

    Examples
    --------
    >>> from glassnet.estimators.mlp import MLPClassifier
    >>> from glassnet.serve.servable import servable
    >>> clf = MLPClassifier((2,), solver="lbfgs").fit([[0.0], [1.0]], ["no", "yes"])
    >>> found = Answers(np.array(["yes"]), np.array([[0.25, 0.75]]))
    >>> predictions(found, servable(clf))
    [{'prediction': 'yes', 'probabilities': {'no': 0.25, 'yes': 0.75}}]
    """
    entries: list[dict[str, Any]] = [{"prediction": value} for value in plain(answers.values)]
    if answers.within is not None:
        for entry, row in zip(entries, answers.within.tolist(), strict=True):
            inside = row if face.within == "interval" else list(compress(face.names, row))
            entry[face.within] = inside
    if answers.details is not None:
        for entry, row in zip(entries, answers.details.tolist(), strict=True):
            entry[face.details] = dict(zip(face.names, row, strict=True))
    return entries


def plain(values: Array) -> list[Any]:
    """Values as JSON has them: what is neither number, text nor truth becomes text."""
    return [
        value if isinstance(value, bool | int | float | str | list) else str(value)
        for value in np.asarray(values).tolist()
    ]


def counted(encoded: Encoded) -> dict[str, Any]:
    """What training had not prepared for, by column, where there is any."""
    told = {"imputed": encoded.imputed, "unknown": encoded.unknown}
    return {name: counts for name, counts in told.items() if counts}
