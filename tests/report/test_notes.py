"""Notes say what is wrong where something is, and nothing where all is well."""

import numpy as np
import pytest

from glassnet import History
from glassnet.report.held_out import HeldOut
from glassnet.report.notes import notes_on
from glassnet.report.scores import scores

RNG = np.random.default_rng(0)
FLAT = History([{"J": 0.5}] * 12)


def classes(m=200, *, right=0.9, k=2):
    y = np.eye(k)[np.arange(m) % k]
    mistaken = RNG.random(m) > right
    outputs = np.where(mistaken[:, None], np.roll(y, 1, axis=1), y)
    return HeldOut("multiclass", outputs, y, tuple("abcdef"[:k]))


def notes(held, history=FLAT, best_epoch=0):
    return notes_on(held, scores(held), history, best_epoch)


def test_there_is_nothing_to_note_where_all_is_well():
    assert notes(classes()) == ()


@pytest.mark.parametrize(("rows", "noted"), [(99, True), (100, False)])
def test_few_rows_are_noted(rows, noted):
    assert any(note.startswith(f"Only {rows} rows were") for note in notes(classes(rows))) == noted


def test_one_row_is_in_the_singular():
    assert notes(classes(1))[0].startswith("Only 1 row was held out")


def test_a_class_without_a_row_is_noted():
    held = classes(200, k=3)
    some = held.codes < 2
    held = HeldOut("multiclass", held.outputs[some], held.y[some], held.names)

    assert any("No held-out row is of class c:" in note for note in notes(held))


def test_one_answer_for_every_row_is_noted():
    held = classes()
    held = HeldOut("multiclass", np.repeat([[0.4, 0.6]], 200, axis=0), held.y, held.names)
    numbers = HeldOut("regression", np.zeros((200, 1)), RNG.normal(size=(200, 1)), ("y",))

    assert any("says b for every held-out row" in note for note in notes(held))
    assert any("same number for every held-out row" in note for note in notes(numbers))


def test_a_network_no_better_than_a_constant_is_noted():
    y = RNG.normal(size=(200, 1))
    held = HeldOut("regression", y + 3 * RNG.normal(size=(200, 1)), y, ("y",))

    assert any("no better than a constant answer (R²" in note for note in notes(held))


def test_a_validation_loss_that_rose_is_noted_unless_the_best_epoch_was_kept():
    rose = History([{"J": 1.0, "val_loss": loss} for loss in (2.0, 1.0, 1.2)])

    assert any("lowest in epoch 2 (1) and rose to 1.2" in note for note in notes(classes(), rose))
    assert notes(classes(), rose, best_epoch=2) == ()


@pytest.mark.parametrize(("last", "noted"), [(0.5, True), (0.995, False)])
def test_a_cost_that_still_fell_is_noted(last, noted):
    falling = History([{"J": J} for J in np.linspace(1.0, last, 12)])

    assert any("still falling" in note for note in notes(classes(), falling)) == noted


def test_epochs_without_a_finite_cost_are_noted():
    history = History([{"J": 1.0, "val_loss": np.nan}, {"J": np.inf, "val_loss": 1.0}])

    found = notes(classes(), history)
    assert any("1 of 2 epochs have no finite J" in note for note in found)
    assert any("1 of 2 epochs have no finite val_loss" in note for note in found)
