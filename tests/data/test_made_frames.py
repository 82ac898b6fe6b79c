"""A frame is made by whichever library is installed, pandas first."""

from importlib.util import find_spec

import numpy as np
import pytest

from glassnet.data import made_frames
from glassnet.data.made_frames import frame_of
from glassnet.errors import Unsupported

COLUMNS = {
    "layer": np.array([1, 2]),
    "quantity": np.array(["z", "a"], dtype=object),
    "value": np.array([0.5, -1.0]),
}


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_columns_keep_their_values_and_types(library, monkeypatch):
    module = pytest.importorskip(library)
    monkeypatch.setattr(
        made_frames, "find_spec", lambda name: find_spec(name) if name == library else None
    )

    frame = frame_of(COLUMNS)

    assert type(frame).__module__.startswith(module.__name__)
    assert list(frame["value"].to_numpy()) == [0.5, -1.0]
    assert str(frame["layer"].to_numpy().dtype) == "int64"


def test_without_a_library_the_remedy_is_said(monkeypatch):
    monkeypatch.setattr(made_frames, "find_spec", lambda name: None)

    with pytest.raises(Unsupported, match="pip install pandas"):
        frame_of(COLUMNS)
