"""The HTTPS server's own limits: heads that are slow, large or wrong never reach the application, and bind nothing."""

import asyncio
import json
import ssl
from typing import Any

import pytest

from .operations import RIGHT
from .things import RECORD

ME = b"GET /v1/me HTTP/1.1\r\nhost: localhost\r\n"


async def answered(gateway: Any, sent: bytes) -> tuple[int, dict[str, Any]]:
    """Status and problem of what is sent on a connection of its own, which must then be closed."""
    reader, writer = await gateway.raw()
    writer.write(sent)
    whole = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = whole.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    problem = json.loads(body)
    assert problem["todo"] and len(problem["trace_id"]) == 32
    return int(head.split()[1]), problem


@pytest.mark.parametrize(
    "head",
    [
        ME + b"x: " + b"y" * 20_000 + b"\r\n\r\n",
        ME + b"x: " + b"y" * 100_000,
        ME + b"x" * 100_000 + b": y\r\n\r\n",
        ME + b"".join(b"x-%d: y\r\n" % number for number in range(70)) + b"\r\n",
        ME + b"".join(b"x: y\r\n" for _ in range(5_000)) + b"\r\n",
        b"GET /v1/" + b"m" * 20_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET /v1/me?" + b"m" * 100_000,
    ],
    ids=["one header", "no end", "its name", "many", "a flood", "the path", "the query"],
)
async def test_a_flood_of_headers_is_431(gateway: Any, head: bytes) -> None:
    status, problem = await answered(gateway, head)

    assert (status, problem["reason"]) == (431, "HEADERS_TOO_LARGE")


@pytest.mark.parametrize(
    "head",
    [
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET /v1/me HTTP/9.9\r\n\r\n",
        ME + b"no colon\r\n\r\n",
        ME + b"x y: z\r\n\r\n",
        ME + b"x: a\x00b\r\n\r\n",
        ME + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ME + b"content-length: 1\r\ncontent-length: 2\r\n\r\n",
        ME + b"content-length: -1\r\n\r\n",
        ME + b"content-length: 18446744073709551616\r\n\r\n",
    ],
    ids=lambda head: repr(head[-40:]),
)
async def test_what_is_no_http_is_400(gateway: Any, head: bytes) -> None:
    status, problem = await answered(gateway, head)

    assert (status, problem["reason"]) == (400, "HTTP_INVALID")


async def test_headers_that_drip_are_408_within_the_limit(gateway: Any) -> None:
    reader, writer = await gateway.raw()
    writer.write(ME)
    began = asyncio.get_running_loop().time()

    async def drip() -> None:
        while True:
            writer.write(b"x: y\r\n")
            await asyncio.sleep(0.1)

    dripping = asyncio.create_task(drip())
    whole = await asyncio.wait_for(reader.read(), 5)
    dripping.cancel()

    assert whole.startswith(b"HTTP/1.1 408 ")
    assert asyncio.get_running_loop().time() - began < 2


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n", b"G"])
async def test_a_connection_that_asks_nothing_is_closed(gateway: Any, sent: bytes) -> None:
    reader, writer = await gateway.raw()
    writer.write(sent)

    await asyncio.wait_for(reader.read(), 5)
    writer.close()


async def test_blank_lines_do_not_keep_a_connection_open(gateway: Any) -> None:
    reader, writer = await gateway.raw()
    writer.write(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
    await reader.readuntil(b"}")

    async def drip() -> None:
        while True:
            writer.write(b"\r\n")
            await asyncio.sleep(0.1)

    dripping = asyncio.create_task(drip())
    rest = await asyncio.wait_for(reader.read(), 5)
    dripping.cancel()

    assert rest == b"" or rest.startswith(b"HTTP/1.1 408 ")


async def test_an_idle_connection_is_closed_and_a_busy_one_is_kept(gateway: Any) -> None:
    reader, writer = await gateway.raw()

    for _ in range(3):
        writer.write(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")

    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


async def test_the_rest_of_an_unwanted_body_is_not_read_for_ever(gateway: Any) -> None:
    reader, writer = await gateway.raw()
    writer.write(b"POST /v1/patients HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")

    async def drip() -> None:
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.1)

    dripping = asyncio.create_task(drip())
    await asyncio.wait_for(reader.read(), 5)
    dripping.cancel()


async def test_requests_in_a_row_are_answered_in_order(gateway: Any) -> None:
    reader, writer = await gateway.raw()
    writer.write(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\nGET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n")

    first, second = await reader.readuntil(b"}"), await reader.readuntil(b"}")

    assert b" 200 " in first and b" 404 " in second
    writer.close()


async def test_more_connections_than_allowed_are_closed_and_the_others_served(gateway: Any, http: Any) -> None:
    idle = [await gateway.raw() for _ in range(150)]
    answer = await http.get("/health")
    for _, writer in idle:
        writer.transport.abort()

    assert answer.status_code == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_old_tls_is_not_spoken(gateway: Any, version: ssl.TLSVersion) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version

    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", gateway.port, ssl=context)


async def test_bare_http_is_not_spoken(gateway: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(ME + b"\r\n")

    answer = await asyncio.wait_for(reader.read(), 5)

    assert b"HTTP/" not in answer
    writer.close()


async def test_a_client_that_does_not_read_costs_no_memory(gateway: Any, services: Any) -> None:
    from terresante.records.v1 import records_service_pb2 as records

    from .test_uploads import MIB, memory
    from .things import DOCUMENT, THING

    sent = []

    async def much(_: Any) -> Any:
        about = records.Document()
        about.CopyFrom(DOCUMENT)
        about.size = 200 * MIB
        yield records.ReadContentResponse(document=about)
        for _ in range(200 * 16):
            sent.append(1)
            yield records.ReadContentResponse(chunk=bytes(65_536))

    services.answer("records.ReadContent", much)
    right = next(right for right in RIGHT if right.operation == "read_content")
    reader, writer = await gateway.raw()
    before = memory()
    token = gateway.bearer()["authorization"]
    writer.write(
        f"GET {RECORD}/documents/{THING}/content HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    seen = -1
    while seen != len(sent):
        seen = len(sent)
        await asyncio.sleep(0.3)
    writer.transport.abort()

    assert right.rpc == "records.ReadContent"
    assert len(sent) < 100 * 16
    assert memory() - before < 40 * MIB
