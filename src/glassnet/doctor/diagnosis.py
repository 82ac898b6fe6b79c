"""``gn.diagnose``: what is wrong with a network, in which layer, and what to change."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.case import Case
from glassnet.doctor.causes import CAUSES, TITLES, found
from glassnet.doctor.chart import Chart, chart
from glassnet.doctor.diagnosis_forms import enumerated, finite, heading, html_form, rich_form
from glassnet.doctor.ensembles import of_ensemble
from glassnet.doctor.findings import Finding
from glassnet.doctor.patient import patient
from glassnet.doctor.plan import plan_of
from glassnet.doctor.prescription import changed, chosen, prescribed, proven_first
from glassnet.doctor.proof import Proof
from glassnet.doctor.proving import AT_LEAST, proof_of
from glassnet.doctor.regimen import Regimen
from glassnet.doctor.visits.merging import merged
from glassnet.doctor.visits.scikit_learn import is_scikit_learn, visited
from glassnet.errors import ShapeMismatch


@dataclass(eq=False)
class Diagnosis:
    """What the doctor found, in order of cause.

    Attributes
    ----------
    findings : list of Finding
        The first is what to change first; those of severity "advice" come last.
    consequences : list of Finding
        What was seen too, and follows from one of ``findings``.
    moments : tuple of str
        What was looked at: "static", "step 0", "first steps", "after training", "history".
    checked : tuple of str
        Codes of the causes that were looked for.
    rows : int
        Rows looked at.
    chart : Chart or None
        Every signal that was measured: what figures draw from. Neither it nor ``case`` is pickled
        or written.
    case : Case or None
        What was brought: what remedies are tried on.
    proof : Proof or None
        What :meth:`prove` found.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(8, "tanh"), gn.Dense(1, "identity")])
    >>> diagnosis = gn.diagnose(net, [[-1.0], [0.0], [1.0]], [-1.0, 0.5, 1.0])
    >>> diagnosis.healthy, diagnosis.findings
    (True, [])
    """

    findings: list[Finding]
    consequences: list[Finding]
    moments: tuple[str, ...]
    checked: tuple[str, ...]
    rows: int
    chart: Chart | None = field(default=None, repr=False)
    case: Case | None = field(default=None, repr=False)
    proof: Proof | None = field(default=None, repr=False)

    def prove(self, budget: float = 2.0, *, at_least: float = AT_LEAST, seeds: int = 3) -> Proof:
        """Replay the remedies, each alone, beside the unchanged network; see which one helps.

        Networks are trained anew for a while on three quarters of the rows and judged by the
        others (by the same rows where there are fewer than 40): first the remedies of the findings
        and the table of usual single edits, the better ones for longer, then pairs, last the best
        ones with several seeds. The findings are put in the order of what was proven. A healthy
        network is offered nothing.

        Parameters
        ----------
        budget : float > 0
            Most work of all replays together, in trainings of the network.
        at_least : float ≥ 0
            Row passes (a step counting as 16 more) that are allowed however short a training is:
            the default takes some tenths of a second, less than which shows nothing.
        seeds : int ≥ 1
            Pairs of replays of the best remedies: with one there is no measure of doubt.

        Returns
        -------
        Proof
            Kept as ``proof``. It never raises for what the network or the rows are like.

        Raises
        ------
        InvalidValue

        Examples
        --------
        >>> import glassnet as gn
        >>> import numpy as np
        >>> x = np.linspace(-1, 1, 60)[:, None]
        >>> net = gn.Network(1, [gn.Dense(8, "tanh"), gn.Dense(1, "logistic")])
        >>> seen = gn.diagnose(net, x, 4 + x, optimizer=gn.Adam(0.05), epochs=200, batch_size=8)
        >>> seen.prove().best.remedy.changes
        {'head': 'identity'}
        >>> seen.apply()
        Network(1-8-1; tanh, identity; squared_error; 25 parameters)
        """
        self.proof = proof_of(
            self.findings,
            self.consequences,
            self.case,
            _signs,
            budget=budget,
            at_least=at_least,
            seeds=seeds,
        )
        self.findings = proven_first(self.findings, self.proof)
        return self.proof

    def regimen(self, *which: Any) -> Regimen:
        """How the network is to be made and trained with some remedies carried out.

        Parameters
        ----------
        *which : int, Remedy or mapping
            Numbers of findings, from 1, or remedies; without any, the one that is proven, else
            that of the first finding.

        Raises
        ------
        InvalidValue, ShapeMismatch
            If there is none, a part of it is left to people, or it does not fit.
        """
        return prescribed(self.case, chosen(self.findings, self.proof, which))

    def apply(self, *which: Any) -> Any:
        """What was brought, with remedies carried out: untrained, and another object.

        A network, or an estimator with the remedies among its parameters (behind a scaler, where X
        or y is to be standardised).

        Parameters
        ----------
        *which : int, Remedy or mapping
            As for :meth:`regimen`.

        Raises
        ------
        InvalidValue, ShapeMismatch
            As for :meth:`regimen`; also if the estimator has no parameter for it.
        """
        return changed(self.case, chosen(self.findings, self.proof, which))

    def training(self, *which: Any) -> dict[str, Any]:
        """The arguments with which :func:`glassnet.train` is to train what :meth:`apply` gives.

        X, y and sample_weight are among them: a remedy may have changed them too.

        Examples
        --------
        >>> import glassnet as gn
        >>> net = gn.Network(1, [gn.Dense(1, "identity")])
        >>> X, y = [[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0]
        >>> seen = gn.diagnose(net, X, y, optimizer=gn.SGD(9.0))
        >>> seen.training(1)["optimizer"]
        SGD(learning_rate=0.9, weight_decay=0.0)
        >>> run = gn.train(seen.apply(1), **seen.training(1))
        """
        return self.regimen(*which).arguments()

    def __getstate__(self) -> dict[str, Any]:
        """All but the rows: a pickled estimator does not carry its training data."""
        return {**vars(self), "chart": None, "case": None}

    @property
    def healthy(self) -> bool:
        """Whether nothing was found but advice."""
        return all(finding.severity == "advice" for finding in self.findings)

    @property
    def verdict(self) -> str:
        """One line: healthy, or the first cause and its remedy."""
        if self.healthy:
            return f"healthy: {len(self.checked)} causes looked for ({', '.join(self.moments)})"
        first = self.findings[0]
        more = sum(finding.severity != "advice" for finding in self.findings) - 1
        place = f" in {first.place}" if first.layer else ""
        also = f" (and {more} more)" if more else ""
        proven = self.proof is not None and self.proof.best is not None and self.proof.best.sure
        change = self.proof.verdict if self.proof is not None and proven else first.change
        return f"{TITLES[first.code]}{place}: {change}{also}"

    def sentences(self) -> list[str]:
        """The whole diagnosis, a line each."""
        lines = [self.verdict[0].upper() + self.verdict[1:].removesuffix(".") + "."]
        for number, finding in enumerate(self.findings, 1):
            lines += ["", f"{number}. {heading(finding)}"]
            lines += [f"   {text}" for text in finding.sentences()]
        if self.consequences:
            codes = enumerated([TITLES[finding.code] for finding in self.consequences])
            lines += ["", f"Seen too, and explained by the above: {codes}."]
        if self.proof is not None:
            lines += ["", *self.proof.sentences()]
        return [*lines, "", f"Looked for in {self.rows:,} rows: {', '.join(self.checked)}."]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "healthy": self.healthy,
            "verdict": self.verdict,
            "findings": [finding.to_dict() for finding in self.findings],
            "consequences": [finding.to_dict() for finding in self.consequences],
            "moments": list(self.moments),
            "checked": list(self.checked),
            "rows": self.rows,
            "proof": None if self.proof is None else self.proof.to_dict(),
        }

    def to_json(self) -> str:
        """Everything as JSON; numbers that are not finite become null."""
        return json.dumps(finite(self.to_dict()), ensure_ascii=False, allow_nan=False)

    def to_html(self) -> str:
        """The diagnosis as a piece of HTML; with pictures, ``report.report_of_diagnosis``."""
        return html_form(self)

    def __str__(self) -> str:
        """The whole diagnosis as plain text."""
        return "\n".join(self.sentences())

    def __repr__(self) -> str:
        """The codes in one line."""
        codes = ", ".join(finding.code for finding in self.findings)
        return f"Diagnosis({codes or 'healthy'})"

    def __rich__(self) -> Any:
        """On a terminal, with the remedies in bold and a table of what was proven."""
        return rich_form(self)

    def _repr_html_(self) -> str:
        """For notebooks."""
        return self.to_html()


def diagnose(
    net: Any,
    X: Any,
    y: Any = None,
    weights: Any = None,
    *,
    optimizer: Any = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    history: Any = None,
    validation: Any = None,
) -> Diagnosis:
    """Say why a network does not learn: causes, layers, units, and what to change.

    It looks at the specification and the data, at one pass forward and backward at the network's
    present step, and at what more is given: with an optimizer, at ten first steps on a copy of an
    untrained network; with a history, at how the cost went. The network is left as it is. Nothing
    broken makes it raise: nan in weights, X or y, one row, a class without rows.

    Parameters
    ----------
    net : Network or fitted estimator
        Also scikit-learn's own MLPClassifier or MLPRegressor, fitted or not. Of a table estimator
        the first member is looked at, and the columns of the table: whether one gives the target
        away, names the rows, or is hardly ever there. A PyTorch loop is watched by
        :func:`glassnet.doctor.watch`.
    X : (m, n₀)
        Of more than 4,096 rows as many, evenly spaced, are looked at.
    y : (m,) or (m, n_L), optional
        Without it only the inputs are judged.
    weights : (m,), optional
    optimizer, epochs, batch_size : as of :func:`glassnet.train`, optional
        How it is to be trained; an estimator knows.
    history : History or Run, optional
        How it went; an estimator knows.
    validation : (k, n₀) or a tuple that begins with it, optional
        Rows held apart, looked for among X.

    Returns
    -------
    Diagnosis

    Raises
    ------
    InvalidValue, ShapeMismatch
        If ``net`` is no network, X and y are no numbers, or X has other columns than it takes.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(8, "tanh"), gn.Dense(1, "logistic")])
    >>> print(gn.diagnose(net, [[-1.0], [0.0], [1.0]], [10.0, 20.0, 30.0]).verdict)
    targets out of the output's range in layer 2: Give the output layer the activation \
"identity", or scale y into the range.
    """
    if is_scikit_learn(net):
        told = visited(net, X, y, weights, optimizer, epochs, batch_size, history)
        seen = merged([diagnose(**each, validation=validation) for each in told])
        return replace(seen, case=seen.case and replace(seen.case, estimator=net))
    if hasattr(net, "members_"):
        told = (weights, epochs, batch_size, history)
        return of_ensemble(diagnose, net, X, y, told, optimizer, validation)
    who = patient(net, X, y, weights)
    plan = plan_of(net, optimizer, epochs, batch_size)
    told = getattr(net, "history_", None) if history is None else history
    told = getattr(told, "history", told)
    signals = chart(who, plan, told, _others(validation, who.spec.inputs))
    with np.errstate(all="ignore"):
        findings, consequences = found(signals)
    checked = tuple(cause.code for cause in CAUSES)
    case = Case(net, X, y, weights, plan, told, validation)
    moments = _moments(signals)
    return Diagnosis(findings, consequences, moments, checked, len(who.x), signals, case)


def _signs(regimen: Regimen) -> tuple[str, ...]:
    """The causes that are named in the untrained network of a regimen."""
    told = regimen.arguments()
    plan = {key: told[key] for key in ("optimizer", "epochs", "batch_size")}
    seen = diagnose(regimen.network(), told["X"], told["y"], told.get("sample_weight"), **plan)
    return tuple(each.code for each in seen.findings if each.severity != "advice")


def _others(validation: Any, columns: int) -> Array | None:
    if validation is None:
        return None
    rows = np.asarray(validation[0] if isinstance(validation, tuple) else validation, np.float64)
    if rows.ndim != 2 or rows.shape[1] != columns:
        raise ShapeMismatch(f"validation must be (k, {columns}); got shape {rows.shape}.")
    return rows


def _moments(seen: Chart) -> tuple[str, ...]:
    parts = (
        (True, "static"),
        (seen.look is not None, "" if seen.look is None else seen.look.when),
        (seen.rehearsal is not None, "first steps"),
        (seen.curve is not None, "history"),
    )
    return tuple(name for there, name in parts if there)
