"""The figures of a search hold what its records say, however few or many there are."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from glassnet.errors import InvalidValue, UnknownName
from glassnet.report import plot_search
from glassnet.report.figures.search import SEARCH_PICTURES
from glassnet.report.figures.search_axes import ErrorScale
from glassnet.report.look import VERMILION
from glassnet.tuning.lessons import budget, hidden_layers
from glassnet.tuning.result import SearchResult, order
from tests.report.searches import NO_SIZES, searched

SEARCHES = {
    "one": lambda: searched(1, folds=1),
    "four": lambda: searched(4, folds=1),
    "forty": lambda: searched(40, failing=(3, 5), fatal=(8,)),
    "regression": lambda: searched(27, scoring="r2", test_score=-3.0),
    "losses": lambda: searched(27, scoring="neg_log_loss", folds=2),
    "no sizes": lambda: searched(27, space=NO_SIZES),
    "all failed but one": lambda: searched(9, failing=range(8), folds=2),
    "interrupted": lambda: searched(5, interrupted=True, test_score=float("nan")),
    "four hundred": lambda: searched(400),
}


@pytest.fixture(scope="module")
def found():
    return SEARCHES["forty"]()


def offsets(ax):
    """All points of scatters on the axes, a row each."""
    held = [each.get_offsets() for each in ax.collections if isinstance(each, PathCollection)]
    return np.concatenate([np.asarray(each).reshape(-1, 2) for each in held])


ODD = ("one", "no sizes", "all failed but one")


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in ODD for kind in sorted(SEARCH_PICTURES)]
    + [(name, "sizes") for name in sorted(set(SEARCHES) - set(ODD))]
    + [("losses", "curves"), ("regression", "front"), ("interrupted", "settings")]
    + [pytest.param("four hundred", kind, marks=pytest.mark.long) for kind in SEARCH_PICTURES],
)
def test_every_kind_can_be_drawn_of_every_search(name, kind):
    figure = plot_search(SEARCHES[name](), kind)

    assert isinstance(figure, Figure)
    assert figure.axes


def test_layers_and_units_have_a_panel_for_each_length_and_a_point_for_each_candidate(found):
    figure = plot_search(found, "sizes")

    lengths = (0, 1, 2)
    assert len(figure.axes) == 3
    for ax, rung in zip(figure.axes, lengths, strict=True):
        held = [
            (max(hidden_layers(record)), 1 - np.mean(each.scores))
            for record in found.records
            for each in record.outcomes
            if each.rung == rung and each.scores
        ]
        drawn = offsets(ax)
        assert len(drawn) == len(held)
        assert sorted(drawn[:, 0]) == pytest.approx(sorted(units for units, _ in held))
    assert [ax.get_title(loc="left") for ax in figure.axes] == [
        "within 3 epochs", "within 9 epochs", "within 27 epochs",
    ]  # fmt: skip


def test_the_best_of_each_depth_is_large_with_the_deviation_of_its_folds(found):
    ax = plot_search(found, "sizes").axes[0]

    drawn = sorted((float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in ax.lines)
    wanted, bars = [], []
    for depth in (1, 2, 3):
        mine = [
            (1 - np.mean(record.outcomes[0].scores), max(hidden_layers(record)), record)
            for record in found.records
            if record.outcomes[0].scores and len(hidden_layers(record)) == depth
        ]
        error, units, record = min(mine, key=lambda each: each[:2])
        wanted.append((units, error))
        bars.append(2 * np.std(record.outcomes[0].scores))
    assert drawn == [pytest.approx(each) for each in sorted(wanted)]
    lengths = [
        segment[1][1] - segment[0][1]
        for each in ax.collections
        if hasattr(each, "get_segments")
        for segment in each.get_segments()
    ]
    assert sorted(lengths) == pytest.approx(sorted(bars))


def test_with_one_fold_there_are_no_bars():
    ax = plot_search(searched(12, folds=1), "sizes").axes[0]

    assert not [each for each in ax.collections if hasattr(each, "get_segments")]
    assert "±" not in " ".join(text.get_text() for text in ax.texts)


def test_where_no_layers_were_searched_two_parameters_are_drawn_instead():
    figure = plot_search(searched(27, space=NO_SIZES))

    names = [ax.get_xlabel() for ax in figure.axes]
    assert sorted(names) == ["alpha", "learning_rate_init"]


def test_the_front_is_the_one_found_by_brute_force(found):
    figure = plot_search(found, "front")

    scored = [
        (each.parameters, sum(e.seconds for e in record.outcomes[: k + 1]), 1 - each.score)
        for record in found.records
        for k, each in [
            max(((k, e) for k, e in enumerate(record.outcomes) if e.scores), default=(0, None),
                key=lambda pair: pair[0])
        ]
        if each is not None
    ]  # fmt: skip
    for ax, column in zip(figure.axes, (0, 1), strict=True):
        points = {(each[column], each[2]) for each in scored}
        undominated = {
            p for p in points if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points)
        }
        stairs = max(ax.lines, key=lambda line: len(line.get_xdata()))
        corners = list(zip(stairs.get_xdata()[:-1], stairs.get_ydata()[:-1], strict=True))
        assert sorted(corners) == [pytest.approx(each) for each in sorted(undominated)]


def test_every_candidate_with_a_score_stands_once_among_the_costs(found):
    ax = plot_search(found, "front").axes[0]
    scored = sum(any(each.scores for each in record.outcomes) for record in found.records)
    rings = len(max(ax.lines, key=lambda line: len(line.get_xdata())).get_xdata()) - 1

    assert len(offsets(ax)) == scored + rings


def test_a_line_for_each_candidate_runs_through_its_settings(found):
    ax = plot_search(found, "settings").axes[0]

    lines = [line for line in ax.lines if len(line.get_xdata()) == 4]
    red = [line for line in lines if to_hex(line.get_color()) == VERMILION]
    compared = [record for record in found.records
                if any(each.rung == 1 and each.scores for each in record.outcomes)]  # fmt: skip
    best = max(compared, key=lambda record: record.outcomes[1].score)
    assert len(lines) == len(compared) + 1  # the best once more, in red
    assert len(red) == 1
    rate = (np.log10(best.values["learning_rate_init"]) + 4) / 3
    assert red[0].get_ydata()[3] == pytest.approx(rate)


def test_bars_of_importances_are_the_shares(found):
    ax = plot_search(found, "importances").axes[0]

    assert [bar.get_width() for bar in ax.patches] == pytest.approx(
        list(found.importances().values())
    )
    assert [label.get_text() for label in ax.get_yticklabels()] == list(found.importances())


def test_too_few_candidates_are_said_to_be_too_few():
    ax = plot_search(searched(5), "importances").axes[0]

    assert "20 candidates" in ax.texts[0].get_text()


def test_curves_are_those_of_the_five_best(found):
    figure = plot_search(found, "curves")

    best = sorted(found.records, key=order)[:5]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert [label.split()[0] for label in labels] == [f"#{record.number}" for record in best]
    curve = [point for each in best[0].outcomes for point in each.curve]
    drawn = [line for line in figure.axes[0].lines if len(line.get_xdata()) == len(curve)]
    assert any(np.allclose(line.get_ydata(), [1 - score for _, score in curve]) for line in drawn)


def test_bars_of_faults_are_seconds_of_training(found):
    ax = plot_search(found, "faults").axes[0]

    assert [bar.get_width() for bar in ax.patches] == pytest.approx(
        [share.seconds for share in budget(found.records)]
    )
    assert any("2 candidates" in text.get_text() for text in ax.texts)


def test_a_picture_can_be_drawn_on_axes_given(found):
    ax = Figure().subplots()
    both = Figure().subplots(1, 3)

    assert plot_search(found, "sizes", ax=ax) is ax.figure
    assert ax.get_title(loc="left") == "within 9 epochs"
    plot_search(found, "sizes", ax=both)
    assert both[0].get_ylabel() == "validation error (1 − accuracy)"
    assert plot_search(found, "front", ax=Figure().subplots()).axes[0].get_xlabel() == "parameters"
    with pytest.raises(InvalidValue, match="axes"):
        plot_search(found, "front", ax=np.array([]))


def test_a_kind_that_is_not_known_is_refused(found):
    with pytest.raises(UnknownName, match="sizes"):
        plot_search(found, "size")


def test_what_went_astray_stands_at_the_edge_and_does_not_press_the_others():
    scale = ErrorScale([0.1, 0.11, 0.12, 0.13, 1e30], "r2")

    assert scale.beyond(1e30)
    assert scale.beyond(float("inf"))
    assert not scale.beyond(0.13)
    assert scale.place(0.13) < scale.place(1e30) < 0.2


def test_a_scale_of_equal_errors_is_no_scale_of_nothing():
    for error in (0.0, 0.5, 3.0):
        ax = Figure().subplots()
        ErrorScale([error] * 3, "accuracy").apply(ax)
        low, high = ax.get_ylim()
        assert low < error < high


def test_a_search_without_a_study_can_still_be_drawn(found):
    bare = SearchResult(
        found.best_estimator, found.best_parameters, found.best_score, found.test_score,
        found.scoring, found.records, found.seconds, False, None,
    )  # fmt: skip

    titles = [ax.get_title(loc="left") for ax in plot_search(bare, "sizes").axes]
    assert titles == ["at rung 1", "at rung 2", "at rung 3"]
