"""Every operation of the OpenAPI under generated requests, as each kind of caller: no 5xx, and answers as described."""

from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from terresante_dev.story import Stage

load_all_checks()
pytestmark = pytest.mark.timeout(900)
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.mark.parametrize("who", ["gp", "patient", "admin"])
def test_no_generated_request_makes_a_fault(told: Stage, who: str, request: pytest.FixtureRequest) -> None:
    person = told.who(who)
    spec: dict[str, Any] = told.gateway.call("GET", "/openapi.json").body
    schema = schemathesis.openapi.from_dict(spec)
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.endswith("/activation") or "withdrawal" in operation.path:
            continue  # they would end the story that the other tests go on with; the hand-made list has them

        @hypothesis.given(case=operation.as_strategy())
        @hypothesis.settings(
            max_examples=8,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        def survives(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {person.token}"}
            response = case.call(base_url=told.stack["gateway"]["url"], verify=told.stack["ca"]["gateway"], timeout=40)
            case.validate_response(response, checks=CHECKS)

        survives()
    assert tried > 200
