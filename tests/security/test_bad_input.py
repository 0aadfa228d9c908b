"""What malformed and hostile requests get: 4xx with a problem that says what to do, never a 5xx, and nothing changed."""

import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from terresante_dev.enrolment import traits
from terresante_dev.portal import Answer, Person, answer_of
from terresante_dev.story import Stage

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def gp(told: Stage) -> Person:
    return told.who("gp")


def send(gp: Person, method: str, path: str, content: bytes, kind: str = "application/json", **more: str) -> Answer:
    headers = {"authorization": f"Bearer {gp.token}", "content-type": kind, "terresante-place": gp.place, **more}
    return answer_of(gp.gateway.http.request(method, path, content=content, headers=headers))


def counted(told: Stage) -> tuple[int, int]:
    """How much there is: notes and documents of the patient."""
    gp = told.who("gp")
    return tuple(gp.get(told.path(f"/{kind}?total=true&limit=1")).body["total"] for kind in ("notes", "documents"))  # type: ignore[return-value]


NOTE = {"text": "Une note."}
BAD_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"{text",
    "an array": b"[]",
    "a number": b"1",
    "null": b"null",
    "an unknown field": json.dumps({**NOTE, "isAdmin": True}).encode(),
    "NaN": b'{"text": NaN}',
    "infinity": b'{"text": Infinity}',
    "a duplicate key": b'{"text": "a", "text": "b"}',
    "a missing field": b"{}",
    "a wrong type": b'{"text": 5}',
    "a number for a boolean": b'{"text": "a", "urgent": 1}',
    "10,000 levels": b'{"text": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "10,000 objects deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a NUL": b'{"text": "a\\u0000b"}',
    "a raw NUL": b'{"text": "a\x00b"}',
    "a lone surrogate": b'{"text": "\\ud800"}',
    "invalid UTF-8": b'{"text": "\xff\xfe"}',
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "a bidirectional override": json.dumps({"text": "abc\u202etxt.exe"}).encode(),
    "too long a text": json.dumps({"text": "a" * 10_001}).encode(),
    "an empty text": b'{"text": ""}',
    "a huge number": b'{"text": "a", "urgent": ' + b"9" * 5_000 + b"}",
    "20 MB": b'{"text": "' + b"a" * 20_000_000 + b'"}',
}


@pytest.mark.parametrize("which", sorted(BAD_BODIES))
def test_a_bad_body_is_refused_and_changes_nothing(told: Stage, gp: Person, which: str) -> None:
    before = counted(told)

    answer = send(gp, "POST", told.path("/notes"), BAD_BODIES[which])

    assert 400 <= answer.status < 500, answer
    assert answer.reason and answer.body["detail"] and answer.body["todo"], answer.body
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert counted(told) == before


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data", "application/json; charset=utf-16", "", "x"]
)
def test_a_wrong_content_type_is_refused(told: Stage, gp: Person, kind: str) -> None:
    assert send(gp, "POST", told.path("/notes"), json.dumps(NOTE).encode(), kind).status in (400, 415)


BAD_TRAITS: dict[str, dict[str, Any]] = {
    "31 February": {"birth_date": "1951-02-31"},
    "a month 13": {"birth_date": "1951-13-01"},
    "the year 0": {"birth_date": "0000-01-01"},
    "the year 9999": {"birth_date": "9999-01-01"},
    "tomorrow": {"birth_date": "2199-01-01"},
    "a date of words": {"birth_date": "hier"},
    "a zero-width space": {"birth_name": "DU\u200bRAND"},
    "a right-to-left mark": {"birth_name": "DURAND\u202e"},
    "digits": {"first_name": "J3AN"},
    "markup": {"birth_name": "<script>"},
    "SQL": {"birth_name": "'; drop table person; --"},
    "a NUL": {"birth_name": "DU\x00RAND"},
    "a megabyte": {"birth_name": "A" * 1_000_000},
    "an emoji": {"first_name": "JEAN😀"},
    "an unknown country": {"birth_country": "ZZ"},
    "an unknown postal code": {"birth_postal_code": "00000"},
    "an unknown sex": {"sex": "X"},
    "spaces only": {"birth_name": "   "},
}


@pytest.mark.parametrize("which", sorted(BAD_TRAITS))
def test_bad_traits_are_refused(told: Stage, gp: Person, which: str) -> None:
    body = {"traits": {**traits(told.patient), "birth_name": f"NOUVEAU{'ABCDEFG'[told.seed % 7]}", **BAD_TRAITS[which]}}

    answer = gp.post("/v1/patients", body)

    assert answer.status in (400, 413), answer
    assert answer.body["todo"]


