"""An engine that says it cannot run a program is believed: the case is skipped, with its reason."""

import pytest

from glassnet.errors import Unsupported


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        return (yield)
    except Unsupported as reason:
        pytest.skip(str(reason))
