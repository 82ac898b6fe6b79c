"""The report of ``glassnet fit``."""

from __future__ import annotations

from glassnet.doctor.diagnosis import Diagnosis
from glassnet.estimators.table_fit import TableFit
from glassnet.report.compose import report_of
from glassnet.report.contents import Report


def report_of_table(
    found: TableFit,
    source: str,
    *,
    diagnosis: Diagnosis | None = None,
    command: str = "",
    next_command: str = "",
) -> Report:
    """The report of a network that was trained on a table, on its test rows.

    Parameters
    ----------
    found : TableFit
    source : str
        Where the table came from; the title.
    diagnosis : Diagnosis, optional
        What the doctor found in the training.
    command, next_command : str
        What makes the same report again, and what to do next.

    Returns
    -------
    Report

    Examples
    --------
    >>> from glassnet.data.datasets import bundled
    >>> from glassnet.estimators.table_fit import fit_table
    >>> from glassnet.estimators.table_plan import TableSettings
    >>> found = fit_table(bundled("iris"), "target", TableSettings(hidden=(8,), epochs=20))
    >>> report_of_table(found, "iris.csv").task
    'classification, 3 classes'
    """
    target = found.model.target
    data = {
        "source": source,
        "rows": ", ".join(f"{count:,} for {name}" for name, count in found.plan.rows.items()),
        "task": f"{found.plan.guess.task}: {found.plan.guess.reason}",
    }
    return report_of(
        found.model.network,
        found.run.history,
        *found.plan.test,
        task=target.task,
        classes=target.classes,
        target=target.name,
        features=found.model.encoder.feature_names,
        mean=target.mean,
        scale=target.scale,
        best_epoch=found.run.best_epoch,
        ended=found.run.ended,
        data=data,
        baseline=found.baseline,
        notes=found.plan.notes,
        diagnosis=diagnosis,
        title=f"{target.name} from {source}",
        command=command,
        next_command=next_command,
    )
