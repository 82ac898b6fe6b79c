"""From names to optimizers, and the ranges of their hyperparameters."""

from math import inf

import numpy as np
import pytest

from glassnet.errors import InvalidValue, UnknownName
from glassnet.optim.optimizers import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    RMSprop,
    optimizer,
)
from glassnet.optim.whole_batch import LBFGS, IRprop


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_a_name_stands_for_the_optimizer_with_its_defaults(name):
    assert optimizer(name) == OPTIMIZERS[name]()
    assert optimizer(name).name == name


def test_an_object_stands_for_itself():
    mine = Adam(0.5)

    assert optimizer(mine) is mine


@pytest.mark.parametrize("thing", [None, 3, Adam, object()])
def test_what_is_no_optimizer_is_refused(thing):
    with pytest.raises(InvalidValue, match="an optimizer must be a name or an object"):
        optimizer(thing)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match=r"no optimizer is named 'adm'\. Did you mean 'adam'\?"):
        optimizer("adm")


BAD = [
    *((kind, "learning_rate", bad) for kind in OPTIMIZERS.values() for bad in (0, -1, inf, "1")),
    *((kind, "learning_rate", bad) for kind in OPTIMIZERS.values() for bad in (None, np.nan, True)),
    *((kind, "momentum", bad) for kind in (Momentum, Nesterov) for bad in (-0.1, 1.0)),
    *(
        (kind, "weight_decay", bad)
        for kind in (SGD, Momentum, Nesterov, AdamW)
        for bad in (-1, inf)
    ),
    *((kind, beta, 1.0) for kind in (Adam, AdamW) for beta in ("beta_1", "beta_2")),
    *((kind, "epsilon", 0.0) for kind in (Adam, AdamW, RMSprop)),
    (RMSprop, "rho", 1.0),
    (IRprop, "increase", 0.9),
    (IRprop, "decrease", 1.0),
    (IRprop, "smallest_step", -1.0),
    (IRprop, "smallest_step", 60.0),
    (IRprop, "largest_step", 0.0),
    (LBFGS, "max_evaluations", 0),
    (LBFGS, "max_evaluations", 1.5),
    (LBFGS, "tolerance", -1.0),
    (LBFGS, "history", 0),
]


@pytest.mark.parametrize(("kind", "name", "value"), BAD)
def test_a_value_out_of_range_is_refused_by_name(kind, name, value):
    with pytest.raises(InvalidValue, match=rf"{name} of {kind.__name__} must .*; got "):
        kind(**{name: value})


def test_lbfgs_takes_no_single_step():
    with pytest.raises(InvalidValue, match="whole runs, not single steps"):
        LBFGS().step(np.zeros(1), np.zeros(1), {}, 1.0, 0.0)
