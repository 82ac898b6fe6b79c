"""Settings that every test shares, and the way to the acceptance data."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# scikit-learn's array API checks run only when SciPy is told so before its first import.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# The same examples on each run, and no limit on the time of one of them or of drawing them: a
# shared machine may pause.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

BESIDE_THE_CHECKOUT = Path(__file__).parents[2] / "shared" / "data"


def pytest_addoption(parser):
    """Add ``--glassnet-data``."""
    parser.addoption(
        "--glassnet-data",
        type=Path,
        default=os.environ.get("GLASSNET_DATA", BESIDE_THE_CHECKOUT),
        help="folder of the acceptance data sets (default: GLASSNET_DATA, else ../shared/data)",
    )


@pytest.fixture(scope="session")
def acceptance_data(request):
    """Give the folder of the acceptance data sets; skip the test where it is absent."""
    folder = Path(request.config.getoption("--glassnet-data"))
    if not folder.is_dir():
        pytest.skip(f"no acceptance data in {folder}; name its folder with --glassnet-data")
    return folder


@pytest.fixture(scope="session")
def two_ray_nodes():
    """Start a Ray cluster of two nodes on this machine; skip the test where Ray is missing."""
    pytest.importorskip("ray", reason="no ray here: pip install glassnet[ray]")
    from tests.cluster.nodes import two_nodes

    with two_nodes() as nodes:
        yield nodes
