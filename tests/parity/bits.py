"""When two States, or what was seen of a step, are the same."""

from typing import Any

import numpy as np

from glassnet.network.state import State


def arrays(state: State) -> dict[str, Any]:
    """Every array of a State, under a name."""
    named = {"theta": state.theta}
    for group in ("memory", "buffers"):
        for key, value in getattr(state, group).items():
            if hasattr(value, "shape"):
                named[f"{group} {key}"] = value
    return named


def numbers(state: State) -> dict[str, Any]:
    """Everything else in it."""
    memory = {k: v for k, v in state.memory.items() if not hasattr(v, "shape")}
    return {"t": state.t, "seed": state.seed, **memory}


def assert_same_bits(found: State, wanted: State) -> None:
    """Every number is the same, to the bit."""
    assert numbers(found) == numbers(wanted)
    assert arrays(found).keys() == arrays(wanted).keys()
    for name, array in arrays(found).items():
        assert array.dtype == arrays(wanted)[name].dtype, name
        np.testing.assert_array_equal(array, arrays(wanted)[name], err_msg=name)


def assert_near(found: State, wanted: State, tolerance: float) -> None:
    """Every array is the same but for a share ``tolerance`` of its largest entry."""
    assert found.t == wanted.t
    for name, array in arrays(found).items():
        assert_close(array, arrays(wanted)[name], tolerance, name)


def assert_close(found: Any, wanted: Any, tolerance: float, name: str = "") -> None:
    """The arrays differ by a share ``tolerance`` of the largest entry at most."""
    assert found.shape == wanted.shape, name
    assert found.dtype == wanted.dtype, name
    size = np.abs(wanted).max(initial=0.0)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance * size, err_msg=name)


def frozen_copy(state: State) -> dict[str, Any]:
    """Copies of a State's arrays; the State's own may no longer be written."""
    copies = {name: np.array(array) for name, array in arrays(state).items()}
    for array in arrays(state).values():
        array.setflags(write=False)
    return copies
