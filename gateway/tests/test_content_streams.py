"""Reading a document's bytes: what a reader has when the stream is broken off, and that they can tell."""

import asyncio
import hashlib
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from terresante.records.v1 import records_service_pb2 as records
from terresante_platform.refusals import Denied

from .things import DOCUMENT, RECORD, THING

PATH = f"{RECORD}/documents/{THING}/content"
PIECE = 64 * 1024
PIECES = 320
"""20 MiB."""
UNDER_WAY = 16 * PIECE
"""Bytes that may still reach a slow reader: in the two services, the gateway's TLS, two kernels, and the reader. Most
is in the reader's own kernel, which takes more than it is asked to."""


@dataclass
class Source:
    """A records service that gives a long document until told to refuse, and counts what has left it."""

    refusing: asyncio.Event = field(default_factory=asyncio.Event)
    refused: asyncio.Event = field(default_factory=asyncio.Event)
    left: int = 0

    async def __call__(self, _: Any) -> AsyncIterator[records.ReadContentResponse]:
        about = records.Document()
        about.CopyFrom(DOCUMENT)
        about.size, about.sha256 = PIECES * PIECE, hashlib.sha256(b"x" * PIECES * PIECE).hexdigest()
        yield records.ReadContentResponse(document=about)
        for _ in range(PIECES):
            if self.refusing.is_set():
                self.refused.set()
                raise Denied("Le consentement a été retiré.", "Demandez-le de nouveau.")
            self.left += PIECE
            yield records.ReadContentResponse(chunk=b"x" * PIECE)


@pytest.fixture
def source(services: Any) -> Source:
    made = Source()
    services.answer("records.ReadContent", made)
    return made


@dataclass
class Reader:
    """A client of its own connection, whose kernel buffers little, reading at its pace."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    got: int = 0

    async def until(self, bytes_: int) -> None:
        while self.got < bytes_:
            piece = await asyncio.wait_for(self.reader.read(PIECE), 5)
            assert piece, "the answer ended"
            self.got += len(piece)

    async def to_the_break(self, pause: float) -> tuple[float, int]:
        """Seconds and bytes until the connection is broken; fails if it ends as a whole answer does."""
        begun, before = time.monotonic(), self.got
        with pytest.raises(ConnectionResetError):
            while piece := await asyncio.wait_for(self.reader.read(PIECE), 5):
                self.got += len(piece)
                await asyncio.sleep(pause)
        return time.monotonic() - begun, self.got - before


async def begun(gateway: Any) -> Reader:
    """Asks for the document."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
    narrow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", gateway.port))
    reader, writer = await asyncio.open_connection(
        sock=narrow, ssl=gateway.trust, server_hostname="localhost", limit=PIECE
    )
    token = gateway.bearer()["authorization"]
    writer.write(f"GET {PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\n\r\n".encode())
    return Reader(reader, writer)


async def test_a_refusal_in_the_middle_breaks_the_connection_and_drops_what_waits(gateway: Any, source: Source) -> None:
    reading = await begun(gateway)
    await reading.until(20 * PIECE)
    source.refusing.set()

    seconds, received = await reading.to_the_break(pause=0.05)

    print(f"{received} bytes in {seconds * 1000:.0f} ms after the refusal")  # noqa: T201
    assert received <= UNDER_WAY
    assert reading.got < PIECES * PIECE
    await asyncio.wait_for(source.refused.wait(), 1)


async def test_little_of_a_document_waits_for_a_reader_who_does_not_read(gateway: Any, source: Source) -> None:
    reading = await begun(gateway)
    await reading.until(PIECE)
    left = 0
    while source.left > left:  # until it has stopped flowing
        left = source.left
        await asyncio.sleep(0.3)

    print(f"{left - reading.got} bytes under way")  # noqa: T201
    assert left - reading.got <= UNDER_WAY


async def test_a_client_library_does_not_take_a_broken_content_for_whole(
    gateway: Any, http: httpx2.AsyncClient, source: Source
) -> None:
    got = 0
    with pytest.raises(httpx2.TransportError):
        async with http.stream("GET", PATH, headers=gateway.bearer()) as answer:
            assert answer.status_code == 200 and int(answer.headers["content-length"]) == PIECES * PIECE
            async for piece in answer.aiter_bytes():
                got += len(piece)
                source.refusing.set()

    assert 0 < got < PIECES * PIECE


async def test_a_break_is_told_once_in_the_log_and_without_frames(
    gateway: Any, http: httpx2.AsyncClient, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.refusing.set()
    with pytest.raises(httpx2.TransportError):
        await http.get(PATH, headers=gateway.bearer())

    assert [record.name for record in caplog.records if record.name.startswith("uvicorn")] == []


async def test_a_whole_content_flows_as_fast_as_it_is_read(
    gateway: Any, http: httpx2.AsyncClient, source: Source
) -> None:
    began = time.monotonic()
    answer = await http.get(PATH, headers=gateway.bearer())

    print(f"20 MiB in {time.monotonic() - began:.2f} s")  # noqa: T201
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(b"x" * PIECES * PIECE).digest()
