"""What happens, live: server-sent events from where one left off, that end well, and hold nothing of who has left."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from terresante.messaging.v1 import feed_service_pb2 as feed
from terresante_platform.refusals import Denied, TooMany, Unknown, revived

from .calling import reason_of
from .conftest import ORIGIN, Running
from .feed_calls import POSTED
from .things import AT, NURSE, OTHER, PATIENT, THING

FIRST = feed.FollowResponse(cursor="11")
SECOND = feed.FollowResponse(event=POSTED, cursor="12")
QUIET = feed.FollowResponse(cursor="13")
ME = UUID(PATIENT)


@pytest.fixture(autouse=True)
async def _ended(gateway: Running) -> AsyncIterator[None]:
    """Every test ends with no stream open."""
    yield
    async with asyncio.timeout(5):
        while len(gateway.streams):
            await asyncio.sleep(0.01)


def frames(text: str) -> list[dict[str, str]]:
    """The fields of each frame; comments under an empty name."""
    return [
        dict(line.partition(":")[::2] for line in frame.split("\n"))
        for frame in text.removesuffix("\n\n").split("\n\n")
    ]


def endless(*answers: feed.FollowResponse, left: asyncio.Event | None = None) -> Callable[[Any], Any]:
    """A messaging service that gives these, and then nothing, until who asked has left."""

    async def follow(_: Any) -> AsyncIterator[feed.FollowResponse]:
        try:
            for answer in answers:
                yield answer
            await asyncio.Event().wait()
        finally:
            if left is not None:
                left.set()

    return follow


async def test_events_come_as_the_standard_says_with_ids_only(gateway: Any, http: Any, services: Any) -> None:
    services.answer("messaging.Follow", [FIRST, SECOND, QUIET])

    answer = await http.get("/v1/stream", headers=gateway.bearer("patient", ME))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
    assert (answer.headers["x-accel-buffering"], answer.headers["cache-control"]) == ("no", "no-store")
    begun, event, quiet, end = frames(answer.text)
    assert begun["retry"] == " 3000" and begun["id"] and "event" not in begun
    assert event["event"] == " message_posted"
    assert json.loads(event["data"]) == {
        "kind": "message_posted", "cursor": event["id"].strip(), "at": AT, "patient_id": PATIENT, "thread_id": THING,
        "message_id": OTHER, "place": 7, "actor_id": NURSE, "notification_id": None, "attachment_id": None,
        "urgent": True, "recipient_professional_id": None, "recipient_person_id": None,
    }  # fmt: skip
    assert quiet["id"] not in (event["id"], begun["id"]) and "data" not in quiet
    assert (end["event"], end["data"]) == (" end", ' {"reason":"STOPPING"}')
    assert services.of("messaging.Follow").request == feed.FollowRequest()


@pytest.mark.parametrize("by_header", [True, False])
async def test_it_goes_on_from_the_last_id_however_that_is_told(
    gateway: Any, http: Any, services: Any, by_header: bool
) -> None:
    services.answer("messaging.Follow", [FIRST, SECOND])
    mine = gateway.bearer("patient", ME)
    last = frames((await http.get("/v1/stream", headers=mine)).text)[1]["id"].strip()
    services.forget()
    services.answer("messaging.Follow", [QUIET])

    if by_header:
        answer = await http.get("/v1/stream", headers=mine | {"last-event-id": last})
    else:
        answer = await http.get(f"/v1/stream?last_event_id={last}", headers=mine)

    assert answer.status_code == 200
    assert services.of("messaging.Follow").request == feed.FollowRequest(cursor="12")


async def test_the_feed_and_the_stream_have_the_same_cursors(gateway: Any, http: Any, services: Any) -> None:
    services.answer("messaging.ListEvents", feed.ListEventsResponse(events=[POSTED], next_cursor="14", more=True))
    services.answer("messaging.Follow", [FIRST])
    mine = gateway.bearer("system", ME)

    page = (await http.get("/v1/events", headers=mine)).json()
    await http.get("/v1/stream", headers=mine | {"last-event-id": page["next_cursor"]})
    await http.get(f"/v1/events?after={page['items'][0]['cursor']}&limit=1000", headers=mine)

    assert page["more"] is True
    assert services.of("messaging.Follow").request.cursor == "14"
    assert services.asked[-1].request == feed.ListEventsRequest(cursor="12", limit=1000)


@pytest.mark.parametrize("forged", ["12", "AAAA", "x" * 1_025, b"\xc3\xa9"])
async def test_a_cursor_that_was_made_up_reaches_nobody(gateway: Any, http: Any, services: Any, forged: str) -> None:
    headers = gateway.bearer() | {"last-event-id": forged}

    answer = await http.get("/v1/stream", headers=headers)

    assert (answer.status_code, reason_of(answer)) == (400, "CURSOR_INVALID")
    assert services.asked == []


async def test_anothers_cursor_is_nobodys(gateway: Any, http: Any, services: Any) -> None:
    services.answer("messaging.Follow", [FIRST])
    last = frames((await http.get("/v1/stream", headers=gateway.bearer("patient", ME))).text)[0]["id"].strip()

    answer = await http.get("/v1/events", headers=gateway.bearer("patient", uuid4()), params={"after": last})

    assert (answer.status_code, reason_of(answer)) == (400, "CURSOR_INVALID")


async def test_what_is_refused_at_once_is_a_problem(gateway: Any, http: Any, services: Any) -> None:
    services.answer("messaging.Follow", [revived(Unknown.kind, "CURSOR_GONE", "Trop ancien.", "Relisez.", {})])

    answer = await http.get("/v1/stream", headers=gateway.bearer())

    assert (answer.status_code, reason_of(answer)) == (404, "CURSOR_GONE")


@pytest.mark.parametrize(("kind", "reason"), [(TooMany, "STREAM_SLOW"), (Denied, "LOGIN_EXPIRED")])
async def test_what_is_refused_later_is_said_as_the_end(
    gateway: Any, http: Any, services: Any, kind: Any, reason: str
) -> None:
    services.answer("messaging.Follow", [FIRST, SECOND, revived(kind.kind, reason, "Fin.", "", {})])

    found = frames((await http.get("/v1/stream", headers=gateway.bearer())).text)

    assert found[-1] == {"event": " end", "data": f' {{"reason":"{reason}"}}'}


async def test_a_reader_who_leaves_ends_the_stream_behind_too(gateway: Any, http: Any, services: Any) -> None:
    left = asyncio.Event()
    services.answer("messaging.Follow", endless(FIRST, SECOND, left=left))

    async with http.stream("GET", "/v1/stream", headers=gateway.bearer()) as answer:
        await anext(answer.aiter_text())
        assert len(gateway.streams) == 1
    async with asyncio.timeout(5):
        await left.wait()


async def test_a_process_that_stops_says_so_at_once(gateway: Any, http: Any, services: Any) -> None:
    services.answer("messaging.Follow", endless(FIRST))
    try:
        async with http.stream("GET", "/v1/stream", headers=gateway.bearer()) as answer:
            pieces = answer.aiter_text()
            await anext(pieces)
            gateway.streams.end("STOPPING")
            async with asyncio.timeout(5):
                rest = "".join([piece async for piece in pieces])
    finally:
        gateway.streams._stopping = ""

    assert frames(rest) == [{"event": " end", "data": ' {"reason":"STOPPING"}'}]


async def test_who_does_not_read_is_cut_and_fills_no_memory(gateway: Running, services: Any) -> None:
    """After ten seconds in which not one piece more was taken; little waits for them meanwhile."""
    given = 0

    async def flood(_: Any) -> AsyncIterator[feed.FollowResponse]:
        nonlocal given
        yield FIRST
        while True:
            given += 1
            yield SECOND

    services.answer("messaging.Follow", flood)
    reader, writer = await _reading_little(gateway)
    async with asyncio.timeout(60):
        while not len(gateway.streams):
            await asyncio.sleep(0.01)
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport
        while len(gateway.streams):
            await asyncio.sleep(0.1)
    assert given < 20_000
    writer.transport.resume_reading()  # type: ignore[attr-defined]
    with pytest.raises(ConnectionError):
        while await reader.read(65_536):
            pass
    writer.transport.abort()


async def _reading_little(gateway: Running) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream for whom the kernel keeps 16 KiB."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", gateway.port))
    reader, writer = await asyncio.open_connection(sock=small, ssl=gateway.trust, server_hostname="localhost")
    token = gateway.bearer()["authorization"]
    writer.write(f"GET /v1/stream HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\n\r\n".encode())
    return reader, writer


async def test_streams_take_no_room_from_requests(gateway: Running, services: Any) -> None:
    services.answer("messaging.Follow", endless(FIRST))
    services.answer("messaging.ListEvents", feed.ListEventsResponse())
    limits = httpx2.Limits(max_connections=60)
    async with httpx2.AsyncClient(base_url=gateway.url, verify=gateway.trust, timeout=15, limits=limits) as http:
        open_ones = [http.stream("GET", "/v1/stream", headers=gateway.bearer()) for _ in range(40)]
        answers = [await one.__aenter__() for one in open_ones]
        try:
            assert {one.status_code for one in answers} == {200} and len(gateway.streams) == 40
            assert (await http.get("/v1/events", headers=gateway.bearer())).status_code == 200
            async with http.stream("GET", "/v1/stream", headers=gateway.bearer()) as full:
                assert "OVERLOADED" in (await full.aread()).decode()
        finally:
            for one in open_ones:
                await one.__aexit__(None, None, None)


async def test_how_often_is_told_and_refused(gateway: Any, http: Any, services: Any) -> None:
    services.answer("messaging.Follow", [FIRST])
    mine = gateway.bearer("system", uuid4())

    answers = [await http.get("/v1/stream", headers=mine | {"origin": ORIGIN}) for _ in range(31)]

    assert answers[0].headers["ratelimit-policy"] == '"streams";q=30;w=60'
    assert answers[0].headers["ratelimit"] == '"streams";r=29;t=2'
    assert "RateLimit" in answers[0].headers["access-control-expose-headers"]
    last = answers[-1]
    assert (last.status_code, reason_of(last)) == (429, "RATE_LIMITED")
    assert int(last.headers["retry-after"]) in (1, 2, 3) and last.headers["ratelimit"].startswith('"streams";r=0;')


async def test_an_administrator_hears_nothing(gateway: Any, http: Any, services: Any) -> None:
    for path in ("/v1/stream", "/v1/events"):
        answer = await http.get(path, headers=gateway.bearer("administrator"))
        assert (answer.status_code, reason_of(answer)) == (403, "KIND_NOT_ALLOWED")
    assert services.asked == []
