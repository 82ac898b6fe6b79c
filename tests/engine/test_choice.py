"""From a name to an engine."""

import pytest

from glassnet.engine.choice import choose
from glassnet.engine.interface import Program
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.errors import InvalidValue, UnknownName, Unsupported
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification
from glassnet.optim.optimizers import SGD

PROGRAM = Program(Specification(1, (Dense(1, "mish"),)), SGD())


class NoMish:
    """An engine that lacks an activation."""

    name = "no_mish"

    def supports(self, program):
        return "the engine has no activation 'mish'."

    def open(self, program, state, data):
        raise AssertionError


def test_names_and_objects_stand_for_engines():
    mine = ReferenceEngine()

    assert choose("reference", PROGRAM).name == "reference"
    assert choose("auto", PROGRAM).supports(PROGRAM) is None
    assert choose(mine, PROGRAM) is mine


def test_an_unknown_engine_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match=r"no engine is named 'referense'.*'reference'"):
        choose("referense", PROGRAM)


def test_an_engine_that_cannot_run_the_program_says_why():
    with pytest.raises(Unsupported, match=r"no activation 'mish'\. Use engine=\"reference\""):
        choose(NoMish(), PROGRAM)


@pytest.mark.parametrize("thing", [None, 3, object(), SGD()])
def test_what_is_no_engine_is_refused(thing):
    with pytest.raises(InvalidValue, match="an engine must be a name or an Engine"):
        choose(thing, PROGRAM)
