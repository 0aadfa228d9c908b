"""Files that go with messages: piped through both ways, never half kept, never taken for whole when broken off."""

import asyncio
import base64
import hashlib
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from terresante.messaging.v1 import attachment_service_pb2 as pb
from terresante.messaging.v1 import conversation_service_pb2 as messaging
from terresante_platform.refusals import Denied, Unknown

from .calling import reason_of
from .conversation_calls import FILE, IN_THREAD, JPEG, PHOTO, THREAD

PATH = f"{IN_THREAD}/attachments"
MIB = 1024 * 1024
TYPE = "multipart/form-data; boundary=x-bound"
END = b"--x-bound--\r\n"


def part(name: str, content: bytes, media_type: str = "") -> bytes:
    """One part, with the delimiter before it."""
    kind = f"Content-Type: {media_type}\r\n" if media_type else ""
    return f'--x-bound\r\nContent-Disposition: form-data; name="{name}"\r\n{kind}\r\n'.encode() + content + b"\r\n"


def form(content: bytes = JPEG, description: Any = None, media_type: str = "image/jpeg") -> bytes:
    """A whole right form."""
    told = {"name": "plaie-talon.jpg"} if description is None else description
    return part("description", json.dumps(told).encode()) + part("content", content, media_type) + END


class Kept:
    """A messaging service that takes what comes, and keeps only what ends with the empty chunk."""

    def __init__(self) -> None:
        self.description: pb.AttachmentDescription | None = None
        self.content = bytearray()
        self.largest = 0
        self.whole = False

    async def __call__(self, messages: Any) -> pb.UploadAttachmentResponse:
        async for message in messages:
            if message.WhichOneof("part") == "description":
                self.description = message.description
            else:
                self.content += message.chunk
                self.largest = max(self.largest, len(message.chunk))
                self.whole = message.chunk == b""
        return pb.UploadAttachmentResponse(attachment=PHOTO)


@pytest.fixture
def kept(services: Any) -> Kept:
    """What the messaging service got."""
    found = Kept()
    services.answer("messaging.UploadAttachment", found)
    return found


async def sent(http: Any, gateway: Any, body: Any, **headers: str) -> httpx2.Response:
    """The answer to that form."""
    return await http.post(PATH, content=body, headers=gateway.bearer("patient") | {"content-type": TYPE} | headers)


async def test_the_name_and_every_byte_arrive_in_small_pieces(gateway: Any, http: Any, kept: Kept) -> None:
    content = os.urandom(300_000)

    answer = await sent(http, gateway, form(content))

    assert answer.status_code == 201, answer.text
    assert kept.description == pb.AttachmentDescription(
        thread_id=THREAD, name="plaie-talon.jpg", claimed_media_type="image/jpeg"
    )
    assert (bytes(kept.content) == content, kept.largest <= 64 * 1024, kept.whole) == (True, True, True)
    assert answer.json() == {
        "id": FILE,
        "name": "plaie-talon.jpg",
        "media_type": "image/jpeg",
        "size": 5,
        "sha256": PHOTO.sha256,
        "thumbnail": "waiting",
    }


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"name": ""},
        {"name": "a" * 201},
        {"name": "photo\u202egpj.exe"},
        {"name": "a\nb"},
        {"name": " a"},
        {"name": 3},
        {"name": "a.jpg", "patient_id": THREAD},
        [],
        "a.jpg",
    ],
    ids=ascii,
)
async def test_a_name_that_is_none_is_refused_before_any_byte(
    gateway: Any, http: Any, kept: Kept, description: Any
) -> None:
    answer = await sent(http, gateway, form(description=description))

    assert (answer.status_code, reason_of(answer)) == (400, "FIELDS_INVALID")
    assert kept.description is None and not kept.whole


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"GIF89a",
        form()[: -len(END)],
        form()[:-30],
        part("content", JPEG) + part("description", b'{"name": "a.jpg"}') + END,
        form()[: -len(END)] + part("content", JPEG) + END,
    ],
    ids=lambda body: repr(body[-24:]),
)
async def test_a_form_of_another_shape_keeps_nothing(gateway: Any, http: Any, kept: Kept, body: bytes) -> None:
    answer = await sent(http, gateway, body)

    assert (answer.status_code, reason_of(answer)) == (400, "MULTIPART_INVALID")
    assert not kept.whole


