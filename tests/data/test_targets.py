"""The target's task is guessed with a reason, and its values come back from the network's."""

import json

import numpy as np
import pytest

from glassnet.data.datasets import bundled
from glassnet.data.frames import as_column
from glassnet.data.targets import TargetEncoder, guess_task
from glassnet.errors import BadFile, InvalidValue, UnknownName

NAMES = as_column(["b", "a", "c", "a"], "kind")
TWO = as_column(["no", "yes", "no"], "sold")
PRICE = as_column([1.0, 2.0, 6.0], "price")


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("iris", "multiclass"),
        ("wine", "multiclass"),
        ("breast_cancer", "binary"),
        ("digits", "multiclass"),
        ("diabetes", "regression"),
    ],
)
def test_the_tasks_of_known_data_are_guessed(name, task):
    assert guess_task(bundled(name)["target"]).task == task


@pytest.mark.parametrize(
    ("values", "task", "reason"),
    [
        ([0, 1, 1], "binary", "two different numbers, 0 and 1"),
        ([1.5, 2.5, 1.5], "binary", "1.5 and 2.5"),
        ([True, False], "binary", "False and True"),
        (["x", "y"], "binary", "'x' and 'y'"),
        (["x", "y", "z"], "multiclass", "3 different texts"),
        ([0.5, 1, 2] * 100, "regression", "not all whole"),
        (list(range(20)) * 10, "multiclass", "only 20 different whole numbers in 200 rows"),
        (list(range(20)) * 9, "regression", "20 different whole numbers in 180 rows"),
        (list(range(21)) * 100, "regression", "21 different whole numbers in 2,100 rows"),
        ([f"{i}" for i in range(20)], "multiclass", "20 different texts"),
    ],
)
def test_a_guess_comes_with_its_reason(values, task, reason):
    guess = guess_task(as_column(values, "y"))
    assert guess.task == task
    assert reason in guess.reason
    assert guess.reason.startswith("'y' ")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "at least one row"),
        ([1, None, 2, None], r"missing; 'y' is in 2 of 4 rows \(rows 2 and 4\)"),
        (["a", None], "'y' is in 1 of 2 rows"),
        ([3, 3, 3], "must vary; 'y' is 3 in all 3 rows"),
        ([f"row {i}" for i in range(50)], "50 different texts in 50 rows"),
        ([1.0, np.inf, 2.0], "finite numbers.* row 2"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(values, words):
    with pytest.raises(InvalidValue, match=words):
        guess_task(as_column(values, "y"))


def test_classes_are_sorted_and_encoded_as_a_network_wants_them():
    encoder = TargetEncoder.fit(NAMES, "multiclass")
    assert encoder.classes == ("a", "b", "c")
    assert encoder.codes(NAMES).tolist() == [1, 0, 2, 0]
    assert encoder.transform(NAMES).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]]
    assert encoder.labels(encoder.codes(NAMES)).tolist() == NAMES.values.tolist()
    assert encoder.outputs == 3
    binary = TargetEncoder.fit(TWO, "binary")
    assert binary.transform(TWO).tolist() == [[0], [1], [0]]
    assert binary.outputs == 1


@pytest.mark.parametrize(
    ("values", "classes", "dtype"),
    [
        ([10, 2, 10], (2, 10), "i"),
        ([2.5, 0.5, 2.5], (0.5, 2.5), "f"),
        ([True, False], (False, True), "b"),
        (["10", "2"], ("10", "2"), "O"),
    ],
)
def test_labels_keep_their_type(values, classes, dtype):
    encoder = TargetEncoder.fit(as_column(values, "y"), "binary")
    assert encoder.classes == classes
    assert [type(label) for label in encoder.classes] == [type(label) for label in classes]
    assert encoder.labels([0]).dtype.kind == dtype


