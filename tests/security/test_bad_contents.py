"""What content that lies about itself, and forms that are not what they should be, get: a refusal, and nothing is kept."""

import io
import json
import zipfile
from typing import Any
from uuid import uuid4

import pytest
from terresante_dev.portal import Answer, answer_of
from terresante_dev.story import Stage
from terresante_dev.story.sharing import pdf

from .stored import JOURNALLED, stored

pytestmark = pytest.mark.timeout(300)
DESCRIPTION = {"type_code": "11502-2", "title": "Mensonge", "dated": "2026-03-02T08:00:00+01:00"}
MIB = 1024 * 1024


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(10 * MIB))
    return made.getvalue()


BOMB = b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;&b;&b;">]><ClinicalDocument xmlns="urn:hl7-org:v3">&c;</ClinicalDocument>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><ClinicalDocument xmlns="urn:hl7-org:v3">&b;</ClinicalDocument>'
LIES: dict[str, tuple[bytes, str]] = {
    "a program called PDF": (b"MZ\x90\x00" + b"\x00" * 100, "application/pdf"),
    "an ELF program": (b"\x7fELF\x02\x01\x01" + b"\x00" * 100, "application/octet-stream"),
    "a web page called PDF": (b"<html><script>alert(1)</script></html>", "application/pdf"),
    "a web page": (b"<!doctype html><script>alert(1)</script>", "text/html"),
    "a PDF called PNG": (pdf("x"), "image/png"),
    "a PNG called JPEG": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "image/jpeg"),
    "a ZIP": (_zip(), "application/zip"),
    "a ZIP called PDF": (_zip(), "application/pdf"),
    "a GIF": (b"GIF89a" + b"\x00" * 100, "image/gif"),
    "an SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "image/svg+xml"),
    "an SVG called CDA": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "text/xml"),
    "an entity bomb": (BOMB, "text/xml"),
    "a file from outside": (OUTSIDE, "text/xml"),
    "XML that breaks off": (b'<ClinicalDocument xmlns="urn:hl7-org:v3">', "text/xml"),
    "XML 10,000 deep": (b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + b"<a>" * 10_000, "text/xml"),
    "text that is no UTF-8": (b"caf\xe9 " * 10, "text/plain"),
    "text with NUL": (b"a\x00b", "text/plain"),
    "noise called text": (bytes(range(256)), "text/plain"),
    "nothing": (b"", "application/pdf"),
    "a shell script called PDF": (b"#!/bin/sh\nrm -rf /\n", "application/pdf"),
}


@pytest.mark.parametrize("which", sorted(LIES))
async def test_content_that_is_not_what_it_says_is_refused_and_leaves_nothing(told: Stage, which: str) -> None:
    content, kind = LIES[which]
    before = await stored(told.stack, JOURNALLED)

    answer = told.who("gp").publish(told.path("/documents"), DESCRIPTION, content, kind)

    assert answer.reason in ("CONTENT_UNSUPPORTED", "CONTENT_LIES", "CONTENT_EMPTY"), answer
    assert answer.status in (400, 415) and answer.body["todo"]
    assert await stored(told.stack, JOURNALLED) == before


@pytest.mark.parametrize("size", [25 * MIB + 1, 26 * MIB, 60 * MIB])
async def test_more_than_25_mib_is_refused_and_leaves_nothing(told: Stage, size: int) -> None:
    before = await stored(told.stack, JOURNALLED)
    content = pdf("x")[:9] + b"0" * (size - 9)
    answer = told.who("gp").publish(told.path("/documents"), DESCRIPTION, content, "application/pdf")
    assert (answer.status, answer.reason) == (413, "CONTENT_TOO_LARGE")
    assert await stored(told.stack, JOURNALLED) == before


def part(name: str, body: bytes, kind: str = "application/json", more: str = "") -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + body + b"\r\n"