async def test_one_byte_over_25_mib_is_refused_and_nothing_is_kept(gateway: Any, http: Any, kept: Kept) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield part("description", b'{"name": "a.jpg"}')
        yield part("content", b"x" * (25 * MIB + 1)) + END

    answer = await sent(http, gateway, body())

    assert (answer.status_code, reason_of(answer)) == (413, "CONTENT_TOO_LARGE")
    assert not kept.whole


async def test_a_refusal_of_what_the_bytes_are_is_the_answer(gateway: Any, http: Any, services: Any) -> None:
    class Lies(Denied):
        reason = "CONTENT_LIES"

    async def looking(messages: Any) -> Any:
        async for _ in messages:
            pass
        raise Lies("Ce n’est pas une image.", "Enregistrez la photo en JPEG.")

    services.answer("messaging.UploadAttachment", looking)

    answer = await sent(http, gateway, form(b"<svg onload=alert(1)>"))

    assert (reason_of(answer), answer.json()["todo"]) == ("CONTENT_LIES", "Enregistrez la photo en JPEG.")


async def test_the_bytes_come_back_as_an_attachment_whose_header_holds_no_name(
    gateway: Any, http: Any, services: Any
) -> None:
    content = bytes(range(256)) * 1000
    about = messaging.Attachment()
    about.CopyFrom(PHOTO)
    about.name, about.size, about.sha256 = "Mme Caradec.jpg", len(content), hashlib.sha256(content).hexdigest()
    pieces = [pb.ReadAttachmentResponse(chunk=content[at : at + 65536]) for at in range(0, len(content), 65536)]
    services.answer("messaging.ReadAttachment", [pb.ReadAttachmentResponse(attachment=about), *pieces])

    answer = await http.get(f"{PATH}/{FILE}/content", headers=gateway.bearer())

    assert answer.content == content
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == f'attachment; filename="{FILE}.jpg"'
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert "Caradec" not in str(answer.headers)


async def test_who_loses_the_right_in_the_middle_gets_no_more_and_can_tell(
    gateway: Any, http: Any, services: Any
) -> None:
    removed = asyncio.Event()
    pieces = 320

    async def long(_: Any) -> AsyncIterator[pb.ReadAttachmentResponse]:
        about = messaging.Attachment()
        about.CopyFrom(PHOTO)
        about.size = pieces * 65536
        yield pb.ReadAttachmentResponse(attachment=about)
        for _ in range(pieces):
            if removed.is_set():
                raise Denied("Vous n’êtes plus dans le cercle.", "Demandez à y revenir.")
            yield pb.ReadAttachmentResponse(chunk=b"x" * 65536)

    services.answer("messaging.ReadAttachment", long)
    got = 0
    with pytest.raises(httpx2.TransportError):
        async with http.stream("GET", f"{PATH}/{FILE}/content", headers=gateway.bearer()) as answer:
            async for piece in answer.aiter_bytes():
                got += len(piece)
                removed.set()

    assert 0 < got < pieces * 65536


async def test_a_thumbnail_is_a_small_jpeg(gateway: Any, http: Any, services: Any) -> None:
    services.answer("messaging.ReadThumbnail", pb.ReadThumbnailResponse(jpeg=JPEG))

    answer = await http.get(f"{PATH}/{FILE}/thumbnail", headers=gateway.bearer())

    assert (answer.content, answer.headers["content-type"]) == (JPEG, "image/jpeg")
    assert answer.headers["content-length"] == str(len(JPEG))
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("what", ["content", "thumbnail"])
async def test_a_file_of_a_thread_that_the_caller_may_not_know_of_is_unknown(
    gateway: Any, http: Any, services: Any, what: str
) -> None:
    class ThreadUnknown(Unknown):
        reason = "THREAD_UNKNOWN"

    refusal = ThreadUnknown("Ce fil est inconnu.", "Vérifiez l’identifiant.")
    services.answer("messaging.ReadAttachment", [refusal])
    services.answer("messaging.ReadThumbnail", refusal)

    answer = await http.get(f"{PATH}/{FILE}/{what}", headers=gateway.bearer())

    assert (answer.status_code, reason_of(answer)) == (404, "THREAD_UNKNOWN")
