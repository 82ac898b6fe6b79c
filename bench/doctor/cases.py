"""The case file: a failing or healthy program a line, as plain data, and its fixed twin."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEALTHY = "HEALTHY"
AT_THE_END = ("FEW_STEPS", "OVERFIT")  # causes that are judged when training is over


_FIX_KEYS = frozenset({"layers", "weight_init", "bias_init", "network", "training", "preprocess",
                       "data_recipe", "csv"})  # fmt: skip
_REMARKS = ("words", "note", "notes", "comment", "why")


class BadCase(ValueError):
    """A case that the bench cannot run: what it does not know, and in which case."""


def known(given: Mapping[str, Any], names: Iterable[str], whose: str) -> None:
    """Refuse what the bench would otherwise leave out in silence; remarks may say anything.

    Raises
    ------
    BadCase
    """
    strange = sorted(key for key in set(given) - set(names)
                     if key.rpartition("_")[2] not in _REMARKS)  # fmt: skip
    if strange:
        raise BadCase(f"{whose} has {', '.join(strange)}, which the bench does not know.")


@dataclass(frozen=True)
class Recipe:
    """One program as the file writes it: a case, or what its reference fix makes of it."""

    case: str
    network: Mapping[str, Any]
    training: Mapping[str, Any]
    preprocess: Mapping[str, Any]
    csv: str
    told_csv: str  # where the true labels stand
    inputs: int


@dataclass(frozen=True)
class Case:
    """A line of the file.

    Attributes
    ----------
    id, role : str
    faults : tuple of str
        The primary one first; empty where the case is healthy.
    where : str
        Which part is at fault, in words.
    record : dict
        The line itself.
    broken : str
        Why it is no case; empty of one that is.
    """

    id: str
    role: str
    faults: tuple[str, ...]
    where: str
    record: Mapping[str, Any]
    data_recipes: Mapping[str, str]
    broken: str = ""

    @property
    def healthy(self) -> bool:
        """Whether it is a control."""
        return not self.faults

    @property
    def cures(self) -> frozenset[str]:
        """Single edits that are known to cure it."""
        known = self.record.get("alternative_cures") or {}
        return frozenset(known.get("single_edits") or ())

    def recipe(self, *, fixed: bool = False) -> Recipe:
        """The program, or its fixed twin: what the fix names is replaced, the rest stays."""
        network, problem = dict(self.record["network"]), self.record["problem"]
        training = dict(self.record["training"])
        preprocess = dict(problem.get("preprocess") or {})
        csv = str(problem["csv"])
        fix = self.record.get("fix_spec") or {}
        if fixed:
            known(fix, _FIX_KEYS, "fix_spec")
        told = self._csv_of(fix["data_recipe"]) if fix.get("data_recipe") else csv
        if fixed:
            network |= {key: fix[key] for key in ("layers", "weight_init", "bias_init")
                        if key in fix}  # fmt: skip
            network |= fix.get("network") or {}
            changed = fix.get("training") or {}
            whole = {"opt", "epochs", "loss"} <= set(changed)  # else it names a few fields
            training = dict(changed) if whole else training | changed
            preprocess |= fix.get("preprocess") or {}
            csv = str(fix.get("csv") or told)
        inputs = int(network.get("n_in", problem.get("n_in", 0)))
        return Recipe(self.id, network, training, preprocess, csv, told, inputs)

    def _csv_of(self, words: str) -> str:
        """The data set that a recipe in words means: one of the file's, or a name in the words."""
        if words in self.data_recipes:
            return self.data_recipes[words]
        for name, csv in (("digits", "digits"), ("iris", "iris"), ("wine", "wine"),
                          ("breast", "bc")):  # fmt: skip
            if name in words:
                return f"data/{csv}.csv"
        return words if words.endswith(".csv") else f"data/{words}.csv"


def read(path: Path) -> list[Case]:
    """All cases of a file; a line that is none is kept with the reason."""
    records: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            records.append(_record(line, number))
    recipes = _data_recipes(records)
    return [_case(record, recipes) for record in records]


def _record(line: str, number: int) -> dict[str, Any]:
    try:
        found: Any = json.loads(line)
    except json.JSONDecodeError as error:
        return {"id": f"line {number}", "broken": f"it is no JSON: {error}."}
    if not isinstance(found, dict):
        return {"id": f"line {number}", "broken": "it is no JSON object."}
    record: dict[str, Any] = {"id": f"line {number}", **found}
    missing = [key for key in ("problem", "network", "training", "success") if key not in record]
    return record | ({"broken": f"it has no {', '.join(missing)}."} if missing else {})


def _data_recipes(records: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for record in records:
        problem = record.get("problem") or {}
        for key in ("recipe_words", "recipe"):
            if problem.get(key) and problem.get("csv"):
                found.setdefault(str(problem[key]), str(problem["csv"]))
    return found


def _case(record: Mapping[str, Any], recipes: Mapping[str, str]) -> Case:
    faults = record.get("known_faults") or [record.get("known_fault", HEALTHY)]
    return Case(
        id=str(record["id"]),
        role=str(record.get("role", "")),
        faults=tuple(str(code) for code in faults if code != HEALTHY),
        where=str(record.get("where") or ""),
        record=record,
        data_recipes=recipes,
        broken=str(record.get("broken", "")),
    )
