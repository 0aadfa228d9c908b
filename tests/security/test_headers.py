"""What travels with every answer of the running gateway, and the TLS it speaks: each header on each kind of answer."""

import re
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from terresante_dev.portal import Answer
from terresante_dev.settings_of import PORTAL
from terresante_dev.story import Stage

from .lines import said, whole

pytestmark = pytest.mark.timeout(120)
ANSWERS: dict[str, Callable[[Stage], Answer]] = {
    "data": lambda told: told.who("gp").get(told.path("/documents")),
    "bytes": lambda told: told.who("gp").get(told.path(f"/documents/{told.made['document']}/content")),
    "a created thing": lambda told: told.who("gp").post(told.path("/notes"), {"text": "Relue."}),
    "no content": lambda told: told.gateway.call("OPTIONS", "/v1/me", **preflight(PORTAL)),
    "no login": lambda told: told.gateway.call("GET", "/v1/me"),
    "a refusal": lambda told: told.who("admin").get(told.path("/documents")),
    "bad input": lambda told: told.who("gp").post(told.path("/notes"), {"x": 1}),
    "no such path": lambda told: told.gateway.call("GET", "/nothing"),
    "no such method": lambda told: told.gateway.call("PATCH", "/v1/me"),
    "no such document": lambda told: told.who("gp").get(told.path(f"/documents/{told.made['note_id']}")),
    "the page": lambda told: told.gateway.call("GET", "/docs"),
    "FHIR": lambda told: told.gateway.call("GET", "/fhir/R4/metadata"),
    "its style": lambda told: told.gateway.call("GET", "/docs/style.css"),
    "the description": lambda told: told.gateway.call("GET", "/openapi.json"),
    "health": lambda told: told.gateway.call("GET", "/health"),
}
"""One of each way in which the gateway answers."""
EXPECTED = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
"""Exact: a header that says less is another header."""


def preflight(origin: str) -> dict[str, str]:
    return {"origin": origin, "access_control_request_method": "GET", "access_control_request_headers": "authorization"}


def directives(answer: Mapping[str, str]) -> dict[str, str]:
    """The content security policy."""
    parts = [part.strip().partition(" ") for part in answer["content-security-policy"].split(";")]
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize("which", sorted(ANSWERS))
def test_every_kind_of_answer_carries_every_header_that_protects_it(told: Stage, which: str) -> None:
    answer = ANSWERS[which](told)
    for name, value in EXPECTED.items():
        assert answer.headers[name] == value
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0\d", answer.headers["traceresponse"])
    if answer.status != 204:
        assert answer.headers["content-type"]
        assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize("which", sorted(ANSWERS))
def test_no_answer_tells_what_serves_it_or_sets_a_cookie(told: Stage, which: str) -> None:
    answer = ANSWERS[which](told)
    assert not {"server", "x-powered-by", "via", "set-cookie"} & answer.headers.keys()
    assert "uvicorn" not in str(answer.headers).lower() and "python" not in str(answer.headers).lower()


@pytest.mark.parametrize("which", sorted(ANSWERS))
def test_text_says_its_encoding_and_json_is_not_called_html(told: Stage, which: str) -> None:
    answer = ANSWERS[which](told)
    kind = answer.headers.get("content-type", "")
    if kind.startswith("text/"):
        assert kind.endswith("; charset=utf-8")
        assert answer.content.decode("utf-8")
    if which == "the page":
        assert kind.startswith("text/html")
    elif which != "its style" and answer.status != 204:
        assert kind in ("application/json", "application/problem+json", "application/fhir+json", "application/pdf")


def test_a_request_refused_before_the_application_carries_them_too(told: Stage) -> None:
    """The head of the answer to a flood of headers is written by the server itself."""
    data = b"GET /v1/me HTTP/1.1\r\nhost: localhost\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(500)) + b"\r\n"
    status, headers, body = whole(said(told.stack, data))
    assert status == 431
    assert b"HEADERS_TOO_LARGE" in body
    for name, value in EXPECTED.items():
        assert headers[name] == value
    assert "server" not in headers


