"""Around every operation: spans, deadlines, overload, other origins, faults, readiness."""

import asyncio
import time
from typing import Any

import pytest
from opentelemetry import trace
from terresante.records.v1 import records_service_pb2 as records
from terresante_gateway import app
from terresante_gateway.operation import NOBODY, Operation, operations_of

from .calling import programmed, reason_of, sent
from .conftest import ORIGIN, Running
from .operations import RIGHT
from .things import DOCUMENT, PATIENT, RECORD, THING

READ = next(right for right in RIGHT if right.operation == "get_document")
WITHDRAW = next(right for right in RIGHT if right.operation == "withdraw_consent")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_span_has_the_route_and_never_the_path(gateway: Any, http: Any, spans: Any) -> None:
    programmed(gateway, READ)

    await sent(http, gateway, READ)
    await http.get("/v1/patients-nommes-durand/x")

    served = [span for span in spans() if span.kind is trace.SpanKind.SERVER and span.name.startswith("GET")]
    assert [span.name for span in served] == ["GET /v1/patients/{patient}/documents/{document}", "GET unknown"]
    assert served[0].attributes["http.response.status_code"] == 200
    assert served[1].attributes["http.response.status_code"] == 404
    everything = "".join(span.to_json() for span in spans())
    assert PATIENT not in everything and THING not in everything and "durand" not in everything


async def test_a_trace_goes_through_gateway_and_service_and_comes_back(gateway: Any, http: Any, spans: Any) -> None:
    programmed(gateway, READ)

    answer = await sent(http, gateway, READ, {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})

    assert answer.headers["traceresponse"].split("-")[1] == TRACE
    assert {f"{span.context.trace_id:032x}" for span in spans()} == {TRACE}
    assert len(spans()) == 3  # the gateway's, its call, the service's


async def test_a_problem_names_its_trace(gateway: Any, http: Any) -> None:
    answer = await http.get("/v1/me", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})

    assert answer.json()["trace_id"] == TRACE


@pytest.mark.parametrize("given", ["", "00-x-y-01", f"00-{'0' * 32}-00f067aa0ba902b7-01", "é", "ff" * 4000])
async def test_a_wrong_traceparent_begins_a_new_trace(gateway: Any, http: Any, given: str) -> None:
    answer = await http.get("/health", headers={"traceparent": given.encode()})

    assert answer.status_code == 200
    assert answer.headers["traceresponse"].split("-")[1] != "0" * 32


@pytest.mark.parametrize(("operation", "most"), [("get_document", 5), ("read_content", 30), ("export_journal", 30)])
async def test_the_deadline_is_handed_on(gateway: Any, http: Any, operation: str, most: float) -> None:
    right = next(one for one in RIGHT if one.operation == operation)
    programmed(gateway, right)
    began = time.monotonic()

    await sent(http, gateway, right)

    deadline = gateway.services.of(right.rpc).call.deadline
    assert most - 1 < deadline - began < most + 0.5


async def test_a_service_that_does_not_answer_is_503_in_time(gateway: Any, http: Any, services: Any) -> None:
    async def never(_: Any) -> Any:
        await asyncio.Event().wait()

    services.answer(READ.rpc, never)
    began = time.monotonic()

    answer = await sent(http, gateway, READ)

    assert (answer.status_code, reason_of(answer)) == (503, "RECORDS_UNAVAILABLE")
    assert 4 < time.monotonic() - began < 6
    assert answer.headers["retry-after"] == "2"


async def test_beyond_its_measure_the_gateway_sheds_but_for_withdrawals(gateway: Any, http: Any, services: Any) -> None:
    release = asyncio.Event()

    async def wait(_: Any) -> Any:
        await release.wait()
        return records.GetDocumentResponse(document=DOCUMENT)

    programmed(gateway, WITHDRAW)
    services.answer(READ.rpc, wait)
    waiting = [asyncio.create_task(sent(http, gateway, READ)) for _ in range(Running.most_requests)]
    async with asyncio.timeout(5):
        while len(services.asked) < Running.most_requests:
            await asyncio.sleep(0.01)

    shed = await sent(http, gateway, READ)
    withdrawn = await sent(http, gateway, WITHDRAW)
    release.set()
    served = await asyncio.gather(*waiting)

    assert (shed.status_code, reason_of(shed)) == (503, "OVERLOADED")
    assert shed.headers["retry-after"] == "2"
    assert withdrawn.status_code == 200
    assert {answer.status_code for answer in served} == {200}


async def test_a_known_portal_may_read_answers_and_others_may_not(gateway: Any, http: Any) -> None:
    programmed(gateway, READ)

    known = await sent(http, gateway, READ, {"origin": ORIGIN})
    other = await sent(http, gateway, READ, {"origin": "https://elsewhere.test"})

    assert known.headers["access-control-allow-origin"] == ORIGIN
    assert "ETag" in known.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-credentials" not in known.headers
    assert known.headers["vary"] == other.headers["vary"] == "Origin"


async def test_a_preflight_is_answered_without_a_token(gateway: Any, http: Any) -> None:
    asked = {"origin": ORIGIN, "access-control-request-method": "PUT"}

    answer = await http.request("OPTIONS", f"{RECORD}/documents/{THING}/visibility", headers=asked)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-methods"] == "PUT"
    assert "if-match" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-allow-origin"] == ORIGIN


async def test_a_fault_of_ours_is_500_and_says_nothing(gateway: Any, http: Any, services: Any) -> None:
    impossible = records.Document()
    impossible.CopyFrom(DOCUMENT)
    impossible.title = "Bilan de Mme Durand"
    impossible.dated.seconds = 10**14
    services.answer(READ.rpc, records.GetDocumentResponse(document=impossible))

    answer = await sent(http, gateway, READ)

    assert (answer.status_code, reason_of(answer)) == (500, "FAULT")
    assert "Durand" not in answer.text


async def test_health_needs_nobody_and_readiness_ends_before_the_process(gateway: Any, http: Any) -> None:
    alive, ready = await http.get("/health"), await http.get("/ready")
    gateway.state.stopping = True
    stopping, still = await http.get("/ready"), await http.get("/health")
    gateway.state.stopping = False

    assert (alive.status_code, ready.status_code, still.status_code) == (200, 200, 200)
    assert (stopping.status_code, reason_of(stopping)) == (503, "STOPPING")


async def test_nothing_but_the_description_and_health_is_open(gateway: Any) -> None:
    _, operations = app.described(app.State())

    assert {one.path for one in operations if one.declared.authz is NOBODY} == {"/health", "/ready"}


def test_a_route_without_authz_stops_the_start() -> None:
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/open")
    async def get_open() -> None:
        """A route as FastAPI would have it."""

    with pytest.raises(TypeError, match="no x-authz"):
        operations_of([router])


def test_a_parameter_that_cannot_be_bound_stops_the_start() -> None:
    async def endpoint(surprise: int) -> None:
        """An operation with a parameter from nowhere."""

    declared = app.described(app.State())[1][0].declared

    with pytest.raises(TypeError, match="surprise"):
        Operation("/x", endpoint, declared, "tag")