def test_a_regression_is_standardised_and_comes_back_in_its_units():
    encoder = TargetEncoder.fit(PRICE, "regression")
    y = encoder.transform(PRICE)
    assert y.shape == (3, 1)
    assert encoder.mean == pytest.approx(3)
    assert abs(y.mean()) < 1e-15
    assert y.std() == pytest.approx(1)
    np.testing.assert_allclose(encoder.restored(y), PRICE.values, rtol=1e-15)
    assert TargetEncoder.fit(as_column([2.0, 2.0], "y"), "regression").scale == 1.0


@pytest.mark.parametrize(
    ("values", "task", "words"),
    [
        (["a", "b", "c"], "binary", "two classes; 'y' has 3"),
        (["a", "a"], "multiclass", "at least two classes; 'y' has 1"),
        (["a", "b"], "regression", "must hold numbers"),
        ([1.0, None], "regression", "missing"),
        ([1.0, np.inf], "regression", "finite"),
        (["a", None], "binary", "missing"),
    ],
)
def test_a_target_that_does_not_fit_its_task_is_refused(values, task, words):
    with pytest.raises(InvalidValue, match=words):
        TargetEncoder.fit(as_column(values, "y"), task)


def test_an_unknown_task_gets_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'regression'"):
        TargetEncoder.fit(PRICE, "regresion")


def test_a_class_that_training_did_not_have_is_refused_by_label_and_row():
    encoder = TargetEncoder.fit(NAMES, "multiclass")
    with pytest.raises(InvalidValue, match=r"\('a', 'b', 'c'\); it is 'q' at row 2"):
        encoder.codes(as_column(["a", "q"], "kind"))
    with pytest.raises(InvalidValue, match="missing"):
        encoder.transform(as_column(["a", None], "kind"))
    price = TargetEncoder.fit(PRICE, "regression")
    with pytest.raises(InvalidValue, match="must hold numbers"):
        price.transform(as_column(["a"], "price"))
    with pytest.raises(InvalidValue, match="missing"):
        price.transform(as_column([1.0, None], "price"))


@pytest.mark.parametrize(
    ("column", "task"),
    [
        (NAMES, "multiclass"),
        (TWO, "binary"),
        (PRICE, "regression"),
        (as_column([True, False], "f"), "binary"),
        (as_column([1, 2, 3], "n"), "multiclass"),
        (as_column([0.5, 1.5], "n"), "binary"),
        (as_column(["a", "b"], "n"), "multiclass"),
    ],
)
def test_the_encoder_survives_json(column, task):
    encoder = TargetEncoder.fit(column, task)
    again = TargetEncoder.from_header(json.loads(json.dumps(encoder.to_header())))
    assert again == encoder
    assert [type(label) for label in again.classes] == [type(label) for label in encoder.classes]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": 3},
        {"task": "date"},
        {"task": []},
        {"task": "regression"},
        {"task": "binary"},
        {"classes": ["b", "a", "c"]},
        {"classes": ["a", "a", "b"]},
        {"classes": ["a", 1, "c"]},
        {"classes": [1, 1.5, 2]},
        {"classes": [False, True, 2]},
        {"classes": ["a"]},
        {"classes": [["a"], ["b"]]},
        {"classes": "abc"},
        {"classes": None},
        {"mean": None},
        {"mean": 1},
        {"scale": 0.0},
        {"scale": "1"},
    ],
)
def test_a_header_that_is_not_an_encoders_is_a_bad_file(changes):
    header = {**TargetEncoder.fit(NAMES, "multiclass").to_header(), **changes}
    with pytest.raises(BadFile, match="encoder of the target is not valid"):
        TargetEncoder.from_header(header)
    del header["task"]
    with pytest.raises(BadFile):
        TargetEncoder.from_header(header)


def test_dates_are_no_target():
    when = as_column(np.array(["2024-01-01", "2024-01-02"], "datetime64[D]"), "when")
    with pytest.raises(InvalidValue, match="'when' holds dates"):
        guess_task(when)
    with pytest.raises(InvalidValue, match="'when' holds dates"):
        TargetEncoder.fit(when, "regression")
