"""A receiver of webhooks, for portal developers to begin with: `python -m terresante_dev.webhook_receiver PORT SECRET`.

It does what every receiver must: believe nothing that is not signed, nothing that is old, and nothing twice. What it
believes it prints, one line each. Only Python's standard library is used; the rules are those of Standard Webhooks.

On one machine: `make up`, with TERRESANTE_MESSAGING_WEBHOOK_NETWORKS=["127.0.0.0/8"], then register
http://127.0.0.1:PORT/ as a webhook. In production a receiver stands behind https.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

LARGEST = 64 * 1024  # bytes of a body
TOLERANCE = 300  # seconds between the two clocks, and on the way
REMEMBERED = 100_000  # ids; a real receiver keeps them in its database for 14 days, with what it made of them


class NotBelieved(Exception):
    """It was not sent by the platform, or not now, or is no event."""


class Verifier:
    """Knows what the platform sent. `secrets`: the present one, and for the day after a change the former one."""

    def __init__(self, secrets: Sequence[str], now: Callable[[], float] = time.time) -> None:
        self._keys = [base64.b64decode(secret.removeprefix("whsec_"), validate=True) for secret in secrets]
        self._now = now

    def event(self, headers: Mapping[str, str], body: bytes) -> dict[str, object]:
        """The event that a request bears. Raises NotBelieved."""
        id, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        said = f"{id}.{moment}.".encode() + body
        if not id or not self._signed(said, headers.get("webhook-signature", "")):
            raise NotBelieved("signature")
        if not moment.isdecimal() or abs(self._now() - int(moment)) > TOLERANCE:
            raise NotBelieved("age")
        event = json.loads(body)
        if not isinstance(event, dict):
            raise NotBelieved("body")
        return event

    def _signed(self, said: bytes, signatures: str) -> bool:
        """Whether one of the signatures (`v1,base64`, with blanks between) is by one of the secrets."""
        wanted = [hmac.digest(key, said, "sha256") for key in self._keys]
        found = False
        for one in signatures.split():
            version, _, encoded = one.partition(",")
            given = _decoded(encoded) if version == "v1" else b""
            found |= any(hmac.compare_digest(given, signature) for signature in wanted)
        return found


class Known:
    """Ids of what was acted upon: each once, though it may come twice, and two may come at the same time."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def once(self, id: str, act: Callable[[], None]) -> None:
        """Acts the first time. What failed is not known: it comes again. In a database this is one transaction."""
        with self._lock:
            if id in self._ids:
                return
            act()
            self._ids[id] = None
            if len(self._ids) > REMEMBERED:
                self._ids.popitem(last=False)


def receiver(
    port: int, verifier: Verifier, act: Callable[[dict[str, object]], None], host: str = "127.0.0.1"
) -> ThreadingHTTPServer:
    """A server that acts on each event once. It answers at once: what takes time is done afterwards, elsewhere."""
    known = Known()

    class Receiving(BaseHTTPRequestHandler):
        """One request."""

        timeout = 10

        def do_POST(self) -> None:
            """204 for what is believed, also if it came before; 401 else, which the platform takes as a failure."""
            told = self.headers.get("content-length", "")
            size = int(told) if told.isdecimal() and len(told) < 9 else 0
            if not 0 < size <= LARGEST:
                self._answer(413)
                return
            body = self.rfile.read(size)
            try:
                event = verifier.event({name.lower(): value for name, value in self.headers.items()}, body)
            except NotBelieved:
                self._answer(401)
                return
            known.once(self.headers["webhook-id"], lambda: act(event))
            self._answer(204)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("content-length", "0")
            self.send_header("connection", "close")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing: addresses and ids do not belong in logs."""

    return ThreadingHTTPServer((host, port), Receiving)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def main(port: str, *secrets: str) -> None:
    """Serves until interrupted."""
    with receiver(int(port), Verifier(secrets), lambda event: print(json.dumps(event), flush=True)) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
