"""Files in tests: pictures that tell too much, the calls of the attachment service as whoever is calling."""

import hashlib
import io
import struct
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text
from terresante.messaging.v1 import attachment_service_pb2 as pb
from terresante.messaging.v1 import conversation_service_pb2 as conversations_pb
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

MIB = 1024 * 1024
PDF = b"%PDF-1.7\n" + b"2 0 obj <<>> endobj\n" * 60 + b"startxref\n9\n%%EOF\n"


def photo(size: tuple[int, int] = (1_200, 900), kind: str = "JPEG") -> bytes:
    """A picture that tells where and with what it was taken, and that lies on its side."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x013B] = "Canon SN-4711", 6, "Martin"
    picture = Image.frombytes("RGB", (64, 48), bytes(at * at % 251 for at in range(64 * 48 * 3))).resize(size)
    file = io.BytesIO()
    picture.save(file, kind, exif=exif)
    return file.getvalue()


def hollow_png() -> bytes:
    """A PNG of right form in which nothing is drawn."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 90, 90, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"nothing") + chunk(b"IEND", b"")


async def parts(
    thread: conversations_pb.Thread, name: str, content: bytes, claim: str = "", piece: int = 65_536
) -> AsyncIterator[pb.UploadAttachmentRequest]:
    """A file on its way."""
    described = pb.AttachmentDescription(thread_id=thread.thread_id, name=name, claimed_media_type=claim)
    yield pb.UploadAttachmentRequest(description=described)
    for at in range(0, len(content), piece):
        yield pb.UploadAttachmentRequest(chunk=content[at : at + piece])
    yield pb.UploadAttachmentRequest(chunk=b"")


@dataclass
class Filing:
    """Sends and reads files."""

    stub: Any

    async def upload(
        self, thread: conversations_pb.Thread, content: bytes, name: str = "plaie.jpg", **how: Any
    ) -> conversations_pb.Attachment:
        reply = await self.stub.UploadAttachment(parts(thread, name, content, **how))
        sent: conversations_pb.Attachment = reply.attachment
        return sent

    def reading(self, thread: conversations_pb.Thread, sent: conversations_pb.Attachment) -> Any:
        """The messages of a reading that goes on."""
        request = pb.ReadAttachmentRequest(thread_id=thread.thread_id, attachment_id=sent.attachment_id)
        return self.stub.ReadAttachment(request)

    async def read(
        self, thread: conversations_pb.Thread, sent: conversations_pb.Attachment
    ) -> tuple[conversations_pb.Attachment, bytes]:
        """What it is said to be, and its bytes, after checking that the first says the truth of the second."""
        came = [message async for message in self.reading(thread, sent)]
        told, content = came[0].attachment, b"".join(message.chunk for message in came[1:])
        assert (told.size, told.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        return told, content

    async def thumbnail(self, thread: conversations_pb.Thread, sent: conversations_pb.Attachment) -> bytes:
        request = pb.ReadThumbnailRequest(thread_id=thread.thread_id, attachment_id=sent.attachment_id)
        return bytes((await self.stub.ReadThumbnail(request)).jpeg)


def files(folder: Path) -> list[Path]:
    """All that lies in the store."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def rows(database: Database) -> int:
    """How many files the database knows."""
    async with database.reading() as connection:
        return int((await connection.execute(text("select count(*) from attachment"))).scalar_one())


async def refused(call: Any) -> Refusal:
    """What the call is refused with."""
    with pytest.raises(Refusal) as refusal:
        await call
    return refusal.value
