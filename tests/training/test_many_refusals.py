"""What ``gn.run_many`` refuses, in one line and before anything is trained."""

import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch, UnknownName, Unsupported
from tests.training.runs import fingerprint, small_net, two_classes

TWICE, WATCHER = small_net(), gn.Observer()
REFUSED = {
    "no network": (InvalidValue, "at least 1 Network", {"nets": []}),
    "one network": (InvalidValue, "a list of at least 1 Network", {"nets": TWICE}),
    "no networks": (InvalidValue, "a list of at least 1 Network", {"nets": ["mlp", "mlp"]}),
    "one twice": (InvalidValue, "member 1 has that of another", {"nets": [TWICE, TWICE]}),
    "inputs": (
        ShapeMismatch,
        "same inputs; member 0 has 3, member 1 has 2",
        {"nets": [small_net(3), small_net(2)]},
    ),
    "dtypes": (
        ShapeMismatch,
        "same dtype; member 0 has float64, member 1 has float32",
        {"nets": [small_net(), small_net(dtype="float32")]},
    ),
    "losses": (
        ShapeMismatch,
        "same losses; member 0 has binary_cross_entropy of 1, member 1 has squared_error of 1",
        {"nets": [small_net(), gn.Network(3, [gn.Dense(1, "logistic")])]},
    ),
    "outputs": (
        ShapeMismatch,
        "same outputs; member 0 has 1, member 1 has 2",
        {"nets": [gn.Network(3, [gn.Dense(n, "identity")]) for n in (1, 2)]},
    ),
    "rows of one": (InvalidValue, "rows must be a list with one entry per network, 2; got 1 of", {
        "rows": [[0, 1]],
    }),
    "a row": (InvalidValue, "member 1: rows must be row numbers from 0 to 39; got 0 to 40", {
        "rows": [None, [0, 40]],
    }),
    "held": (InvalidValue, "member 0: validation_rows must name at least 1 row", {
        "validation_rows": [[], None],
    }),
    "rates": (InvalidValue, "learning_rate must be a list with one entry per network, 2; got 3", {
        "learning_rate": [1, 2, 3],
    }),
    "a rate": (InvalidValue, "learning_rate of member 1 must be above 0; got -1", {
        "learning_rate": [1.0, -1.0],
    }),
    "a word": (InvalidValue, "learning_rate of member 0 must be above 0; got 'high'", {
        "learning_rate": "high",
    }),
    "no rate": (InvalidValue, "lbfgs has step sizes of its own", {
        "optimizer": ["adam", "lbfgs"], "learning_rate": 0.1,
    }),
    "optimizers": (InvalidValue, "optimizer must be a list with one entry per network", {
        "optimizer": ["adam"],
    }),
    "an optimizer": (UnknownName, "no optimizer is named 'adm'", {"optimizer": ["adam", "adm"]}),
    "observers": (InvalidValue, "observers must be a list with one entry per network", {
        "observers": [[]],
    }),
    "an observer": (InvalidValue, "observers must be a list of Observer objects", {
        "observers": [WATCHER, WATCHER],
    }),
    "one observer": (InvalidValue, "observers of its own", {"observers": [[WATCHER], [WATCHER]]}),
    "workers": (InvalidValue, "workers must be a positive integer; got 0", {"workers": 0}),
    "epochs": (InvalidValue, "epochs must be a positive integer", {"epochs": 0}),
    "metrics": (InvalidValue, "metrics are computed on validation rows", {"metrics": ["accuracy"]}),
    "an engine": (UnknownName, "no engine is named 'gpu'", {"engine": "gpu"}),
}  # fmt: skip


@pytest.mark.parametrize(("error", "message", "given"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_right_is_refused_before_anything_is_trained(error, message, given):
    X, y, _ = two_classes()
    given = {"nets": [small_net(seed=0), small_net(seed=1)]} | given
    whole = isinstance(given["nets"], list)
    members = [net for net in given["nets"] if isinstance(net, gn.Network)] if whole else []
    before = [fingerprint(net) for net in members]

    with pytest.raises(error, match=message) as raised:
        gn.run_many(X=X, y=y, **given)

    assert "\n" not in str(raised.value)
    assert before == [fingerprint(net) for net in members]


def test_an_engine_that_lacks_something_is_refused_before_anything_is_trained():
    class Own(gn.Elementwise):
        name = "own"

        def value(self, z):
            return z

        def derivative(self, z, a):
            return z * 0 + 1

    X, y, _ = two_classes()
    layers = [gn.Dense(2, Own()), gn.Dense(1, "logistic")]
    members = [small_net(), gn.Network(3, layers, loss="binary_cross_entropy")]
    before = [fingerprint(net) for net in members]

    with pytest.raises(Unsupported, match=r"own|no C\+\+ compiler"):
        gn.run_many(members, X, y, engine="native")

    assert before == [fingerprint(net) for net in members]
