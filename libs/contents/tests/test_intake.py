"""What people send each other is recognised from its bytes, and what is two things at once is not kept at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terresante_platform.refusals import Refusal

from .taking import PDF, archive, cda, jpeg, png, refused, taken, with_chunk, with_segment

HIDDEN = {
    "a jpeg followed by an archive": jpeg() + archive(),
    "a jpeg with an archive in its comment": with_segment(jpeg(), 0xFE, archive()),
    "a jpeg with an archive in its profile": with_segment(jpeg(), 0xE2, b"ICC_PROFILE\x00\x01\x01" + archive()),
    "a jpeg with a pdf in its comment": with_segment(jpeg(), 0xFE, PDF),
    "a jpeg followed by a pdf": jpeg() + PDF,
    "a jpeg with a page in its comment": with_segment(jpeg(), 0xFE, b"<HTML><script>alert(1)</script>"),
    "a jpeg with a program in its exif": with_segment(jpeg(), 0xE1, b"Exif\x00\x00<?php system('x');"),
    "a png with a page in a text": with_chunk(png(), b"tEXt", b"a\x00<script>alert(1)</script>"),
    "a png with an archive in a chunk": with_chunk(png(), b"prVt", archive()),
    "a png with a page in its profile's name": with_chunk(png(), b"iCCP", b"<script>\x00\x00x"),
    "a pdf that is an archive": PDF.replace(b"startxref", archive() + b"\nstartxref"),
}


@pytest.mark.parametrize("piece", [5, 65_536])
@pytest.mark.parametrize("what", HIDDEN)
def test_what_is_two_files_at_once_is_refused(what: str, piece: int) -> None:
    reason, todo = refused(HIDDEN[what], piece=piece)

    assert reason == "CONTENT_LIES"
    assert "Enregistrez" in todo


OTHER = {
    "a telephone's heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"x" * 2_000, "", "iPhone"),
    "one that says so": (b"", "image/heic", "iPhone"),
    "avif": (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1" + b"x" * 2_000, "", "JPEG"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "", "PNG"),
    "svg after a declaration": (b"<?xml version='1.0'?>\n<!-- x --><svg:svg xmlns:svg='x'/>", "text/xml", "PNG"),
    "one that says it is svg": (b"", "image/svg+xml", "PNG"),
    "gif": (b"GIF89a" + archive(), "", "PNG"),
    "webp": (b"RIFF\x00\x10\x00\x00WEBPVP8 " + b"x" * 2_000, "", "PNG"),
    "tiff": (b"II*\x00" + b"x" * 2_000, "image/tiff", "PNG"),
    "an archive": (archive(), "", "PDF"),
    "a film": (b"\x00\x00\x00\x18ftypmp42" + b"x" * 2_000, "video/mp4", "PDF"),
    "a program": (b"#!/bin/sh\nrm -rf /\n", "text/plain", "PDF"),
}


@pytest.mark.parametrize("what", OTHER)
def test_other_kinds_are_refused_and_the_sender_reads_what_to_do(what: str) -> None:
    content, claim, word = OTHER[what]

    reason, todo = refused(content, claim)

    assert reason == "CONTENT_UNSUPPORTED"
    assert word in todo


@pytest.mark.parametrize("space", ["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"])
def test_a_cda_with_an_element_of_a_web_page_is_refused(space: str) -> None:
    assert taken(cda("<text>L</text>"))[1] == "text/xml"
    assert refused(cda(f'{" " * 2_000}<script xmlns="{space}">alert(1)</script>'))[0] == "CONTENT_LIES"


@pytest.mark.parametrize("content", [PDF, b"Bonjour \xc3\xa0 tous.\n" * 200, cda("<text>L</text>")])
def test_what_is_no_picture_is_kept_byte_for_byte(content: bytes) -> None:
    assert taken(content, piece=7)[0] == content


def test_a_file_without_bytes_or_with_too_many_is_refused() -> None:
    assert refused(b"")[0] == "CONTENT_EMPTY"
    assert refused(PDF, at_most=100)[0] == "CONTENT_TOO_LARGE"
    assert refused(PDF, claim="image/png")[0] == "CONTENT_LIES"


@given(
    content=st.binary(max_size=3_000),
    begin=st.sampled_from([b"", b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7"]),
)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_taken_or_refused(content: bytes, begin: bytes) -> None:
    try:
        taken(begin + content, piece=97)
    except Refusal as refusal:
        assert refusal.sentence and refusal.todo
