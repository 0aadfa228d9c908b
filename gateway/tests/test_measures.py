"""What is measured of requests: the conventions' names, the route's template, never an id or a text of anybody."""

import asyncio
import json
from collections import Counter
from typing import Any

import httpx2
import pytest
from terresante.records.v1 import records_service_pb2 as records
from terresante_platform.testing.measured import points, reading

from .calling import programmed, sent
from .conftest import Running
from .operations import RIGHT
from .things import DOCUMENT, PATIENT, RECORD, THING

NOTES_ROUTE = "/v1/patients/{patient}/notes"
DOCUMENT_ROUTE = "/v1/patients/{patient}/documents/{document}"
METHODS = {"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT", "_OTHER"}


@pytest.fixture(scope="module", autouse=True)
def provider() -> None:
    """Measures of the process begin to be kept: instruments made before follow the first provider that is set."""
    reading()


def seen(name: str, **attributes: Any) -> Any:
    """The one series of these attributes (`_` for `.`)."""
    wanted = {key.replace("__", "."): value for key, value in attributes.items()}
    (found,) = [point for point in points(name) if wanted.items() <= dict(point.attributes).items()]
    return found


async def test_the_time_of_an_answer_is_kept_under_route_method_and_status(
    gateway: Running, http: httpx2.AsyncClient
) -> None:
    gateway.services.answer("records.GetDocument", records.GetDocumentResponse(document=DOCUMENT))
    for _ in range(3):
        answer = await http.get(f"{RECORD}/documents/{THING}", headers=gateway.bearer())
    await http.get(f"{RECORD}/documents/{THING}")

    read = seen("http.server.request.duration", http__route=DOCUMENT_ROUTE, http__response__status_code=200)
    assert dict(read.attributes) == {
        "http.request.method": "GET",
        "http.route": DOCUMENT_ROUTE,
        "http.response.status_code": 200,
        "url.scheme": "https",
    }
    assert read.count >= 3 and 0 < read.sum < 30
    assert seen("http.server.request.duration", http__route=DOCUMENT_ROUTE, http__response__status_code=401).count >= 1
    size = seen("http.server.response.body.size", http__route=DOCUMENT_ROUTE, http__response__status_code=200)
    assert size.max == size.min == len(answer.content)


async def test_what_is_sent_is_measured_too(gateway: Running, http: httpx2.AsyncClient) -> None:
    right = next(right for right in RIGHT if right.operation == "write_note")
    programmed(gateway, right)
    before = _sent_to_notes()
    answer = await sent(http, gateway, right)

    assert answer.status_code == 201
    assert _sent_to_notes() - before == len(answer.request.content)


def _sent_to_notes() -> float:
    """Bytes of all notes that came in this process."""
    came = points("http.server.request.body.size")
    return sum(point.sum for point in came if point.attributes.get("http.route") == NOTES_ROUTE)


async def test_a_request_in_flight_is_counted_until_it_is_answered(gateway: Running, http: httpx2.AsyncClient) -> None:
    asked, release = asyncio.Event(), asyncio.Event()

    async def slow(_: Any) -> Any:
        asked.set()
        await release.wait()
        return records.GetDocumentResponse(document=DOCUMENT)

    gateway.services.answer("records.GetDocument", slow)
    reading = asyncio.create_task(http.get(f"{RECORD}/documents/{THING}", headers=gateway.bearer()))
    await asyncio.wait_for(asked.wait(), 5)
    during = [point.value for point in points("http.server.active_requests") if point.value]
    release.set()
    assert (await reading).status_code == 200

    assert during == [1]
    assert [point.value for point in points("http.server.active_requests") if point.value] == []


async def test_no_series_holds_what_was_asked_and_unknown_addresses_make_one(
    gateway: Running, http: httpx2.AsyncClient
) -> None:
    before = _answers()
    for number in range(20):
        await http.get(f"/v1/nothing/{PATIENT}/{number}?name=DURAND", headers=gateway.bearer())
        await http.request(f"BREW{number}", f"/v1/patients/{PATIENT}")

    everything = reading().get_metrics_data()
    text = everything.to_json() if everything else ""
    assert DOCUMENT_ROUTE.split("/")[2] in text
    assert PATIENT not in text and "DURAND" not in text and "nothing" not in text and "BREW" not in text
    assert {dict(one.attributes)["http.request.method"] for one in points("http.server.active_requests")} <= METHODS
    grown = [dict(series) for series, times in _answers().items() if times > before[series]]
    unknown = [one for one in grown if "http.route" not in one]
    assert {one["http.response.status_code"] for one in unknown} == {404} and len(unknown) <= len(METHODS)
    assert {key for one in grown for key in one} <= {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "url.scheme",
        "error.type",
    }
    assert json.loads(text)


def _answers() -> Counter[frozenset[tuple[str, Any]]]:
    """How many answers of each series: what grew is this test's, whatever other servers measured in this process."""
    return Counter({frozenset(one.attributes.items()): one.count for one in points("http.server.request.duration")})
