"""Publishing a document: the form is piped through, bounded in memory, and never half published."""

import asyncio
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from terresante.records.v1 import records_service_pb2 as records
from terresante_platform.refusals import Denied

from .calling import reason_of
from .operations import FORM
from .things import AT, DOCUMENT, OTHER, RECORD, at

PATH = f"{RECORD}/documents"
MIB = 1024 * 1024
BOUNDARY = b"x-bound"
TYPE = "multipart/form-data; boundary=x-bound"
DESCRIPTION = {"type_code": "11502-2", "title": "Bilan de suivi", "dated": AT}


def part(name: str, content: bytes, media_type: str = "") -> bytes:
    """One part, with the delimiter before it."""
    kind = f"Content-Type: {media_type}\r\n" if media_type else ""
    head = f'--x-bound\r\nContent-Disposition: form-data; name="{name}"\r\n{kind}\r\n'
    return head.encode() + content + b"\r\n"


END = b"--x-bound--\r\n"


def form(content: bytes = b"%PDF-1.7", description: Any = DESCRIPTION, media_type: str = "application/pdf") -> bytes:
    """A whole right form."""
    return (
        part("description", json.dumps(description).encode(), "application/json")
        + part("content", content, media_type)
        + END
    )


class Kept:
    """A records service that keeps what it is sent, and publishes only what came with the empty chunk that ends it."""

    def __init__(self) -> None:
        self.description: records.DocumentDescription | None = None
        self.sha256 = hashlib.sha256()
        self.size = 0
        self.largest = 0
        self.published = False

    async def __call__(self, messages: Any) -> records.PublishDocumentResponse:
        last = None
        async for message in messages:
            if message.WhichOneof("part") == "description":
                self.description = message.description
            else:
                self.sha256.update(message.chunk)
                self.size += len(message.chunk)
                self.largest = max(self.largest, len(message.chunk))
            last = message
        self.published = last == records.PublishDocumentRequest(chunk=b"")
        return records.PublishDocumentResponse(document=DOCUMENT)


@pytest.fixture
def kept(services: Any) -> Kept:
    """What the records service got."""
    found = Kept()
    services.answer("records.PublishDocument", found)
    return found


