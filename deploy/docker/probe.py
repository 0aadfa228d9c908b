"""Asks a service of this pod over mutual TLS whether it serves: `probe.py SERVICE PORT [--alive]`.

Standard library only: kubelet's gRPC probe speaks no TLS, and importing grpc for each probe would cost half a second;
so this says just enough HTTP/2 by itself (RFC 9113, RFC 7541; the answer is that of grpc.health.v1.Health/Check). Ends
with 0 if the service is SERVING; with --alive, if it answers anything at all: a service that leaves is alive.
"""

import os
import socket
import ssl
import struct
import sys

TLS = os.environ.get("TERRESANTE_PROBE_TLS", "/run/terresante/tls")
SECONDS = 4.0
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1
SERVING = b"\x00\x00\x00\x00\x02\x08\x01"
"""A gRPC message of two bytes: field 1, value 1."""


def main() -> int:
    """0 or 1; a line on standard error says why not."""
    service, port, alive = sys.argv[1], int(sys.argv[2]), "--alive" in sys.argv
    try:
        answer = asked(service, port)
    except (OSError, EOFError) as fault:
        sys.stderr.write(f"no answer: {type(fault).__name__}\n")
        return 1
    if alive or answer == SERVING:
        return 0
    sys.stderr.write("it answers, but does not serve\n")
    return 1


def asked(service: str, port: int) -> bytes:
    """The bytes of the answer's message; blank if it is an error. Raises OSError, EOFError."""
    trust = ssl.create_default_context(cafile=f"{TLS}/ca.crt")
    trust.load_cert_chain(f"{TLS}/tls.crt", f"{TLS}/tls.key")
    trust.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", port), SECONDS) as bare,
        trust.wrap_socket(bare, server_hostname=f"{service}.svc") as line,
    ):
        line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, b"") + request(service))
        return answered(line)


def request(service: str) -> bytes:
    """One call of Health/Check, with an empty message: the server as a whole."""
    fields = (
        (":method", "POST"),
        (":scheme", "https"),
        (":path", "/grpc.health.v1.Health/Check"),
        (":authority", f"{service}.svc"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    )
    head = b"".join(b"\x00" + text(name) + text(value) for name, value in fields)  # literal, not indexed
    return frame(HEADERS, END_HEADERS, 1, head) + frame(DATA, END_STREAM, 1, b"\x00" * 5)


def text(value: str) -> bytes:
    """A string literal of HPACK, not Huffman-coded, shorter than 127 bytes."""
    return bytes([len(value)]) + value.encode()


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """A frame of HTTP/2."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def answered(line: ssl.SSLSocket) -> bytes:
    """Reads until the call is over."""
    message = b""
    while True:
        head = exactly(line, 9)
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        payload = exactly(line, length)
        if kind == SETTINGS and not flags & ACK:
            line.sendall(frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            line.sendall(frame(PING, ACK, 0, payload))
        elif kind == DATA:
            message += payload
        if kind in (RST_STREAM, GOAWAY) or (kind in (DATA, HEADERS) and flags & END_STREAM):
            return message


def exactly(line: ssl.SSLSocket, length: int) -> bytes:
    """That many bytes. Raises EOFError."""
    got = b""
    while len(got) < length:
        piece = line.recv(length - len(got))
        if not piece:
            raise EOFError
        got += piece
    return got


if __name__ == "__main__":
    sys.exit(main())
