"""Sending a file for the directory: piped through in pieces, and never half taken."""

import asyncio
import hashlib
import json
import os
from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import import_service_pb2 as imports
from terresante_platform.refusals import TooMany

from .calling import reason_of
from .test_uploads import END, TYPE, memory, part
from .things import THING

PATH = "/v1/imports"
DESCRIPTION = {"format": "annuaire", "file_name": "extraction.txt", "territory_code": "94-ouest", "complete": True}
MIB = 1024 * 1024


def form(content: bytes, description: Any = DESCRIPTION) -> bytes:
    """A whole right form."""
    return part("description", json.dumps(description).encode(), "application/json") + part("content", content) + END


class Taken:
    """A directory that keeps what it is sent, and takes only what came with the empty piece that ends it."""

    def __init__(self) -> None:
        self.description: imports.FileDescription | None = None
        self.sha256 = hashlib.sha256()
        self.largest = 0
        self.whole = False
        self.ended = asyncio.Event()

    async def __call__(self, messages: Any) -> imports.UploadFileResponse:
        last = None
        try:
            async for message in messages:
                if message.WhichOneof("part") == "description":
                    self.description = message.description
                else:
                    self.sha256.update(message.piece)
                    self.largest = max(self.largest, len(message.piece))
                last = message
        finally:
            self.whole = last == imports.UploadFileRequest(piece=b"")
            self.ended.set()
        return imports.UploadFileResponse(import_id=THING)


@pytest.fixture
def taken(services: Any) -> Taken:
    """What the directory got."""
    found = Taken()
    services.answer("directory.UploadFile", found)
    return found


def headers(gateway: Any) -> Any:
    return gateway.bearer("administrator") | {"content-type": TYPE}


async def test_the_description_and_every_byte_arrive(gateway: Any, http: Any, taken: Taken) -> None:
    content = os.urandom(3 * MIB + 7)

    answer = await http.post(PATH, content=form(content), headers=headers(gateway))

    assert (answer.status_code, answer.json()) == (202, {"id": THING})
    assert taken.description == imports.FileDescription(
        format=imports.SOURCE_FORMAT_ANNUAIRE,
        file_name="extraction.txt",
        territory_code="94-ouest",
        complete=True,
        closed=True,
    )
    assert taken.sha256.digest() == hashlib.sha256(content).digest()
    assert taken.whole and taken.largest <= MIB


async def test_a_large_file_passes_through_little_memory(gateway: Any, http: Any, taken: Taken) -> None:
    piece = os.urandom(64 * 1024)

    async def body() -> Any:
        yield part("description", json.dumps(DESCRIPTION).encode())
        yield part("content", b"")[:-2]
        for _ in range(100 * 16):
            yield piece
        yield b"\r\n" + END

    before = memory()
    answer = await http.post(PATH, content=body(), headers=headers(gateway))

    assert answer.status_code == 202 and taken.whole
    assert memory() - before < 40 * MIB


async def test_a_file_that_breaks_off_is_never_said_to_be_whole(gateway: Any, taken: Taken) -> None:
    _, writer = await gateway.raw()
    token = gateway.bearer("administrator")["authorization"]
    half = form(b"x" * 200_000)[:-50_000]
    writer.write(
        f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\n"
        f"content-type: {TYPE}\r\ncontent-length: {len(half) + 50_000}\r\n\r\n".encode()
        + half
    )
    await writer.drain()
    writer.close()

    await asyncio.wait_for(taken.ended.wait(), 10)
    assert not taken.whole


@pytest.mark.parametrize(
    "description",
    [
        DESCRIPTION | {"format": "excel"},
        DESCRIPTION | {"file_name": ""},
        DESCRIPTION | {"file_name": "a\u202eb.csv"},
        DESCRIPTION | {"surprise": 1},
        {"format": "finess"},
    ],
)
async def test_a_wrong_description_is_refused_before_the_directory_hears_of_it(
    gateway: Any, http: Any, services: Any, taken: Taken, description: Any
) -> None:
    answer = await http.post(PATH, content=form(b"a;b", description), headers=headers(gateway))

    assert (answer.status_code, reason_of(answer)) == (400, "FIELDS_INVALID")
    assert services.asked == []


async def test_two_contents_in_one_form_are_refused_and_not_taken(gateway: Any, http: Any, taken: Taken) -> None:
    twice = form(b"a;b")[: -len(END)] + part("content", b"c;d") + END

    answer = await http.post(PATH, content=twice, headers=headers(gateway))

    assert (answer.status_code, reason_of(answer)) == (400, "MULTIPART_INVALID")
    assert not taken.whole


async def test_more_than_a_gibibyte_is_refused_by_what_its_head_says(gateway: Any, services: Any) -> None:
    reader, writer = await gateway.raw()
    me = uuid4()
    token = gateway.bearer("administrator", me)["authorization"]
    writer.write(
        f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\n"
        f"content-type: {TYPE}\r\ncontent-length: {1_100 * MIB}\r\n\r\n".encode()
    )

    head = await reader.readuntil(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 413 ")
    assert [one for one in services.asked if one.call.caller and one.call.caller.id == me] == []
    writer.close()


async def test_the_directory_may_say_that_too_many_come_at_once(gateway: Any, http: Any, services: Any) -> None:
    services.answer("directory.UploadFile", TooMany("Trop de fichiers arrivent.", "Attendez.", retry_after="20"))

    answer = await http.post(PATH, content=form(b"a;b"), headers=headers(gateway))

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "20")
