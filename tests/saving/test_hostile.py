"""A file whose hashes are right may still mean harm: it is refused, or is a model that works."""

import copy
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import BadFile
from glassnet.files.header import read_container, write_container
from tests.golden.write import predictions

GOLDEN = Path(__file__).parent.parent / "golden" / "format-1"


def held(name):
    found = read_container(GOLDEN / f"{name}.glassnet", kind="model")
    return found.header, found.arrays


def refused(folder, header, arrays, words):
    write_container(folder / "m", kind="model", header=header, arrays=arrays)
    with pytest.raises(BadFile, match=words) as caught:
        gn.load(folder / "m")
    message = str(caught.value)
    assert message.startswith(str(folder / "m"))
    assert "\n" not in message


def put(header, path, value):
    changed = copy.deepcopy(header)
    *way, last = path.split("/")
    inner = changed
    for key in way:
        inner = inner[int(key) if key.isdecimal() else key]
    last = int(last) if last.isdecimal() else last
    if value is KeyError:
        del inner[last]
    else:
        inner[last] = value
    return changed


SPEC = "parts/network/specification"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("model", "pickle"),
        ("model", 3),
        ("requires", "network"),
        ("requires", ["absent"]),
        ("parts", []),
        ("parts/network", 7),
        ("parts/network/seed", "-1"),
        ("parts/network/seed", str(2**64)),
        ("parts/network/seed", "٣"),
        ("parts/network/steps", -1),
        ("parts/network/steps", 2**70),
        ("parts/network/steps", True),
        ("parts/network/more", 1),
        (f"{SPEC}/inputs", 4),
        (f"{SPEC}/inputs", 10**15),
        (f"{SPEC}/layers", []),
        (f"{SPEC}/layers/0", KeyError),
        (f"{SPEC}/layers/0/units", 10**12),
        (f"{SPEC}/layers/0/units", 10**300),
        (f"{SPEC}/layers/0/units", -1),
        (f"{SPEC}/layers/0/skip", True),
        (f"{SPEC}/layers/0/bias", 1),
        (f"{SPEC}/layers/0/dropout", "0"),
        (f"{SPEC}/layers/0/activation", None),
        (f"{SPEC}/layers/0/activation", "relu"),
        (f"{SPEC}/layers/0/activation", {"name": "__class__"}),
        (f"{SPEC}/layers/0/activation", {"name": "tanh", "slope": 1}),
        (f"{SPEC}/layers/0/batch_norm", None),
        (f"{SPEC}/layers/0/batch_norm", {"name": "batch_norm", "epsilon": -1}),
        (f"{SPEC}/heads/0/units", 2),
        (f"{SPEC}/heads/0/loss", {"name": "cross_entropy"}),
        (f"{SPEC}/heads/0/scale", 2.0),
        (f"{SPEC}/heads", []),
        (f"{SPEC}/penalties/0", {"name": "l2"}),
        (f"{SPEC}/penalties/0/strength", "much"),
        (f"{SPEC}/max_norm", -1),
        (f"{SPEC}/scaling/scale", [1.0, 0.0, 1.0]),
        (f"{SPEC}/scaling/mean", ["1", "2", "3"]),
        (f"{SPEC}/scaling/mean", [1.0]),
        (f"{SPEC}/scaling", "1,2,3"),
        (f"{SPEC}/strict", 0),
        ("parts/training/optimizer", 3),
        ("parts/training/optimizer", "sgd"),
        ("parts/training/more", 3),
        ("parts/training/run", {}),
    ],
    ids=str,
)
def test_a_network_with_a_false_header_is_refused(path, value, tmp_path):
    header, arrays = held("network")
    refused(tmp_path, put(header, path, value), arrays, "no model that this version understands")


