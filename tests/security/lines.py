"""Bytes sent to the gateway as they are, over TLS: for requests that no honest client would make."""

import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

Whole = tuple[int, dict[str, str], bytes]


def said(stack: Mapping[str, Any], data: bytes, seconds: float = 15.0) -> bytes:
    """Sends the bytes, and gives all that came back until a whole answer was there or the line was cut."""
    address = urlsplit(stack["gateway"]["url"])
    trust = ssl.create_default_context(cafile=stack["ca"]["gateway"])
    got = b""
    with (
        socket.create_connection((address.hostname, address.port), seconds) as plain,
        trust.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        line.settimeout(seconds)
        try:
            line.sendall(data)
            while not _complete(got):
                piece = line.recv(65_536)
                if not piece:
                    break
                got += piece
        except (ConnectionError, ssl.SSLError):
            pass
    return got


def _complete(got: bytes) -> bool:
    head, found, body = got.partition(b"\r\n\r\n")
    if not found:
        return False
    return len(body) >= int(_headers(head).get("content-length", 0))


def _headers(head: bytes) -> dict[str, str]:
    pairs = [line.decode("latin-1").partition(":") for line in head.split(b"\r\n")[1:]]
    return {name.lower(): value.strip() for name, _, value in pairs}


def whole(got: bytes) -> Whole:
    """Status, headers and body of the first answer; status 0 if the line was cut without one."""
    if not got:
        return 0, {}, b""
    head, _, rest = got.partition(b"\r\n\r\n")
    headers = _headers(head)
    return int(head.split(b" ", 2)[1]), headers, rest[: int(headers.get("content-length", 0))]
