"""What is measured: a stack of its own with two replicas of everything, its people, and calls in their name.

Keycloak is not in it: a page in its place tells the key of the bench's own issuer, so that a thousand
people are logged in at once. Everything else is the stack's: mutual TLS, real tokens, consent, NATS, forced commits.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from grpc import aio
from terresante_dev import running
from terresante_dev import stack as stacks
from terresante_dev.pki import internal
from terresante_platform.testing.issuer import Issuer
from terresante_platform.testing.postgres import free_port
from terresante_platform.tls import Identity

from bench import stack as measured

NAME = "bench-messaging"
PARTS = frozenset({"postgres", "nats", "sink", "directory", "consent", "messaging"})
WITH_GATEWAY = PARTS | {"identity", "records", "gateway"}
HOURS = 6
"""How long a login of the bench lasts."""


@dataclass(frozen=True)
class Ground:
    """One running stack."""

    told: dict[str, Any]
    issuers: Mapping[str, Issuer]

    @property
    def folder(self) -> Path:
        return Path(self.told["folder"])

    @property
    def parts(self) -> dict[str, int]:
        """Process ids by part."""
        return measured.processes(self.told)

    def url(self, service: str) -> str:
        """Of its database, as its owner."""
        found: str = self.told["databases"][service]["owner_url"]
        return found

    def token(self, kind: str, uid: UUID) -> str:
        issuer = self.issuers["patient" if kind == "patient" else "pro"]
        return issuer.token(kind, uid, 2, exp=int(time.time()) + 3600 * HOURS)

    def calling(self, who: UUID, kind: str = "professional") -> list[tuple[str, str]]:
        """Metadata of a call in their name."""
        return [("authorization", f"Bearer {self.token(kind, who)}")]

    def channel(self, part: str) -> aio.Channel:
        """To one process, as the gateway opens it: `messaging` or `messaging-2`."""
        service = part.partition("-")[0]
        pki = self.folder / "pki"
        who = Identity(pki / "gateway.pem", pki / "gateway.key", pki / "ca.pem")
        port = json.loads((self.folder / "ports.json").read_text())[part]
        options = (("grpc.ssl_target_name_override", f"{service}.svc"), ("grpc.use_local_subchannel_pool", 1))
        return aio.secure_channel(f"ipv4:127.0.0.1:{port}", who.channel_credentials(), options)

    async def rows(self, service: str, statement: str, *values: Any) -> Sequence[Any]:
        """What a statement finds in a service's database, as its owner."""
        connection = await asyncpg.connect(self.url(service))
        try:
            found: Sequence[Any] = await connection.fetch(statement, *values)
            return found
        finally:
            await connection.close()


@contextmanager
def standing(only: frozenset[str], replicas: int = 2) -> Iterator[Ground]:
    """The stack, ready; stopped at the end, its data kept in `.run/bench-messaging`."""
    os.environ |= {
        "TRACE_RATIO": measured.TRACE_RATIO,
        "LOG_LEVEL": "warning",
        "TERRESANTE_CONSENT_FACTS_MAX_AGE_SECONDS": "3600",
    }
    running.down(NAME)
    stack = stacks.opened(NAME, replicas)
    internal.internal_ca(stack.pki)
    internal.service_certificate(stack.pki, "keycloak")
    port = free_port()
    base = f"https://localhost:{port}/realms"
    kinds = {"pro": ["professional", "administrator", "system"], "patient": ["patient"]}
    issuers = {realm: Issuer(f"{base}/{realm}", kinds[realm]) for realm in kinds}
    told = json.dumps({issuer.url: issuer.kinds for issuer in issuers.values()})
    os.environ |= {f"TERRESANTE_{service.upper()}_ISSUERS": told for service in measured.PLATFORM}
    with _telling_keys(stack.pki, port, issuers):
        running.up(NAME, replicas, only)
        try:
            yield Ground(stacks.read(NAME), issuers)
        finally:
            running.down(NAME)


@contextmanager
def _telling_keys(pki: Path, port: int, issuers: Mapping[str, Issuer]) -> Iterator[None]:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            realm = self.path.split("/")[2]
            page = json.dumps(asyncio.run(issuers[realm].fetch(self.path))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Pages)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(pki / "keycloak.pem", pki / "keycloak.key")
    server.socket = trust.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
