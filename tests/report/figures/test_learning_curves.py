"""Learning curves show the numbers of the history, and mark the best epoch."""

import numpy as np
import pytest

from glassnet import History, report
from glassnet.errors import InvalidValue, UnknownName
from glassnet.report.figures.members import member_curves


def history(J, **columns):
    return History(
        [
            {"epoch": k + 1, "J": value, **{name: column[k] for name, column in columns.items()}}
            for k, value in enumerate(J)
        ]
    )


def lines(ax):
    """The curves of a panel by colour order, the mark of the best epoch left out."""
    return [line for line in ax.lines if len(line.get_xdata()) != 2 or line.get_xdata()[0] == 1]


def marks(ax):
    return [line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1]


def test_lines_are_the_columns_of_the_history(binary):
    figure = report.learning_curves(binary.history)

    shown = {ax.get_ylabel(): ax.lines for ax in figure.axes}
    for line, name in zip(shown["cost"][:2], ("J", "val_loss"), strict=True):
        assert line.get_xdata().tolist() == list(range(1, 16))
        assert np.array_equal(line.get_ydata(), binary.history.column(name))
    assert np.array_equal(shown["accuracy"][0].get_ydata(), binary.history.column("val_accuracy"))
    assert np.array_equal(shown["learning rate"][0].get_ydata(), binary.history.column("rate"))


def test_the_epoch_of_the_lowest_validation_loss_is_marked_in_every_panel():
    run = history([3, 2, 1, 0.5], val_loss=[3, 1, 2, 2.5], rate=[0.1] * 4)

    figure = report.learning_curves(run)

    assert [marks(ax) for ax in figure.axes] == [[2], [2]]


def test_the_lowest_cost_is_marked_where_nothing_was_held_out():
    (ax,) = report.learning_curves(history([3, 1, 2])).axes

    assert marks(ax) == [2]


def test_the_best_epoch_of_the_run_is_marked_where_it_is_given():
    run = history([3, 2, 1], val_loss=[3, 1, 2])

    (ax,) = report.learning_curves(run, best_epoch=3).axes

    assert marks(ax) == [3]


def test_a_cost_that_falls_far_is_drawn_on_a_logarithmic_axis():
    far, near = history([100, 10, 1]), history([3, 2, 1])

    assert report.learning_curves(far).axes[0].get_yscale() == "log"
    assert report.learning_curves(near).axes[0].get_yscale() == "linear"
    assert report.learning_curves(far, log=False).axes[0].get_yscale() == "linear"
    assert report.learning_curves(near, log=True).axes[0].get_yscale() == "log"


def test_a_cost_that_is_not_positive_is_never_drawn_on_a_logarithmic_axis_by_itself():
    assert report.learning_curves(history([100, 1, -1])).axes[0].get_yscale() == "linear"


def test_one_epoch_is_a_point_at_a_whole_number():
    figure = report.learning_curves(history([0.7], rate=[0.1]))

    assert figure.axes[0].lines[0].get_marker() == "o"
    ticks = [label.get_text() for label in figure.axes[-1].get_xticklabels()]
    assert "1" in ticks
    assert not any("." in tick for tick in ticks)


def test_the_curves_of_members_are_drawn_as_that_of_one_network():
    falling = [2.0, 1.0, 0.01]
    one = report.learning_curves(history(falling)).axes[0]
    two = member_curves([history(falling), history([3.0])]).axes[0]

    curves = [line for line in two.lines if line.get_linestyle() != "None"]
    assert [line.get_ydata().tolist() for line in curves] == [falling, [3.0]]
    assert {line.get_marker() for line in curves} == {"o"}  # a single epoch is to be seen too
    assert one.get_yscale() == two.get_yscale() == "log"
    assert one.get_xlim() == two.get_xlim()


def test_values_that_are_not_finite_are_gaps():
    run = history([1.0, np.nan, np.inf, 0.5], val_loss=[np.nan] * 4, rate=[np.nan] * 4)

    figure = report.learning_curves(run)

    J = figure.axes[0].lines[0].get_ydata()
    assert np.isnan(J).tolist() == [False, True, True, False]
    assert marks(figure.axes[0]) == [4]


def test_a_history_of_nothing_finite_gives_a_figure_without_a_mark():
    figure = report.learning_curves(history([np.nan, np.nan]))

    assert marks(figure.axes[0]) == []


def test_a_history_without_epochs_or_cost_is_refused():
    with pytest.raises(InvalidValue, match="at least one epoch"):
        report.learning_curves(History())
    with pytest.raises(UnknownName, match="'J'"):
        report.learning_curves(History([{"epoch": 1, "loss": 0.3}]))
