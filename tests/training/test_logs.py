"""Logs for other programs: lines of strict JSON, and TensorBoard's files."""

import json
import sys

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import FileFault, Unsupported
from tests.training.runs import Steps, small_net, two_classes


def strictly(line):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(line, parse_constant=refuse)


def lines_of(path):
    return [strictly(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_settings_come_first_then_a_line_an_epoch_then_the_end(tmp_path):
    X, y, _ = two_classes()
    path = tmp_path / "log.jsonl"

    run = gn.train(
        small_net(),
        X,
        y,
        epochs=3,
        batch_size=8,
        validation=0.2,
        metrics=["accuracy"],
        schedule="cosine",
        observers=[gn.JsonLines(path)],
    )

    first, *epochs, last = lines_of(path)
    settings = first["settings"]
    expected = {"epochs": 3, "batch_size": 8, "rows": 32, "validation_rows": 8, "seed": 3}
    assert {name: settings[name] for name in expected} == expected
    assert settings["optimizer"].startswith("Adam(learning_rate=0.001")
    assert settings["schedule"] == "Cosine(floor=0.0)"
    assert settings["metrics"] == ["accuracy"]
    assert epochs == list(run.history)
    assert last == {"ended": "epochs"}


def test_each_line_is_there_as_soon_as_its_epoch_is_over(tmp_path):
    X, y, _ = two_classes()
    path, seen = tmp_path / "log.jsonl", []

    class Reading(gn.Observer):
        def epoch(self, end):
            seen.append(len(lines_of(path)))

    gn.train(small_net(), X, y, epochs=3, observers=[gn.JsonLines(path), Reading()])

    assert seen == [2, 3, 4]


def test_values_that_json_has_not_are_null(tmp_path):
    X, y, _ = two_classes()
    path = tmp_path / "log.jsonl"

    class Odd:
        name, greater_is_better = "odd", True
        values = iter([float("nan"), float("inf"), np.float32(0.5)])

        def value(self, a, y, w):
            return next(self.values)

    gn.train(
        small_net(),
        X,
        y,
        epochs=3,
        validation=(X, y),
        metrics=[Odd()],
        observers=[gn.JsonLines(path)],
    )

    assert [row["val_odd"] for row in lines_of(path)[1:-1]] == [None, None, 0.5]


def test_a_second_run_is_appended(tmp_path):
    X, y, _ = two_classes()
    path = tmp_path / "log.jsonl"
    log, net = gn.JsonLines(path), small_net()

    for _ in range(2):
        gn.train(net, X, y, epochs=2, observers=[log])

    kinds = [next(iter(line)) for line in lines_of(path)]
    assert kinds == ["settings", "epoch", "epoch", "ended"] * 2


def test_a_run_that_fails_says_so_in_its_log(tmp_path):
    X, y, _ = two_classes()
    path = tmp_path / "log.jsonl"
    net = gn.Network(3, [gn.Dense(1, "identity")])

    with pytest.raises(gn.errors.Diverged):
        gn.train(net, X, y + 1e200, observers=[gn.JsonLines(path)])

    assert lines_of(path)[-1] == {"ended": "diverged"}


def test_a_log_that_cannot_be_written_is_a_clear_error(tmp_path):
    X, y, _ = two_classes()

    with pytest.raises(FileFault, match="its folder does not exist"):
        gn.train(small_net(), X, y, observers=[gn.JsonLines(tmp_path / "absent" / "log.jsonl")])
    with pytest.raises(FileFault, match="the disk is full"):
        gn.train(small_net(), X, y, observers=[gn.JsonLines("/dev/full")])


def events(folder):
    """What a TensorBoard folder holds: ``{tag: [(step, value or counts), …]}``."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import masked_crc32c

    found = {}
    (path,) = folder.iterdir()
    data, place = path.read_bytes(), 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 8], "little")
        head = int.from_bytes(data[place + 8 : place + 12], "little")
        assert head == masked_crc32c(data[place : place + 8])
        event = Event.FromString(data[place + 12 : place + 12 + length])
        place += 12 + length + 4
        for value in event.summary.value:
            number = value.simple_value if value.HasField("simple_value") else value.histo
            found.setdefault(value.tag, []).append((event.step, number))
    return found


def test_tensorboard_gets_the_numbers_of_every_epoch(tmp_path):
    X, y, _ = two_classes()

    run = gn.train(
        small_net(),
        X,
        y,
        epochs=3,
        batch_size=8,
        validation=0.2,
        metrics=["accuracy"],
        observers=[gn.TensorBoard(tmp_path)],
    )

    found = events(tmp_path)
    assert set(found) == {"J", "rate", "val_loss", "val_accuracy"}
    for name, values in found.items():
        assert [step for step, _ in values] == [4, 8, 12]
        numbers = [number for _, number in values]
        np.testing.assert_allclose(numbers, run.history.column(name), rtol=1e-6)


def test_tensorboard_gets_histograms_of_every_layer_where_asked_for(tmp_path):
    X, y, _ = two_classes()
    net, steps = small_net(), Steps("dW")

    gn.train(
        net,
        X,
        y,
        epochs=5,
        batch_size=8,
        observers=[gn.TensorBoard(tmp_path, histograms=2), steps],
    )

    found = events(tmp_path)
    for tag in ("W/1", "W/2", "dW/1", "dW/2"):
        assert [step for step, _ in found[tag]] == [10, 20]
    histogram = found["dW/1"][1][1]
    dW = steps.moments[19].dW[1]
    assert histogram.num == dW.size
    assert histogram.sum == pytest.approx(dW.sum(), rel=1e-9)
    assert histogram.min == dW.min()
    assert histogram.max == dW.max()


def test_without_tensorboardx_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)

    with pytest.raises(Unsupported, match=r"tensorboardX.*glassnet\[track\]"):
        gn.TensorBoard(tmp_path)


def test_a_tensorboard_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    X, y, _ = two_classes()
    (tmp_path / "file").write_text("")

    with pytest.raises(FileFault, match="could not be written"):
        gn.train(small_net(), X, y, observers=[gn.TensorBoard(tmp_path / "file" / "runs")])
