"""The description is true: whatever fits it is answered as it says, and nothing ends in a fault."""

import pytest
from hypothesis import HealthCheck, settings

from glassnet.serve.app import application
from glassnet.serve.measures import Measures
from glassnet.serve.openapi import description
from glassnet.web.limits import Limits
from tests.serve.models import shelf

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

MEASURES = Measures()
FAULTS: list[dict] = []
APP = application(
    shelf("mixed", "numbers", "insects", "prices", "rents", measures=MEASURES),
    MEASURES,
    lambda event, **fields: FAULTS.append(fields) if event == "fault" else None,
    reload=0,
)
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP)


@SCHEMA.parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_that_can_be_described_ends_in_a_fault(case):
    response = case.call()

    assert response.status_code < 500
    assert FAULTS == []
    case.validate_response(response, checks=[schemathesis.checks.not_a_server_error])


def test_every_address_is_described():
    told = description("1.0", Limits(), token=False)["paths"]

    routes = {route.path: route.methods - {"HEAD"} for route in APP._app.routes}

    del routes["/openapi.json"]
    assert {path: set(map(str.upper, what)) for path, what in told.items()} == routes