ESTIMATOR = "parts/estimator"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{ESTIMATOR}/parameters/alpha", "x"),
        (f"{ESTIMATOR}/parameters/alpha", {"number": "nan"}),
        (f"{ESTIMATOR}/parameters/solver", "adamm"),
        (f"{ESTIMATOR}/parameters/unknown", 1),
        (f"{ESTIMATOR}/parameters/engine", "os.system"),
        (f"{ESTIMATOR}/parameters/schedule", {"object": "os/system", "fields": {}}),
        (f"{ESTIMATOR}/parameters/schedule", {"object": "optimizer/adam", "fields": {}}),
        (f"{ESTIMATOR}/parameters/schedule", {"object": "schedule/step", "fields": {"x": 1}}),
        (f"{ESTIMATOR}/parameters/schedule", {"object": "schedule/step"}),
        (f"{ESTIMATOR}/parameters/schedule", {"class": "subprocess.Popen"}),
        (f"{ESTIMATOR}/parameters/random_state", {"random_state": [1], "position": 0}),
        (
            f"{ESTIMATOR}/parameters/random_state",
            {"random_state": [1] * 624, "position": 10**9, "gauss": [0, 0.0]},
        ),
        (
            f"{ESTIMATOR}/parameters/random_state",
            {"random_state": [2**40] * 624, "position": 1, "gauss": [0, 0.0]},
        ),
        (f"{ESTIMATOR}/parameters/hidden_layer_sizes", {"array": [1], "dtype": "O"}),
        (f"{ESTIMATOR}/parameters/hidden_layer_sizes", {"tuple": "ab"}),
        (f"{ESTIMATOR}/parameters/class_weight", {"pairs": [[[], 1]]}),
        (f"{ESTIMATOR}/parameters/class_weight", {"pairs": [[1, 1], [1, 2]]}),
        (f"{ESTIMATOR}/columns", 2),
        (f"{ESTIMATOR}/named", True),
        (f"{ESTIMATOR}/found/loss_", "low"),
        (f"{ESTIMATOR}/found/predict", 1),
        (f"{ESTIMATOR}/found/__class__", 1),
        (f"{ESTIMATOR}/history", ["J"] * 40),
        (f"{ESTIMATOR}/history", [["J"]] * 7),
        (f"{ESTIMATOR}/history", 7),
        ("parts/labels/kind", "binary"),
        ("parts/labels/kind", "ternary"),
        ("parts/labels/dtype", "object_"),
        ("parts/labels/dtype", "<i8"),
        ("parts/labels/dtype", "<U99999999"),
        ("parts/labels", KeyError),
        ("model", "regressor"),
        ("parts/training/run/settings/epochs", KeyError),
        ("parts/training/run/arrays", ["theta"]),
        ("parts/training/run/noise", [[1]]),
        ("parts/training/run/optimizer", "lbfgs"),
        ("parts/training/run/why", None),
        ("parts/training/run/columns", ["a"] * 9),
    ],
    ids=str,
)
def test_a_classifier_with_a_false_header_is_refused(path, value, tmp_path):
    header, arrays = held("classifier")
    header = put(header, path, value)
    if "labels" in path and value is KeyError:
        header["requires"].remove("labels")
        arrays = {name: array for name, array in arrays.items() if not name.startswith("labels")}
    refused(tmp_path, header, arrays, "no model that this version understands")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("parts/columns/columns/0/kind", "date"),
        ("parts/columns/columns/0/indicator", 1),
        ("parts/columns/columns/1/levels", ["b", "a"]),
        ("parts/columns/columns/1/levels", [1]),
        ("parts/columns/columns/0", KeyError),
        ("parts/columns/columns/1/name", "size"),
        ("parts/columns/columns/1/name", 5),
        ("parts/columns", []),
        ("parts/target/task", "regression"),
        ("parts/target/classes", ["yes", "no"]),
        ("parts/target/classes", [["no"], ["yes"]]),
        ("parts/target/classes", "no"),
        ("parts/target/mean", "0"),
        ("parts/target/scale", -1.0),
        ("parts/settings", 3),
    ],
    ids=str,
)
def test_a_table_with_a_false_header_is_refused(path, value, tmp_path):
    header, arrays = held("table")
    refused(tmp_path, put(header, path, value), arrays, "no model that this version understands")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network.theta", np.ones(7)),
        ("network.theta", np.ones(0)),
        ("network.theta", np.ones((29, 1))),
        ("network.theta", np.ones(29, np.int64)),
        ("network.theta", None),
        ("network.buffers.mean[1]", np.ones(3)),
        ("network.buffers.mean[1]", np.ones(4, np.float32)),
        ("network.buffers.mean[2]", np.ones(1)),
        ("network.more", np.ones(1)),
        ("stray", np.ones(1)),
        ("stray.more", np.ones(1)),
        ("training.now.memory.m", np.ones(3)),
        ("training.now.memory.m", np.array(1.0)),
        ("training.now.memory.t", np.ones(3)),
        ("training.now.memory.x", np.ones(3)),
        ("training.now.position", np.array(-1)),
        ("training.now.position", np.ones(2)),
        ("training.now.theta", np.ones(2)),
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_the_network_never_reach_an_engine(name, value, tmp_path):
    header, arrays = held("network")
    arrays = {key: array for key, array in {**arrays, name: value}.items() if array is not None}
    refused(tmp_path, header, arrays, "no model that this version understands")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("labels.classes", np.zeros(3, np.uint8)),
        ("labels.classes", np.full(18, 255, np.uint8)),
        ("labels.classes.ends", np.array([5, 3, 18], np.uint64)),
        ("labels.classes.ends", np.array([5, 5, 2**63], np.uint64)),
        ("labels.classes.ends", np.array([1, 2, 3])),
        ("training.then.watch.theta", np.ones(3)),
        ("training.then.theta", np.ones(3)),
        ("training.then.theta", np.ones(38, np.float32)),
        ("training.then.track.costs", np.array(1.0)),
        ("estimator.history.2", np.ones(1)),
        ("estimator.scores", None),
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_an_estimator_are_refused(name, value, tmp_path):
    header, arrays = held("classifier")
    arrays = {key: array for key, array in {**arrays, name: value}.items() if array is not None}
    refused(tmp_path, header, arrays, "no model that this version understands")


def test_a_few_long_classes_cannot_ask_for_all_the_memory(tmp_path):
    header, arrays = held("classifier")
    many, joined = 300_000, b"x" * 10_000
    ends = np.concatenate([np.zeros(many - 1, np.uint64), [np.uint64(len(joined))]])
    arrays |= {"labels.classes": np.frombuffer(joined, np.uint8), "labels.classes.ends": ends}
    refused(tmp_path, header, arrays, "must fit in 64 MB")


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.glassnet")))
def test_a_value_of_the_header_that_is_another_is_refused_or_makes_a_model_that_works(
    name, tmp_path
):
    header, arrays = held(name)
    places, others = list(leaves(header)), [None, True, -1, 0, 2**63, 1.5, "", "x", [], {}, [[]]]
    rng = np.random.default_rng(0)
    for k in rng.permutation(len(places))[:60]:
        changed = put(header, places[k], others[rng.integers(len(others))])
        write_container(tmp_path / "m", kind="model", header=changed, arrays=arrays)
        try:
            model = gn.load(tmp_path / "m")
        except BadFile:
            continue
        predictions(model)
        gn.save(model, tmp_path / "again", training=True)


def leaves(value, way=""):
    """The paths to all values of a header."""
    pairs = enumerate(value) if isinstance(value, list) else value.items()
    for key, inner in pairs:
        yield f"{way}{key}"
        if isinstance(inner, list | dict):
            yield from leaves(inner, f"{way}{key}/")