class _Seen(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes it."""
        self.tags.append((tag, dict(attrs)))


def test_the_page_needs_nothing_that_its_policy_forbids(told: Stage) -> None:
    answer = told.gateway.call("GET", "/docs")
    policy = directives(answer.headers)
    assert policy["style-src"] == "'self'" and "script-src" not in policy
    seen = _Seen()
    seen.feed(answer.content.decode())
    assert len(seen.tags) > 1_000
    for tag, attributes in seen.tags:
        assert tag not in ("script", "style", "iframe", "object", "embed", "form", "base", "img")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src"):
            target = attributes.get(name) or "/"
            assert target.startswith(("/", "#")) and not target.startswith("//")


def test_what_people_wrote_is_given_as_a_download_of_its_own_type(told: Stage) -> None:
    read = told.who("gp").get(told.path(f"/documents/{told.made['document']}/content"))
    assert read.headers["content-type"] == "application/pdf"
    assert read.headers["content-disposition"] == f'attachment; filename="{told.made["document"]}.pdf"'
    assert int(read.headers["content-length"]) == len(read.content)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"{PORTAL}.evil.example", PORTAL.replace("http:", "https:"), "*", ""]
)
def test_an_origin_that_is_no_portal_of_ours_may_read_nothing(told: Stage, origin: str) -> None:
    for answer in (
        told.gateway.call("OPTIONS", "/v1/me", **preflight(origin)),
        told.who("gp").get("/v1/me", origin=origin),
        told.gateway.call("GET", "/v1/me", origin=origin),
    ):
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers["vary"]


def test_the_portals_own_origin_may_read_and_sends_no_cookie(told: Stage) -> None:
    for answer in (
        told.gateway.call("OPTIONS", "/v1/me", **preflight(PORTAL)),
        told.who("gp").get("/v1/me", origin=PORTAL),
        told.gateway.call("GET", "/v1/me", origin=PORTAL),
    ):
        assert answer.headers["access-control-allow-origin"] == PORTAL
        assert "access-control-allow-credentials" not in answer.headers


def test_a_preflight_allows_the_methods_of_the_path_and_no_more(told: Stage) -> None:
    answer = told.gateway.call("OPTIONS", told.path("/documents"), **preflight(PORTAL))
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    assert "*" not in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "TRACK", "get", "BREW"])
def test_methods_that_no_operation_has_are_refused(told: Stage, method: str) -> None:
    line = said(told.stack, f"{method} /v1/me HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    assert whole(line)[0] in (400, 405)


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/.env",
        "/redoc",
        "/metrics",
        "/debug",
        "/admin",
        "/docs/../.env",
        "/",
        "/v1",
        "/v1/",
        "/docs/",
        "/v1/me/x.css",
        "/v1/me.css",
        "/docs/style.css/x",
    ],
)
def test_nothing_but_the_api_is_served(told: Stage, path: str) -> None:
    assert told.gateway.call("GET", path).status == 404


def _speaks(told: Stage, least: ssl.TLSVersion, most: ssl.TLSVersion, ciphers: str = "") -> str | None:
    """The version that was agreed on; None if none was."""
    context = ssl.create_default_context(cafile=told.stack["ca"]["gateway"])
    context.set_ciphers(f"{ciphers or 'ALL'}:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = least, most
    address = urlsplit(told.stack["gateway"]["url"])
    with socket.create_connection((address.hostname, address.port), 10) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="localhost") as line:
                return line.version()
        except (ssl.SSLError, ConnectionError):
            return None


def test_tls_1_2_and_1_3_are_spoken_and_nothing_older(told: Stage) -> None:
    v = ssl.TLSVersion
    assert _speaks(told, v.TLSv1_2, v.TLSv1_2) == "TLSv1.2"
    assert _speaks(told, v.TLSv1_2, v.TLSv1_3) == "TLSv1.3"
    with pytest.warns(DeprecationWarning):
        assert _speaks(told, v.TLSv1, v.TLSv1) is None
        assert _speaks(told, v.TLSv1_1, v.TLSv1_1) is None


def test_of_all_ciphers_of_tls_1_2_those_with_forward_secrecy_and_authenticated_encryption_are_taken(
    told: Stage,
) -> None:
    offered = ssl.create_default_context()
    offered.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    names = [one["name"] for one in offered.get_ciphers() if one["protocol"] != "TLSv1.3"]
    version = ssl.TLSVersion.TLSv1_2
    taken = {name for name in names if _speaks(told, version, version, name)}
    assert len(names) > 40
    assert taken
    assert not [
        name for name in taken if not re.fullmatch(r"ECDHE-(ECDSA|RSA)-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)", name)
    ]


def test_http_2_is_not_agreed_on(told: Stage) -> None:
    context = ssl.create_default_context(cafile=told.stack["ca"]["gateway"])
    context.set_alpn_protocols(["h2", "http/1.1"])
    address = urlsplit(told.stack["gateway"]["url"])
    with (
        socket.create_connection((address.hostname, address.port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        assert line.selected_alpn_protocol() == "http/1.1"


def test_http_without_tls_gets_no_answer_that_could_be_taken_for_one(told: Stage) -> None:
    address = urlsplit(told.stack["gateway"]["url"])
    with socket.create_connection((address.hostname, address.port), 10) as plain:
        plain.sendall(b"GET /v1/me HTTP/1.1\r\nhost: localhost\r\n\r\n")
        with suppress(ConnectionError):
            assert not plain.recv(100).startswith(b"HTTP/")


def test_a_client_that_knows_another_authority_does_not_accept_the_gateway(told: Stage) -> None:
    address = urlsplit(told.stack["gateway"]["url"])
    cards = Path(told.stack["certificates"], "cards", "authorities.pem")
    context = ssl.create_default_context(cafile=cards)
    with socket.create_connection((address.hostname, address.port), 10) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname="localhost")


@pytest.mark.parametrize("service", ["identity", "consent", "records", "messaging", "directory"])
def test_between_services_tls_is_1_2_at_least_too(told: Stage, service: str) -> None:
    addresses: str = told.stack["services"][service]
    host, port = addresses.removeprefix("ipv4:").split(",")[0].split(":")
    context = ssl.create_default_context(cafile=told.stack["ca"]["internal"])
    context.check_hostname = False
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection((host, int(port)), 10) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(plain)
