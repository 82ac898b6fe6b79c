"""The look is that of glassnet inside its figures, and of nobody else outside them."""

import io
import subprocess
import sys
import threading

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from glassnet import report
from glassnet.report.look import MARKERS, SERIES, look, number, percent, shortened


def pixels(figure, dpi=50):
    file = io.BytesIO()
    figure.savefig(file, format="rgba", dpi=dpi)
    return np.frombuffer(file.getvalue(), np.uint8).reshape(-1, 4)


def test_drawing_leaves_the_global_parameters_as_they_were(draw, kind):
    before = dict(matplotlib.rcParams)

    draw[kind]()

    assert dict(matplotlib.rcParams) == before


def test_an_error_while_drawing_leaves_the_global_parameters_as_they_were():
    before = dict(matplotlib.rcParams)

    with pytest.raises(ValueError, match="finite"):
        report.residuals([1.0], [float("nan")])

    assert dict(matplotlib.rcParams) == before


def test_threads_that_draw_at_once_leave_the_global_parameters_as_they_were():
    before, seen = dict(matplotlib.rcParams), []

    def draw():
        for _ in range(20):
            with look():
                seen.append(matplotlib.rcParams["axes.spines.top"])

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [False] * 80
    assert dict(matplotlib.rcParams) == before


def test_what_the_user_set_does_not_reach_a_figure():
    usual = pixels(report.ActivationDisplay("relu").plot().figure_)
    odd = {"lines.linewidth": 20, "font.size": 30, "axes.facecolor": "red", "text.usetex": True,
           "xtick.labelsize": 40, "axes.prop_cycle": matplotlib.cycler(color=["red"])}  # fmt: skip

    with matplotlib.rc_context(odd):
        same = pixels(report.ActivationDisplay("relu").plot().figure_)

    assert np.array_equal(usual, same)


def test_figures_need_no_window_and_leave_none_behind():
    """pyplot keeps figures alive and asks for a backend; nothing here imports it."""
    code = (
        "import sys; from glassnet import report; report.ActivationDisplay('relu').plot().figure_;"
        "report.residuals([1.0, 2.0], [1.0, 3.0]);"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    environment = {"MPLBACKEND": "TkAgg", "PATH": ""}

    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )

    assert run.stdout.strip() == "False"


def test_a_figure_is_not_blank(figure):
    colours = np.unique(pixels(figure), axis=0)

    assert len(colours) > 20


def test_nothing_in_a_figure_is_cut_off_at_its_edge(figure):
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    slack = 1 / 72

    assert box.x0 >= -slack
    assert box.y0 >= -slack
    assert box.x1 <= width + slack
    assert box.y1 <= height + slack


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_numbers_at_the_end_of_an_axis_are_not_cut_off(seed):
    """With ticks that follow the axes after the layout, seed 2 stood out by 4 points."""
    rng = np.random.default_rng(seed)
    dW = [None] + [
        rng.normal(size=(rng.integers(3, 40), rng.integers(3, 40))) * 10 ** rng.uniform(-6, 0)
        for _ in range(rng.integers(1, 4))
    ]

    figure = report.gradient_histograms(dW)

    assert figure.get_tightbbox().x1 <= figure.get_figwidth() + 1 / 72


def test_names_beside_and_below_a_confusion_matrix_do_not_overlap(drawn):
    for kind in ("confusion_matrix", "confusion_matrix, 30"):
        (ax,) = drawn(kind).axes
        rows = [label.get_window_extent() for label in ax.get_yticklabels()]
        centres = sorted((box.y0 + box.y1) / 2 for box in rows)
        height = max(box.height for box in rows)

        assert min(np.diff(centres)) > 0.9 * height


def test_axes_of_the_users_own_are_drawn_into_and_given_back(binary):
    figure = Figure()
    left, right = figure.subplots(1, 2)

    assert report.ActivationDisplay("relu").plot(ax=left).figure_ is figure
    assert report.learning_curves(binary.history, ax=right) is figure
    assert len(figure.axes) == 2
    assert left.lines
    assert right.lines


def test_the_layout_of_a_figure_whose_axes_were_given_is_left_to_its_owner():
    theirs = Figure(layout="constrained")
    report.confusion_matrix([0, 1], [0, 1], ax=theirs.subplots())
    ours = report.confusion_matrix([0, 1], [0, 1])

    assert theirs.get_layout_engine().__class__.__name__ == "ConstrainedLayoutEngine"
    assert ours.get_layout_engine().__class__.__name__ != "ConstrainedLayoutEngine"


def test_axes_in_a_part_of_a_figure_give_the_whole_figure_back():
    figure = Figure()
    part, _ = figure.subfigures(1, 2)

    assert report.ActivationDisplay("tanh").plot(ax=part.subplots()).figure_ is figure


def test_neighbours_in_the_palette_differ_in_grey_and_in_marker():
    luminance = [
        np.dot(matplotlib.colors.to_rgb(colour), (0.2126, 0.7152, 0.0722)) for colour in SERIES
    ]

    assert len(set(MARKERS)) == len(SERIES)
    assert np.abs(np.diff(luminance)).min() > 0.05


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("short", "short"),
        ("two\nlines", "two lines"),
        ("a\x00b\ud800c", "a b c"),
        ("x" * 30, "xxxxxxxxxxx…xxxxxxxxxx"),
        (3.5, "3.5"),
    ],
)
def test_a_name_is_shortened_to_one_printable_line(text, short):
    assert shortened(text) == short
    assert len(shortened(text)) <= 22


def test_numbers_have_a_real_minus_and_shares_are_never_rounded_to_none_or_all():
    assert number(-1234.5, 2) == "−1.2e+03"
    assert [percent(k, 1000) for k in (0, 1, 500, 999, 1000)] == [
        "0%",
        "<1%",
        "50%",
        ">99%",
        "100%",
    ]
