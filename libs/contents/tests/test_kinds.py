"""What a content is, is read from its bytes; what is not one of five kinds, or lies, is refused."""

import hashlib
import struct
import zlib

import pytest
from terresante_contents.kinds import Kind, Recogniser
from terresante_platform.refusals import Refusal

MIB = 1024 * 1024


def png_chunk(type_: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + type_ + data + struct.pack(">I", zlib.crc32(type_ + data))


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


PDF = b"%PDF-1.7\n" + b"1 0 obj <<>> endobj\n" * 200 + b"startxref\n123\n%%EOF\n"
PNG = (
    b"\x89PNG\r\n\x1a\n"
    + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + png_chunk(b"IDAT", zlib.compress(b"\0" * 4) * 300)
    + png_chunk(b"IEND", b"")
)
FRAME = segment(0xC0, b"\x08\x00\x01\x00\x01\x01\x01\x11\x00")
SCAN = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
EXIF = segment(0xE1, b"Exif" + b"\xff\xd9" * 800)
JPEG = b"\xff\xd8" + EXIF + segment(0xDB, b"\0" * 65) + FRAME + b"\xff" + SCAN + b"\x12\xff\x00\x34" + b"\xff\xd9"
CDA = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- lettre -->\n'
    '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Lettre</title>'
    f"<component><text>{'é' * 3_000}</text></component></ClinicalDocument>"
).encode()
TEXT = ("Compte rendu dicté : tension 12/8.\n\tÀ revoir.\r\n" * 60).encode()
RIGHT = {Kind.PDF: PDF, Kind.JPEG: JPEG, Kind.PNG: PNG, Kind.CDA: CDA, Kind.TEXT: TEXT}


def recognised(content: bytes, claim: str = "", piece: int = 65_536, at_most: int = MIB) -> str:
    recogniser = Recogniser(claim, at_most)
    for at in range(0, len(content), piece):
        recogniser.feed(content[at : at + piece])
    return recogniser.finish().media_type


def refusal(content: bytes, claim: str = "", piece: int = 65_536, at_most: int = MIB) -> str:
    with pytest.raises(Refusal) as refused:
        recognised(content, claim, piece, at_most)
    return refused.value.reason


@pytest.mark.parametrize("piece", [1, 7, 1_000, 65_536])
@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_is_found_however_its_bytes_are_cut(kind: Kind, piece: int) -> None:
    assert recognised(RIGHT[kind], piece=piece) == kind
    assert recognised(RIGHT[kind], claim=kind.value) == kind


def test_the_fingerprint_and_size_are_those_of_the_bytes() -> None:
    recogniser = Recogniser("", MIB)
    recogniser.feed(PDF[:10])
    recogniser.feed(PDF[10:])

    content = recogniser.finish()

    assert (content.size, content.sha256) == (len(PDF), hashlib.sha256(PDF).hexdigest())


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xef\xbb\xbf" + CDA, Kind.CDA),
        (CDA.decode().replace("UTF-8", "UTF-16").encode("utf-16"), Kind.CDA),
        (CDA.decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"), Kind.CDA),
        (b"\n  " + CDA.partition(b"?>")[2], Kind.CDA),
        (b"\xef\xbb\xbfbonjour", Kind.TEXT),
        ("é".encode(), Kind.TEXT),
        (PDF + b"\r\n" * 300, Kind.PDF),
    ],
)
def test_usual_variants_are_taken(content: bytes, kind: Kind) -> None:
    assert recognised(content) == kind


@pytest.mark.parametrize(
    ("claim", "kind"),
    [
        ("Text/Plain; charset=utf-8", Kind.TEXT),
        ("application/octet-stream", Kind.PDF),
        ("image/jpg", Kind.JPEG),
        ("application/xml", Kind.CDA),
    ],
)
def test_a_claim_that_agrees_with_the_bytes_is_taken(claim: str, kind: Kind) -> None:
    assert recognised(RIGHT[kind], claim) == kind