ABOUT = part("description", json.dumps(DESCRIPTION).encode())
BYTES = part("content", pdf("x"), "application/pdf", '; filename="../../../etc/cron.d/x.pdf"')
END = b"--x--\r\n"
FORMS: dict[str, bytes] = {
    "nothing": b"",
    "only its end": END,
    "no content": ABOUT + END,
    "no description": BYTES + END,
    "the other way round": BYTES + ABOUT + END,
    "two descriptions": ABOUT + ABOUT + BYTES + END,
    "three parts": ABOUT + BYTES + part("more", b"{}") + END,
    "two contents": ABOUT + BYTES + BYTES + END,
    "no end": ABOUT + BYTES,
    "another boundary": (ABOUT + BYTES + END).replace(b"--x", b"--y"),
    "a description that is no JSON": part("description", b"{") + BYTES + END,
    "a description that is twice JSON": part("description", b"{}{}") + BYTES + END,
    "a description of 70 kB": part("description", b" " * 70_000 + b"{}") + BYTES + END,
    "an unknown field": part("description", json.dumps({**DESCRIPTION, "author_id": str(uuid4())}).encode()) + BYTES + END,
    "a title with a bidirectional override": part(
        "description", json.dumps({**DESCRIPTION, "title": "abc\u202efdp.exe"}).encode()
    ) + BYTES + END,
    "an unknown type": part("description", json.dumps({**DESCRIPTION, "type_code": "../x"}).encode()) + BYTES + END,
    "31 February": part("description", json.dumps({**DESCRIPTION, "dated": "2026-02-31T08:00:00Z"}).encode()) + BYTES + END,
    "a description that is XML": part("description", b"<a/>", "application/xml") + BYTES + END,
    "a header of a part without end": b"--x\r\nContent-Disposition: " + b"a" * 200_000,
    "1,000 headers of a part": b"--x\r\n" + b"a: b\r\n" * 1_000 + b"\r\n",
}  # fmt: skip


def formed(told: Stage, body: bytes, kind: str = "multipart/form-data; boundary=x", path: str = "") -> Answer:
    gp = told.who("gp")
    headers: dict[str, Any] = {
        "authorization": f"Bearer {gp.token}",
        "terresante-place": gp.place,
        "content-type": kind,
    }
    return answer_of(gp.gateway.http.post(path or told.path("/documents"), content=body, headers=headers))


@pytest.mark.parametrize("which", sorted(FORMS))
async def test_a_form_that_is_not_the_one_described_is_refused_and_leaves_nothing(told: Stage, which: str) -> None:
    before = await stored(told.stack, JOURNALLED)
    answer = formed(told, FORMS[which])
    assert 400 <= answer.status < 500, answer
    assert answer.reason and answer.body["todo"], answer.body
    assert await stored(told.stack, JOURNALLED) == before


def test_the_form_as_described_is_taken_and_its_file_name_is_not(told: Stage) -> None:
    """Without this the refusals above would prove nothing; and a path in a file name is no path anywhere."""
    answer = formed(told, ABOUT + BYTES + END)
    assert answer.status == 201, answer.body
    read = told.who("gp").get(told.path(f"/documents/{answer.body['id']}/content"))
    assert read.content == pdf("x")
    assert read.headers["content-disposition"] == f'attachment; filename="{answer.body["id"]}.pdf"'


BOUNDARIES = ["multipart/form-data", "multipart/form-data; boundary=", f"multipart/form-data; boundary={'x' * 71}",
    "multipart/mixed; boundary=x", "application/pdf", "text/plain"]  # fmt: skip


@pytest.mark.parametrize("kind", BOUNDARIES)
def test_what_is_no_form_is_unsupported(told: Stage, kind: str) -> None:
    answer = formed(told, ABOUT + BYTES + END, kind)
    assert (answer.status, answer.reason) == (415, "MEDIA_TYPE_UNSUPPORTED")


async def test_what_somebody_may_not_write_is_not_kept_whatever_it_is(told: Stage) -> None:
    """The social worker may not publish a laboratory result: refused, and none of the bytes stay."""
    before = await stored(told.stack, JOURNALLED)
    answer = told.who("emergency-physician").publish(told.path("/documents"), DESCRIPTION, pdf("x"), "application/pdf")
    assert answer.status == 403, answer
    assert await stored(told.stack, JOURNALLED) == before
