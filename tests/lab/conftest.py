"""The lab's tests, on a slow machine where the environment asks for it: see ``slowness``."""

import pytest

from tests.lab import slowness


@pytest.fixture(scope="session", autouse=True)
def slow():
    """The slowness, or None."""
    found = slowness.asked_for()
    with pytest.MonkeyPatch.context() as patch:
        if found is not None:
            slowness.slow_down(found, patch)
        yield found