@pytest.mark.parametrize("claimed", list(Kind))
@pytest.mark.parametrize("kind", list(Kind))
def test_a_claim_of_another_kind_is_a_lie(kind: Kind, claimed: Kind) -> None:
    if kind is not claimed:
        assert refusal(RIGHT[kind], claimed.value) == "CONTENT_LIES"


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04" + b"\0" * 2_000,
        b"GIF89a" + b"\0" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x7fELF" + b"\x02" * 100,
        b"MZ\x90\x00",
        b"{\\rtf1 bonjour}",
        b"%!PS-Adobe",
        b"%PDF-9.9",
        b"#!/bin/sh\nrm -rf /\n",
        "accents".encode("utf-16"),
        "déjà vu".encode("latin-1"),
        b"texte\x00nul",
        b"\x1b[31m",
        b"\xff\xfe",
    ],
)
def test_any_other_kind_is_refused(content: bytes) -> None:
    assert refusal(content) == "CONTENT_UNSUPPORTED"


def test_a_claim_of_another_kind_is_refused_before_any_byte_is_read() -> None:
    with pytest.raises(Refusal) as refused:
        Recogniser("application/zip", MIB)

    assert refused.value.reason == "CONTENT_UNSUPPORTED"


@pytest.mark.parametrize(
    "content",
    [
        PDF[:-30],
        PDF + b"PK\x03\x04" + b"\0" * 2_000,
        PNG[:-1],
        PNG[:-12],
        PNG + b"x",
        PNG.replace(b"IDAT", b"IDAU", 1),
        PNG[:8] + png_chunk(b"IDAT", b"x" * 1_100) + PNG[8:],
        JPEG[:-2],
        JPEG + b"PK\x03\x04",
        b"\xff\xd8" + EXIF + SCAN + b"\xff\xd9",
        b"\xff\xd8" + EXIF + b"\xff\xd9",
        b"\xff\xd8\xff\xe1\x00\x00" + b"x" * 2_000,
        b"\xff\xd8" + EXIF + b"garbage" * 200,
        CDA[:-5],
        CDA + b"<more/>",
        b"<html><script>alert(1)</script></html>",
        CDA.replace(b"urn:hl7-org:v3", b"urn:hl7-org:v2"),
        CDA.replace(b"urn:hl7-org:v3", b"urn:hl7-org:v3 ClinicalDocument"),
        CDA.replace(b"<!-- lettre -->", b"<!DOCTYPE a>"),
        CDA.replace(b"<!-- lettre -->", b"<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;'>]>"),
        CDA.replace(b"<!-- lettre -->", b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'>"),
        CDA.replace(b"<title>", b"<title>&b;"),
        CDA.replace(b"<title>", b"<b>" * 300).replace(b"</title>", b"</b>" * 300),
        TEXT + b"\x00",
        TEXT + b"\xc3",
        TEXT + b"\x08",
    ],
)
@pytest.mark.parametrize("piece", [3, 65_536])
def test_what_begins_as_one_kind_and_does_not_end_as_it_lies(content: bytes, piece: int) -> None:
    assert refusal(content, piece=piece) == "CONTENT_LIES"


def test_an_endless_tag_is_refused_early_instead_of_being_read_again_and_again() -> None:
    recogniser = Recogniser("", 100 * MIB)
    recogniser.feed(CDA.partition(b"<title>")[0] + b"<a b='")

    with pytest.raises(Refusal):
        for _ in range(17):
            recogniser.feed(b"x" * 65_536)


def test_nothing_is_not_a_content() -> None:
    assert refusal(b"") == "CONTENT_EMPTY"


def test_the_first_byte_too_many_is_refused() -> None:
    assert recognised(TEXT, at_most=len(TEXT)) == Kind.TEXT
    assert refusal(TEXT, at_most=len(TEXT) - 1) == "CONTENT_TOO_LARGE"