BAD_PATHS = {
    "no id": "/v1/patients/abc/documents",
    "an id in capitals": f"/v1/patients/{str(uuid4()).upper()}/documents",
    "an id in braces": f"/v1/patients/%7B{uuid4()}%7D/documents",
    "a dot dot": "/v1/patients/../../etc/passwd",
    "an encoded slash": "/v1/patients/%2e%2e%2fetc/documents",
    "a NUL": "/v1/patients/%00/documents",
    "no such path": "/v1/nothing",
    "very long": "/v1/patients/" + "a" * 7_000,
}


@pytest.mark.parametrize("which", sorted(BAD_PATHS))
def test_a_bad_path_is_refused(gp: Person, which: str) -> None:
    assert 400 <= gp.get(BAD_PATHS[which]).status < 500


@pytest.mark.parametrize(
    "query", ["?limit=0", "?limit=101", "?limit=a", "?cursor=forged", "?unknown=1", "?limit=1&limit=2", "?total=maybe"]
)
def test_a_bad_query_is_refused(told: Stage, gp: Person, query: str) -> None:
    answer = gp.get(told.path(f"/documents{query}"))
    assert answer.status == 400, answer


def test_an_id_of_another_kind_is_unknown_or_refused(told: Stage, gp: Person) -> None:
    assert gp.get(told.path(f"/documents/{told.made['note_id']}")).status == 404
    assert gp.get(f"/v1/patients/{told.made['document']}/documents").status == 403
    assert gp.get(f"/v1/patients/{uuid4()}/documents").status == 403


LIES: dict[str, tuple[bytes, str]] = {
    "a program called PDF": (b"MZ\x90\x00" + b"\x00" * 100, "application/pdf"),
    "a web page called PDF": (b"<html><script>alert(1)</script></html>", "application/pdf"),
    "a PDF called PNG": (b"%PDF-1.4\n%%EOF\n", "image/png"),
    "a ZIP": (b"PK\x03\x04" + b"\x00" * 100, "application/zip"),
    "an SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "image/svg+xml"),
    "an entity bomb": (b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><ClinicalDocument>&c;</ClinicalDocument>', "text/xml"),
    "nothing": (b"", "application/pdf"),
}  # fmt: skip


@pytest.mark.parametrize("which", sorted(LIES))
def test_content_that_is_not_what_it_says_is_refused(told: Stage, gp: Person, which: str) -> None:
    content, kind = LIES[which]
    before = counted(told)
    description = {"type_code": "11502-2", "title": "Mensonge", "dated": "2026-03-02T08:00:00+01:00"}

    answer = gp.publish(told.path("/documents"), description, content, kind)

    assert 400 <= answer.status < 500, answer
    assert answer.reason
    assert counted(told) == before


def test_more_than_25_mib_is_refused(told: Stage, gp: Person) -> None:
    description = {"type_code": "11502-2", "title": "Trop gros", "dated": "2026-03-02T08:00:00+01:00"}
    answer = gp.publish(
        told.path("/documents"), description, b"%PDF-1.4\n" + b"0" * (26 * 1024 * 1024), "application/pdf"
    )
    assert (answer.status, answer.reason) in ((413, "CONTENT_TOO_LARGE"), (413, "BODY_TOO_LARGE"))


@pytest.fixture
def raw(told: Stage) -> Iterator[Any]:
    """Sends bytes as they are over TLS, and gives the first line of the answer."""
    address = urlsplit(told.stack["gateway"]["url"])
    trust = ssl.create_default_context(cafile=told.stack["ca"]["gateway"])

    def say(data: bytes) -> bytes:
        with (
            socket.create_connection((address.hostname, address.port), 15) as plain,
            trust.wrap_socket(plain, server_hostname="localhost") as line,
        ):
            line.sendall(data)
            line.settimeout(15)
            try:
                return line.recv(4096).split(b"\r\n")[0]
            except (ConnectionError, TimeoutError, ssl.SSLError):
                return b""

    yield say


@pytest.mark.parametrize(
    "data",
    [
        b"GET /v1/me HTTP/1.1\r\nhost: localhost\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(5_000)) + b"\r\n",
        b"GET /v1/me HTTP/1.1\r\nhost: localhost\r\nx: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\n\r\n",
        b"POST /v1/patients HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/patients HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"\x16\x03\x01 nonsense\r\n\r\n",
    ],
    ids=["5,000 headers", "a header of 200 kB", "no host", "smuggled length", "negative length", "nonsense"],
)
def test_a_hostile_request_gets_4xx_or_the_line_cut(raw: Any, data: bytes, told: Stage) -> None:
    line = raw(data)
    assert line == b"" or line.split()[1].startswith(b"4"), line
    assert told.who("gp").get("/v1/me").status == 200


def test_the_method_of_another_resource_is_not_allowed(told: Stage, gp: Person) -> None:
    answer = gp.call("PATCH", told.path("/documents"))
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]
