"""The history is a table of epochs."""

import numpy as np
import polars
import pytest

import glassnet as gn
from glassnet.errors import UnknownName
from tests.training.runs import small_net, two_classes


def test_a_run_without_validation_has_these_columns():
    X, y, _ = two_classes()

    run = gn.train(small_net(), X, y, epochs=3, batch_size=7, optimizer=gn.SGD(0.25))

    assert run.history.columns == ["epoch", "step", "J", "rate", "seconds"]
    assert run.history.column("epoch").tolist() == [1, 2, 3]
    assert run.history.column("step").tolist() == [6, 12, 18]
    assert run.history.column("rate").tolist() == [0.25] * 3
    assert (np.diff(run.history.column("seconds")) >= 0).all()


def test_epochs_count_within_the_run_and_steps_over_the_life_of_the_network():
    X, y, _ = two_classes()
    net = small_net()

    gn.train(net, X, y, epochs=2, batch_size=7)
    second = gn.train(net, X, y, epochs=2, batch_size=20)

    assert second.history.column("epoch").tolist() == [1, 2]
    assert second.history.column("step").tolist() == [14, 16]


def test_counts_are_whole_numbers():
    X, y, _ = two_classes()

    row = gn.train(small_net(), X, y, epochs=1).history[0]

    assert (type(row["epoch"]), type(row["step"]), type(row["J"])) == (int, int, float)


def test_a_value_that_an_epoch_lacks_is_nan():
    history = gn.History([{"epoch": 1, "J": 0.5}, {"epoch": 2, "J": 0.25, "val_loss": 1.0}])

    assert np.isnan(history.column("val_loss")[0])
    assert history.column("val_loss")[1] == 1.0
    assert [row["epoch"] for row in history] == [1, 2]


def test_it_becomes_a_frame_of_any_library():
    history = gn.History([{"epoch": 1, "J": 0.5}, {"epoch": 2, "J": 0.25}])

    frame = polars.DataFrame(history.to_dict())

    assert frame.shape == (2, 2)
    assert frame["J"].to_list() == [0.5, 0.25]


def test_an_unknown_column_names_the_known_ones():
    with pytest.raises(UnknownName, match=r"Did you mean 'val_loss'.*Known: J, val_loss"):
        gn.History([{"J": 1.0, "val_loss": 2.0}]).column("val_los")


def test_it_says_how_the_last_epoch_went():
    assert repr(gn.History()) == "History(no epochs)"
    assert repr(gn.History([{"epoch": 1, "J": 0.5}])) == "History(1 epoch; last: epoch=1, J=0.5)"
