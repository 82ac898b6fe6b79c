"""Figures of networks and their training, and a report of one page.

Examples
--------
>>> import glassnet as gn
>>> from glassnet import report
>>> figure = report.learning_curves(gn.History([{"epoch": 1, "J": 0.7}, {"epoch": 2, "J": 0.5}]))
>>> figure.savefig("curves.png")
"""

from glassnet.report.compose import report_of
from glassnet.report.contents import Card, Picture, Report, TextTable, Tile
from glassnet.report.figures.activations import ActivationDisplay
from glassnet.report.figures.architecture import architecture
from glassnet.report.figures.calibration import calibration, reliability
from glassnet.report.figures.confusion import confusion_counts, confusion_matrix
from glassnet.report.figures.decision_boundary import decision_boundary
from glassnet.report.figures.dependence import dependence_figure
from glassnet.report.figures.evidence.figure import Evidence, evidence
from glassnet.report.figures.features import FeaturesDisplay
from glassnet.report.figures.gradient_flow import GradientFlowDisplay
from glassnet.report.figures.histograms import gradient_histograms, weight_histograms
from glassnet.report.figures.importances import importances_figure
from glassnet.report.figures.kinks import DecisionBoundaryDisplay
from glassnet.report.figures.learning_curves import learning_curves
from glassnet.report.figures.ledger import LedgerDisplay
from glassnet.report.figures.members import member_curves
from glassnet.report.figures.residuals import residuals
from glassnet.report.figures.search import plot_search
from glassnet.report.figures.unit_maps import UnitMapsDisplay
from glassnet.report.of_diagnosis import report_of_diagnosis
from glassnet.report.of_estimator import report_of_estimator, table_report
from glassnet.report.of_search import report_of_search
from glassnet.report.of_table import report_of_table
from glassnet.report.page import write_report

__all__ = [
    "ActivationDisplay",
    "Card",
    "DecisionBoundaryDisplay",
    "Evidence",
    "FeaturesDisplay",
    "GradientFlowDisplay",
    "LedgerDisplay",
    "Picture",
    "Report",
    "TextTable",
    "Tile",
    "UnitMapsDisplay",
    "architecture",
    "calibration",
    "confusion_counts",
    "confusion_matrix",
    "decision_boundary",
    "dependence_figure",
    "evidence",
    "gradient_histograms",
    "importances_figure",
    "learning_curves",
    "member_curves",
    "plot_search",
    "reliability",
    "report_of",
    "report_of_diagnosis",
    "report_of_estimator",
    "report_of_search",
    "report_of_table",
    "residuals",
    "table_report",
    "weight_histograms",
    "write_report",
]
