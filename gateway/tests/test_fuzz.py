"""The description is true for strangers too: generated requests, right and wrong, get answers that it names."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from terresante_gateway import app, openapi

from .calling import programmed
from .operations import RIGHT
from .things import Right

pytestmark = pytest.mark.long  # tests/security fuzzes the whole platform each time; this is the gateway alone
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]

DESCRIPTION = openapi.document(*app.described(app.State()))
TAKING = {
    one["operationId"]
    for methods in DESCRIPTION["paths"].values()
    for one in methods.values()
    if one["parameters"] or "requestBody" in one
}
"""Operations that take something, which can be wrong."""
TRIED = [
    (right, mode)
    for right in RIGHT
    for mode in GenerationMode
    if right.operation in TAKING or mode is GenerationMode.POSITIVE
]


@pytest.fixture(scope="module")
def operations() -> dict[str, Any]:
    """The operations as schemathesis reads them, by id."""
    description = openapi.document(*app.described(app.State()))
    for methods in description["paths"].values():
        for one in methods.values():
            one.pop("security", None)  # every request here has its token
    found = schemathesis.openapi.from_dict(description).get_all_operations()
    return {one.ok().definition.raw["operationId"]: one.ok() for one in found}


@pytest.mark.parametrize(("right", "mode"), TRIED, ids=[f"{right.operation}-{mode.value}" for right, mode in TRIED])
async def test_what_is_generated_is_answered_as_described(
    right: Right, mode: GenerationMode, gateway: Any, operations: Any
) -> None:
    programmed(gateway, right)
    headers = gateway.bearer(right.kind, acr=right.acr)

    @settings(max_examples=4, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operations[right.operation].as_strategy(generation_mode=mode))
    def fuzz(case: Any) -> None:
        case.call_and_validate(base_url=gateway.url, headers=headers, verify=gateway.authority, checks=CHECKS)

    await asyncio.to_thread(fuzz)
