"""Every lesson can be begun, and what it says happens."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import Diverged
from glassnet.lab.building import METRIC, experiment
from glassnet.lab.cures import merged
from glassnet.lab.lessons import lessons
from glassnet.lab.preparing import prepared
from glassnet.lab.reading import read
from glassnet.lab.sets import NAMES
from glassnet.lab.views import NAMES as VIEWS
from glassnet.network import catalogue

BY_ID = {lesson["id"]: lesson for lesson in lessons()}
SHOWN = {*VIEWS, "network", "norms", "curves", "microscope"}


def made(lesson, **changes):
    settings = read(merged(BY_ID[lesson]["settings"], changes))
    rows, _ = prepared(settings.data)
    return experiment(settings, rows)


def scores(lesson, epochs, **changes):
    """What a lesson's network reaches on the rows of training and on those held out."""
    found = made(lesson, **changes)
    net, rows = found.network(), found.rows
    found.train(net, epochs=epochs, threads=1)

    def score(part):
        weights = np.full(len(part), 1 / len(part))
        metric = catalogue.metric(METRIC[rows.task])
        return metric.value(gn.predict(net, rows.X[part]), found.targets[part], weights)

    return score(rows.train), score(rows.test)


def layers(units, activation):
    return {"layers": [{"units": n, "activation": activation} for n in units]}


def test_there_are_a_dozen():
    assert len(BY_ID) == 12


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson["id"])
def test_a_lesson_is_whole_and_can_be_begun(lesson):
    assert {"id", "title", "question", "text", "try", "settings", "show"} <= set(lesson)
    assert len(lesson["text"]) == 2
    assert all(len(text) > 100 for text in lesson["text"])
    assert set(lesson["show"]) <= SHOWN
    assert lesson["settings"]["data"]["set"] in NAMES
    made(lesson["id"], **lesson.get("fork", {}))


def test_zeros_keep_the_accuracy_at_one_half():
    assert scores("zeros", 100)[0] == pytest.approx(0.5)
    better = {"network": layers((6, 4), "tanh")}
    assert scores("zeros", 200, **better)[0] > 0.95


def test_a_rate_that_kills_a_layer_and_one_that_does_not():
    assert scores("dying-relu", 100)[0] == pytest.approx(0.5)
    assert scores("dying-relu", 100, training={"learning_rate": 0.3})[0] == pytest.approx(1.0)


def test_five_logistic_layers_do_not_learn_and_with_tanh_or_batch_norm_they_do():
    assert scores("vanishing-sigmoid", 150)[0] < 0.6
    assert scores("vanishing-sigmoid", 150, network=layers((8,) * 5, "tanh"))[0] > 0.95
    assert scores("batch-norm", 200)[0] > 0.95


def test_no_straight_line_parts_the_exclusive_or():
    assert scores("nonlinearity", 150)[0] < 0.65
    assert scores("nonlinearity", 150, network=layers((8, 8), "tanh"))[0] > 0.97


def test_the_high_rate_diverges_and_a_tenth_of_a_unit_does_not():
    with np.errstate(all="ignore"), pytest.raises(Diverged):
        scores("rate-too-high", 300)
    assert scores("rate-too-high", 150, training={"learning_rate": 0.1})[0] > 0.9


def test_small_batches_get_further_in_as_many_epochs():
    everything = scores("batch-size", 100, training={"batch_size": "all"})[0]
    assert scores("batch-size", 100)[0] > everything + 0.03


def test_the_overfit_network_is_helped_by_weight_decay():
    train, held = scores("overfitting", 300)
    _, decayed = scores("overfitting", 300, training={"weight_decay": 0.01})

    assert train == pytest.approx(1.0)
    assert held < 0.85 < decayed


def test_more_units_draw_the_curve():
    one, two = (
        scores("universal-approximation", 500, network=layers((n,), "tanh"))[0] for n in (1, 2)
    )
    assert one < 0.95
    assert two > 0.985


def test_three_layers_part_the_spiral_where_one_does_not():
    assert scores("how-many-layers", 250)[0] < 0.96
    assert scores("how-many-layers", 250, network=layers((8, 8, 8), "tanh"))[0] > 0.98


def test_standardised_columns_are_learned_and_raw_ones_are_not():
    assert scores("input-scale", 100)[1] < 0.6
    assert scores("input-scale", 100, data={"standardise": True})[1] > 0.9


def test_the_cross_entropy_wakes_a_network_that_is_surely_wrong():
    assert scores("loss-and-output", 100)[0] < 0.1
    assert scores("loss-and-output", 100, network={"loss": "binary_cross_entropy"})[0] > 0.95
