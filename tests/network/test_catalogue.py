"""Names to objects, objects to plain data and back."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from glassnet.errors import InvalidValue, UnknownName
from glassnet.network import catalogue
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.batch_norm import BatchNorm
from glassnet.network.contracts import Elementwise, Metric
from glassnet.network.initializers import INITIALIZERS
from glassnet.network.losses import LOSSES
from glassnet.network.metrics import METRICS, Accuracy
from glassnet.network.penalties import PENALTIES, MaxNorm

REGISTRIES = {
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "initializer": INITIALIZERS,
    "penalty": PENALTIES,
    "max_norm": {"max_norm": MaxNorm},
    "batch_norm": {"batch_norm": BatchNorm},
}
NAMED = [(kind, name) for kind, registry in REGISTRIES.items() for name in sorted(registry)]
NEEDED = {"l1": {"strength": 0.5}, "l2": {"strength": 0.5}, "max_norm": {"limit": 2.0}}


def made(kind, name):
    return REGISTRIES[kind][name](**NEEDED.get(name, {}))


def changed(part):
    """The definition with every hyperparameter moved to another allowed value."""
    values = {}
    for field in fields(part):
        value = getattr(part, field.name)
        moved = value + 1 if isinstance(value, int) else value / 2 + 0.125
        values[field.name] = not value if isinstance(value, bool) else moved
    return replace(part, **values)


def test_the_catalogue_is_that_of_the_documents():
    named = {
        "activations": "identity logistic tanh relu leaky_relu elu selu gelu silu mish softplus "
        "softsign exp sin square softmax",
        "losses": "binary_cross_entropy cross_entropy squared_error absolute_error huber poisson "
        "quantile",
        "initializers": "zeros constant normal he_normal he_uniform lecun lecun_uniform "
        "glorot_normal glorot_uniform orthogonal",
        "metrics": "accuracy r2 rmse mae",
        "penalties": "l1 l2",
    }
    registries = (ACTIVATIONS, LOSSES, INITIALIZERS, METRICS, PENALTIES)

    for names, registry in zip(named.values(), registries, strict=True):
        assert set(names.split()) <= set(registry)


@pytest.mark.parametrize(("kind", "name"), NAMED)
def test_a_definition_is_rebuilt_from_its_description(kind, name):
    for part in (made(kind, name), changed(made(kind, name))):
        text = json.dumps(catalogue.describe(part))

        again = catalogue.rebuild(kind, json.loads(text))

        assert again == part
        assert type(again) is type(part)


@pytest.mark.parametrize(("kind", "name"), NAMED)
def test_a_description_holds_the_name_and_every_hyperparameter(kind, name):
    part = made(kind, name)

    assert catalogue.describe(part) == {
        "name": name,
        **{field.name: getattr(part, field.name) for field in fields(part)},
    }


def test_hyperparameters_of_numpy_are_described_as_plain_numbers():
    part = ACTIVATIONS["leaky_relu"](slope=np.float32(0.5))

    assert json.dumps(catalogue.describe(part)) == (
        '{"name": "leaky_relu", "slope": 0.5, "at_zero": 0.0}'
    )


@pytest.mark.parametrize("kind", ["activation", "loss", "metric"])
def test_every_name_stands_for_its_object(kind):
    registry = {"metric": METRICS, **REGISTRIES}[kind]

    for name, definition in registry.items():
        found = getattr(catalogue, kind)(name)
        assert found == definition()
        assert found.name == name
        assert getattr(catalogue, kind)(found) is found


def test_every_initializers_name_stands_for_its_object():
    for name, definition in INITIALIZERS.items():
        assert catalogue.initializer(name, "tanh") == definition()


@pytest.mark.parametrize(
    ("kind", "name", "nearest"),
    [
        ("activation", "sigmod", None),
        ("activation", "rely", "relu"),
        ("activation", "Softmax", "softmax"),
        ("loss", "squared-error", "squared_error"),
        ("loss", "binary_crossentropy", "binary_cross_entropy"),
        ("metric", "acc", "accuracy"),
        ("activation", "sigmoid", "logistic"),
        ("activation", "Swish", "silu"),
        ("loss", "mse", "squared_error"),
        ("loss", "mae", "absolute_error"),
        ("metric", "mse", None),
    ],
)
def test_unknown_names_suggest_the_nearest(kind, name, nearest):
    hint = f" Did you mean '{nearest}'?" if nearest else ""

    with pytest.raises(UnknownName, match=rf"no {kind} is named '{name}'\.{hint}.* Known: "):
        getattr(catalogue, kind)(name)


class OwnTanh(Elementwise):
    name = "own_tanh"

    def value(self, z):
        return np.tanh(z)

    def derivative(self, z, a):
        return 1 - a * a


class Hidden(ACTIVATIONS["tanh"]):
    """A subclass under the name of its base."""


@pytest.mark.parametrize("part", [OwnTanh(), Hidden(), object(), "tanh", None])
def test_what_is_not_of_the_house_is_not_described(part):
    with pytest.raises(InvalidValue, match=r"a file cannot name it. Save the parameters with"):
        catalogue.describe(part)


@pytest.mark.parametrize(
    ("kind", "held", "error", "says"),
    [
        ("loss", {"name": "hubr"}, UnknownName, "Did you mean 'huber'"),
        ("loss", {"name": "relu"}, UnknownName, "no loss is named 'relu'"),
        ("loss", {}, UnknownName, "no loss is named None"),
        ("loss", {"name": ["huber"]}, UnknownName, "no loss is named"),
        ("loss", {"name": "huber", "size": 1.0}, InvalidValue, "has no parameter 'size'"),
        ("loss", {"name": "huber", "threshold": -1.0}, InvalidValue, "must be a number in"),
        ("loss", {"name": "huber", "threshold": "1"}, InvalidValue, "must be a number in"),
        ("loss", {"name": "huber", "threshold": None}, InvalidValue, "must be a number in"),
        ("loss", {"name": "huber", "threshold": True}, InvalidValue, "cannot be True"),
        ("penalty", {"name": "l2"}, InvalidValue, "needs the parameter 'strength'"),
        (
            "penalty",
            {"name": "l2", "strength": 1.0, "per_weight_sum": 1},
            InvalidValue,
            "per_weight_sum of penalty 'l2' cannot be 1",
        ),
        ("activation", {"name": "tanh", "__class__": "os"}, InvalidValue, "has no parameter"),
    ],
)
def test_a_damaged_description_is_refused(kind, held, error, says):
    with pytest.raises(error, match=says):
        catalogue.rebuild(kind, held)


def test_a_users_own_metric_works():
    class Worst:
        name = "worst"
        greater_is_better = False

        def value(self, a, y, w):
            return float(np.abs(a - y).max())

    class WorstToo(Metric):
        name = "worst"
        greater_is_better = False
        value = Worst.value

    a, y = np.array([[1.0], [5.0]]), np.zeros((2, 1))
    for own in (Worst(), WorstToo()):
        assert catalogue.metric(own).value(a, y, np.full(2, 0.5)) == 5.0


@pytest.mark.parametrize(
    ("own", "says"),
    [
        (3, "a metric must be a name or an object with value"),
        (OwnTanh(), "a metric must be a name or an object with value"),
        (Accuracy, r"class of one. Make one of it: Accuracy\(\)"),
    ],
)
def test_what_is_no_metric_is_refused(own, says):
    with pytest.raises(InvalidValue, match=says):
        catalogue.metric(own)
