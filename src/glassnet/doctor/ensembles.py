"""An average of networks as the doctor takes it: its first member, and the columns before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.data.tables import Table
from glassnet.doctor.findings import Finding
from glassnet.doctor.patient import MOST_ROWS
from glassnet.doctor.signals.columns import ColumnSigns, column_signs
from glassnet.doctor.table_causes import TABLE_TITLES, with_table_findings
from glassnet.inspection.averages import Average
from glassnet.inspection.judging import rows_and_truth
from glassnet.training.history import History

_SKILL = 0.97  # times the loss of the constant answer, below which a validation loss shows skill


def first_member(est: Any, X: Any, y: Any, weights: Any, told: tuple[Any, Any, Any]) -> Any:
    """What :func:`glassnet.diagnose` is to be asked about an ensemble behind an encoder.

    Parameters
    ----------
    est : estimator with ``members_``, ``parameters_`` and ``history_``
    X, y, weights : as the estimator takes them
    told : (epochs, batch_size, history)
        Each None where the estimator knows.

    Examples
    --------
    >>> import glassnet as gn
    >>> reg = gn.TableRegressor("fast", epochs=2, random_state=0).fit([[0.0], [1.0]], [0.0, 1.0])
    >>> found = first_member(reg, [[0.0]], [1.0], None, (None, None, None))
    >>> found["net"] is reg.network_, len(found["X"]), found["epochs"]
    (True, 1, 2)
    """
    x, targets, w = est.__glassnet_rows__(X, y, weights)
    epochs, batch_size, history = told
    return {
        "net": est.network_,
        "X": x,
        "y": targets,
        "weights": w,
        "epochs": epochs or est.parameters_["epochs"],
        "batch_size": batch_size or est.parameters_["batch_size"],
        "history": _as_kept(est.history_) if history is None else history,
    }


def of_ensemble(
    diagnose: Callable[..., Any],
    est: Any,
    X: Any,
    y: Any,
    told: tuple[Any, Any, Any, Any],
    optimizer: Any,
    validation: Any,
) -> Any:
    """The diagnosis of the first member, and of the columns.

    Parameters
    ----------
    diagnose : as :func:`glassnet.diagnose`
    est, X, y : the estimator, and rows as it takes them
    told : (weights, epochs, batch_size, history)
    optimizer, validation : as :func:`glassnet.diagnose` takes them

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = [[x / 9, x] for x in range(80)], [x / 9 for x in range(80)]
    >>> reg = gn.TableRegressor("fast", drop=[1], epochs=50, random_state=0).fit(X, y)
    >>> of_ensemble(gn.diagnose, reg, X, y, (None, None, None, None), None, None).checked[-3:]
    ('COLUMN_LEAK', 'COLUMN_ID', 'COLUMN_GAPS')
    """
    weights, *rest = told
    asked = first_member(est, X, y, weights, (rest[0], rest[1], rest[2]))
    if validation is not None:
        validation = est.encode(validation[0] if isinstance(validation, tuple) else validation)
    seen = diagnose(**asked, optimizer=optimizer, validation=validation)
    kept = [finding for finding in seen.findings if not _refuted(finding, est, seen.chart)]
    signs = signs_of(est, X, y)
    first, follow = with_table_findings(kept, seen.consequences, signs, est.encoder_)
    return replace(
        seen, findings=first, consequences=follow, checked=(*seen.checked, *TABLE_TITLES)
    )


def _refuted(finding: Finding, est: Any, chart: Any) -> bool:
    """Whether targets are said to have no relation to x, and rows held out in training had one."""
    if finding.code != "DATA_BAD" or "neighbours" not in finding.numbers or chart.look is None:
        return False
    history = est.history_
    held = history.column("val_loss") if "val_loss" in history.columns else np.array([np.inf])
    return bool(
        np.min(held, initial=np.inf, where=np.isfinite(held)) < _SKILL * chart.look.constant
    )


def signs_of(est: Any, X: Any, y: Any) -> ColumnSigns:
    """What is striking about the raw columns, in at most 4,096 rows.

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = [[x / 9, x] for x in range(80)], [x / 9 for x in range(80)]
    >>> reg = gn.TableRegressor("fast", epochs=2, drop=[1], random_state=0).fit(X, y)
    >>> signs_of(reg, X, y).identifiers
    ()
    """
    table = est.columns_.table(X)
    kept = np.unique(np.linspace(0, len(table) - 1, min(len(table), MOST_ROWS)).astype(np.int64))
    used = set(est.encoder_.names)
    columns = [column for column in table.columns if column.name in used]
    if y is None:
        return column_signs(Table(columns).take(kept), {})
    _, truth = rows_and_truth(est, Average.of(est), X, y)
    truth = truth[kept]
    if truth.ndim == 1:
        targets = {"": truth}
    elif truth.shape[1] == 1:
        targets = {"": truth[:, 0]}
    else:
        names = est.head_.output_names if est.head_.classes is not None else est.head_.target_names
        targets = dict(zip(names, truth.T, strict=True))
    if est.head_.kind == "multilabel":
        targets = {name: one.astype(np.int64) for name, one in targets.items()}
    return column_signs(Table(columns).take(kept), targets)


def _as_kept(history: History) -> History:
    """The history without its validation.

    The epoch that was best on rows held out is put back, so that a loss that turned later is no
    fault of the network.
    """
    names = [name for name in history.columns if not name.startswith("val_")]
    return History([{name: row[name] for name in names if name in row} for row in history])
