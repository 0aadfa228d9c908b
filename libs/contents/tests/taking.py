"""Files that people send, and what an intake makes of them. Pictures are made by Pillow, a second reader of the
formats."""

import hashlib
import io
import struct
import zipfile
import zlib
from typing import Any

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD
from terresante_contents.intake import Intake
from terresante_platform.refusals import Refusal

MIB = 1024 * 1024
PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n" + b"2 0 obj <<>> endobj\n" * 60 + b"startxref\n9\n%%EOF\n"


def taken(content: bytes, claim: str = "", piece: int = 65_536, at_most: int = 25 * MIB) -> tuple[bytes, str]:
    """What is kept, and as which kind."""
    intake = Intake(claim, at_most)
    kept = b"".join(intake.feed(content[at : at + piece]) for at in range(0, len(content), piece))
    rest, found = intake.finish()
    kept += rest
    assert found.size == len(kept)
    assert found.sha256 == hashlib.sha256(kept).hexdigest()
    return kept, found.media_type


def refused(content: bytes, claim: str = "", **how: Any) -> tuple[str, str]:
    """The reason, and what to do."""
    with pytest.raises(Refusal) as refusal:
        taken(content, claim, **how)
    return refusal.value.reason, refusal.value.todo


def drawn() -> Image.Image:
    """A picture that has an upside and a left."""
    picture = Image.frombytes("RGB", (96, 64), bytes(at * at % 251 for at in range(96 * 64 * 3)))
    picture.paste((255, 0, 0), (0, 0, 30, 20))
    return picture


def told() -> Image.Exif:
    """What a camera says of who, where and with what."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B], exif[0x0112] = "Canon", "Canon R5", "Martin", 6
    exif[0x0132] = "2026:03:02 08:00:00"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (48.0, 47.0, 30.5)
    exif.get_ifd(IFD.Exif)[0xA431] = "SN-4711"
    return exif


def jpeg(**how: Any) -> bytes:
    file = io.BytesIO()
    drawn().save(file, "JPEG", quality=90, **how)
    return file.getvalue()


def png(picture: Image.Image | None = None, **how: Any) -> bytes:
    file = io.BytesIO()
    (picture or drawn()).save(file, "PNG", **how)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_segment(picture: bytes, marker: int, data: bytes) -> bytes:
    """The picture with one more segment, right after its beginning."""
    return picture[:2] + segment(marker, data) + picture[2:]


def with_chunk(picture: bytes, kind: bytes, data: bytes) -> bytes:
    """The picture with one more chunk, right after its header."""
    return picture[:33] + chunk(kind, data) + picture[33:]


def archive(name: str = "Main.class") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(name, b"\xca\xfe\xba\xbe")
    return file.getvalue()


def cda(body: str) -> bytes:
    return f'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>L</title>{body}</ClinicalDocument>'.encode()