def memory() -> int:
    """Resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_the_description_and_every_byte_arrive(gateway: Any, http: Any, kept: Kept) -> None:
    description = DESCRIPTION | {"replaces": OTHER, "visibility": {"hidden_from_patient": True}}
    content = os.urandom(300_000)

    answer = await http.post(
        PATH,
        content=form(content, description),
        headers=gateway.bearer() | {"content-type": TYPE, "idempotency-key": "publish-1"},
    )

    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == '"3"'
    assert kept.description == records.DocumentDescription(
        patient_id=RECORD.rsplit("/", 1)[1],
        type_code="11502-2",
        title="Bilan de suivi",
        dated=at(),
        replaces=OTHER,
        visibility=records.Visibility(hidden_from_patient=True),
        claimed_media_type="application/pdf",
    )
    assert kept.sha256.digest() == hashlib.sha256(content).digest()
    assert kept.largest <= 64 * 1024
    call = gateway.services.of("records.PublishDocument").call
    assert call.idempotency_key == "publish-1"
    assert 20 < call.deadline - asyncio.get_running_loop().time() < 30.5


async def test_25_mib_pass_through_a_few(gateway: Any, http: Any, kept: Kept) -> None:
    piece = os.urandom(64 * 1024)

    async def body() -> Any:
        yield part("description", json.dumps(DESCRIPTION).encode())
        yield part("content", b"")[:-2]
        for _ in range(25 * 16):
            yield piece
        yield b"\r\n" + END

    before, peak = memory(), 0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, memory())
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    answer = await http.post(PATH, content=body(), headers=gateway.bearer() | {"content-type": TYPE})
    watching.cancel()

    assert answer.status_code == 201, answer.text
    assert kept.size == 25 * MIB
    assert peak - before < 12 * MIB  # client, gateway and service are all in this process


async def test_one_byte_over_25_mib_is_refused_and_nothing_is_published(gateway: Any, http: Any, kept: Kept) -> None:
    async def body() -> Any:
        yield part("description", json.dumps(DESCRIPTION).encode())
        yield part("content", b"x" * (25 * MIB + 1)) + END

    answer = await http.post(PATH, content=body(), headers=gateway.bearer() | {"content-type": TYPE})

    assert (answer.status_code, reason_of(answer)) == (413, "CONTENT_TOO_LARGE")
    assert not kept.published


async def test_an_announced_size_over_the_limit_is_refused_unread(gateway: Any, kept: Kept) -> None:
    reader, writer = await gateway.raw()
    token = gateway.bearer()["authorization"]
    writer.write(
        f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\ncontent-type: {TYPE}\r\n"
        f"content-length: {40 * MIB}\r\n\r\n".encode()
    )

    head = await reader.readuntil(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 413 ")
    assert not kept.published and kept.description is None
    writer.close()


async def test_a_form_that_arrives_byte_by_byte_is_read(gateway: Any, http: Any, kept: Kept) -> None:
    whole = form(b"hello\r\n--x-boun\r\n--not the boundary")

    async def body() -> Any:
        for number in range(len(whole)):
            yield whole[number : number + 1]

    answer = await http.post(PATH, content=body(), headers=gateway.bearer() | {"content-type": TYPE})

    assert answer.status_code == 201
    assert kept.sha256.digest() == hashlib.sha256(b"hello\r\n--x-boun\r\n--not the boundary").digest()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        END,
        form()[: -len(END)],
        form()[:-30],
        form()[: len(form()) // 3],
        part("content", b"%PDF") + part("description", b"{}") + END,
        part("description", json.dumps(DESCRIPTION).encode()) + END,
        part("description", json.dumps(DESCRIPTION).encode()) + part("file", b"%PDF") + END,
        form()[: -len(END)] + part("more", b"x") + END,
        b"--x-bound\r\nno colon here\r\n\r\nx\r\n" + END,
        b"--x-bound\r\n" + b"h: v\r\n" * 500 + b"\r\nx\r\n" + END,
        b'--x-bound\r\nContent-Disposition: form-data; name="' + b"d" * 20_000 + b'"\r\n\r\nx\r\n' + END,
    ],
    ids=lambda body: repr(body[-24:]),
)
async def test_a_form_of_another_shape_publishes_nothing(gateway: Any, http: Any, kept: Kept, body: bytes) -> None:
    answer = await http.post(PATH, content=body, headers=gateway.bearer() | {"content-type": TYPE})

    assert (answer.status_code, reason_of(answer)) == (400, "MULTIPART_INVALID")
    assert not kept.published


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        (b"{", "JSON_INVALID"),
        (b'{"title": "a", "title": "b"}', "JSON_INVALID"),
        (b'{"title": "\\ud800"}', "JSON_INVALID"),
        (b"[" * 10_000, "JSON_INVALID"),
        (b"{}", "FIELDS_INVALID"),
        (json.dumps(DESCRIPTION | {"surprise": 1}).encode(), "FIELDS_INVALID"),
        (json.dumps(DESCRIPTION | {"title": "a\u202eb"}).encode(), "FIELDS_INVALID"),
        (json.dumps(DESCRIPTION | {"title": ""}).encode(), "FIELDS_INVALID"),
        (b'"' + b"x" * 70_000 + b'"', "BODY_TOO_LARGE"),
    ],
)
async def test_a_bad_description_is_refused_before_any_byte_is_sent_on(
    gateway: Any, http: Any, kept: Kept, description: bytes, reason: str
) -> None:
    body = part("description", description) + part("content", b"%PDF") + END

    answer = await http.post(PATH, content=body, headers=gateway.bearer() | {"content-type": TYPE})

    assert answer.status_code in (400, 413) and reason_of(answer) == reason
    assert kept.description is None


@pytest.mark.parametrize(
    "media",
    [
        "application/json",
        "multipart/mixed; boundary=x-bound",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "",
    ],
)
async def test_another_media_type_is_415(gateway: Any, http: Any, kept: Kept, media: str) -> None:
    answer = await http.post(PATH, content=form(), headers=gateway.bearer() | {"content-type": media})

    assert (answer.status_code, reason_of(answer)) == (415, "MEDIA_TYPE_UNSUPPORTED")
    assert kept.description is None


async def test_a_client_that_leaves_in_the_middle_publishes_nothing(gateway: Any, services: Any) -> None:
    halfway, ended = asyncio.Event(), asyncio.Event()
    seen = []

    async def watched(messages: Any) -> Any:
        try:
            async for message in messages:
                seen.append(message)
                if message.chunk:
                    halfway.set()
        finally:
            ended.set()

    services.answer("records.PublishDocument", watched)
    _, writer = await gateway.raw()
    token = gateway.bearer()["authorization"]
    body = part("description", json.dumps(DESCRIPTION).encode()) + part("content", b"x" * 100_000)
    writer.write(
        f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\ncontent-type: {TYPE}\r\n"
        f"content-length: 500000\r\n\r\n".encode()
        + body
    )
    await asyncio.wait_for(halfway.wait(), 5)

    writer.transport.abort()

    await asyncio.wait_for(ended.wait(), 5)
    assert seen[-1].chunk


async def test_a_refusal_in_the_middle_answers_at_once(gateway: Any, http: Any, services: Any) -> None:
    async def refuse(messages: Any) -> Any:
        await anext(aiter(messages))
        raise Denied("Accès refusé.", "Demandez à entrer dans le cercle.")

    services.answer("records.PublishDocument", refuse)

    answer = await http.post(PATH, content=form(b"x" * 5 * MIB), headers=gateway.bearer() | {"content-type": TYPE})

    assert (answer.status_code, reason_of(answer)) == (403, "ACCESS_DENIED")


async def test_a_common_client_library_can_publish(gateway: Any, http: Any, kept: Kept) -> None:
    answer = await http.post(PATH, files=FORM, headers=gateway.bearer())

    assert answer.status_code == 201
    assert kept.description is not None and kept.description.claimed_media_type == "application/pdf"
