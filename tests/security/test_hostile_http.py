"""Requests that no honest client makes, byte by byte: refused with a problem or the line cut, and others are served on."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from terresante_dev.story import Stage

from .lines import said, whole

pytestmark = pytest.mark.timeout(120)
HOST = b"host: localhost\r\n"
HOSTILE: dict[str, bytes] = {
    "5,000 headers": b"GET /v1/me HTTP/1.1\r\n" + HOST + b"".join(b"x-%d: y\r\n" % n for n in range(5_000)) + b"\r\n",
    "65 headers": b"GET /v1/me HTTP/1.1\r\n" + HOST + b"".join(b"x-%d: y\r\n" % n for n in range(64)) + b"\r\n",
    "a header of 200 kB": b"GET /v1/me HTTP/1.1\r\n" + HOST + b"x: " + b"a" * 200_000 + b"\r\n\r\n",
    "a header name of 200 kB": b"GET /v1/me HTTP/1.1\r\n" + HOST + b"a" * 200_000 + b": x\r\n\r\n",
    "a header without end": b"GET /v1/me HTTP/1.1\r\n" + HOST + b"x: " + b"a" * 2_000_000,
    "an address of 200 kB": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "no colon": b"GET /v1/me HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n",
    "a space before the colon": b"GET /v1/me HTTP/1.1\r\n" + HOST + b"content-length : 5\r\n\r\n",
    "a folded header": b"GET /v1/me HTTP/1.1\r\n" + HOST + b"x: a\r\n b\r\n\r\n",
    "a NUL in a header": b"GET /v1/me HTTP/1.1\r\n" + HOST + b"x: a\x00b\r\n\r\n",
    "a bare carriage return": b"GET /v1/me HTTP/1.1\r\n" + HOST + b"x: a\rb: c\r\n\r\n",
    "two lengths": b"POST /v1/patients HTTP/1.1\r\n" + HOST + b"content-length: 5\r\ncontent-length: 6\r\n\r\n12345",
    "length and chunks": b"POST /v1/patients HTTP/1.1\r\n" + HOST
    + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": b"POST /v1/patients HTTP/1.1\r\n" + HOST + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "hidden chunks": b"POST /v1/patients HTTP/1.1\r\n" + HOST + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /v1/patients HTTP/1.1\r\n" + HOST + b"content-length: -1\r\n\r\n",
    "a length of 30 digits": b"POST /v1/patients HTTP/1.1\r\n" + HOST + b"content-length: " + b"9" * 30 + b"\r\n\r\n",
    "a length with a plus": b"POST /v1/patients HTTP/1.1\r\n" + HOST + b"content-length: +5\r\n\r\n12345",
    "a chunk that is no number": b"POST /v1/patients HTTP/1.1\r\n" + HOST + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/2 by force": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9": b"GET /v1/me HTTP/9.9\r\n" + HOST + b"\r\n",
    "HTTP/0.9": b"GET /v1/me\r\n\r\n",
    "a foreign address": b"GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nhost: 169.254.169.254\r\n\r\n",
    "a tunnel": b"CONNECT localhost:5432 HTTP/1.1\r\nhost: localhost:5432\r\n\r\n",
    "a WebSocket": b"GET /v1/me HTTP/1.1\r\n" + HOST + b"upgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "HTTP/2 by upgrade": b"GET /v1/me HTTP/1.1\r\n" + HOST
    + b"upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n",
    "TLS inside TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    "nonsense": b"\x00\x01\x02\x03 nonsense\r\n\r\n",
    "blank lines": b"\r\n" * 50_000,
}  # fmt: skip


@pytest.mark.parametrize("which", sorted(HOSTILE))
def test_a_hostile_request_gets_a_problem_or_the_line_cut(told: Stage, which: str) -> None:
    status, headers, body = whole(said(told.stack, HOSTILE[which]))
    assert status == 0 or 400 <= status < 500, status
    if status:
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body)["todo"]
    assert told.who("gp").get("/v1/me").status == 200


def test_one_request_behind_another_is_answered_in_its_own_name_only(told: Stage) -> None:
    """A smuggled second request gets an answer of its own, and not with the first one's token."""
    token = told.who("gp").token.encode()
    first = b"GET /v1/me HTTP/1.1\r\n" + HOST + b"authorization: Bearer " + token + b"\r\n\r\n"
    second = b"GET /v1/me HTTP/1.1\r\n" + HOST + b"connection: close\r\n\r\n"
    got = said(told.stack, first + second)
    status, _, body = whole(got)
    assert status == 200 and told.who("gp").uid.encode() in body
    rest = got.split(body, 1)[1]
    assert not rest or whole(rest)[0] == 401


def test_headers_that_come_drop_by_drop_do_not_keep_others_waiting(told: Stage) -> None:
    """Forty connections that never finish their headers, and honest requests beside them."""
    gp = told.who("gp")
    beginning = b"GET /v1/me HTTP/1.1\r\n" + HOST + b"x: "

    with ThreadPoolExecutor(40) as slow:
        held = [slow.submit(said, told.stack, beginning, 15.0) for _ in range(40)]
        took: list[float] = []
        while len(took) < 20:
            began = time.monotonic()
            assert gp.get("/v1/me").status == 200
            took.append(time.monotonic() - began)
        answers = [whole(one.result())[0] for one in held]
    assert max(took) < 5.0  # those who waited for the others would wait for ten seconds
    assert set(answers) <= {0, 408}
    assert 408 in answers
