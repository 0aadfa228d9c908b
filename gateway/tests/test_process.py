"""The gateway as a process of its own: settings, keys over HTTPS, logs, and a stop that lets requests end."""

import asyncio
import json
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest_asyncio
from terresante.records.v1 import records_service_pb2 as records
from terresante_gateway import peers, server
from terresante_platform.rpc import server as rpc
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.issuer import Issuer, verifier_of

from .servicers import Services
from .things import DOCUMENT, PATIENT, RECORD, THING

READY_SECONDS = 15


class Process:
    """A running gateway."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, issuer: Issuer, trust: str) -> None:
        self.process = process
        self.port = port
        self.issuer = issuer
        self.trust = trust
        self.logged: list[str] = []

    def client(self) -> httpx2.AsyncClient:
        """A client with a professional's token."""
        token = self.issuer.token("professional", uuid4())
        return httpx2.AsyncClient(
            base_url=f"https://localhost:{self.port}",
            verify=ssl.create_default_context(cafile=self.trust),
            headers={"authorization": f"Bearer {token}"},
            timeout=15,
        )

    async def read(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Reads its log up to a line that is wanted."""
        assert self.process.stdout is not None
        async with asyncio.timeout(READY_SECONDS):
            while line := await self.process.stdout.readline():
                self.logged.append(line.decode())
                found: dict[str, Any] = json.loads(line)
                if wanted(found):
                    return found
        raise LookupError("".join(self.logged))


@asynccontextmanager
async def keys_of(certificates: Authority) -> AsyncIterator[Issuer]:
    """An issuer whose discovery page and keys are served over HTTPS."""
    issuer = Issuer("", ["professional", "administrator"])

    async def page(scope: Any, _: Any, send: Any) -> None:
        body = json.dumps(await issuer.fetch(scope["path"])).encode()
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    who = certificates.identity("login")
    async with server.serving(page, "127.0.0.1:0", who, server.Limits(), 0.1) as port:
        issuer.url = f"https://localhost:{port}"
        yield issuer


@pytest_asyncio.fixture
async def started(certificates: Authority, services: Services, tmp_path: Path) -> AsyncIterator[Process]:
    """A gateway process in front of the records service alone; the others are down."""
    (tmp_path / "cursor.key").write_bytes(os.urandom(48))
    gateway = certificates.identity("gateway")
    async with keys_of(certificates) as issuer:
        serving = rpc.serving(
            "127.0.0.1:0",
            certificates.identity("records"),
            verifier_of("records", issuer),
            services.registrations("records"),
            1.0,
        )
        async with serving as records_port:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "terresante_gateway",
                env=environment(gateway, issuer, tmp_path, records_port),
                stdout=asyncio.subprocess.PIPE,
            )
            running = Process(process, 0, issuer, str(gateway.authority))
            try:
                running.port = (await running.read(lambda line: line["event"] == "serving"))["port"]
                yield running
            finally:
                if process.returncode is None:
                    process.kill()
                await process.wait()


def environment(gateway: Any, issuer: Issuer, folder: Path, records_port: int) -> dict[str, str]:
    """The settings of the process."""
    given = {
        "LISTEN": "127.0.0.1:0",
        "TLS_CERT_FILE": str(gateway.certificate),
        "TLS_KEY_FILE": str(gateway.key),
        "TLS_CA_FILE": str(gateway.authority),
        "ISSUERS": json.dumps({issuer.url: issuer.kinds}),
        "ISSUERS_CA_FILE": str(gateway.authority),
        "CURSOR_KEY_FILE": str(folder / "cursor.key"),
        "PUBLIC_URL": "https://api.test",
        **{f"{name.upper()}_ADDRESS": "ipv4:127.0.0.1:1" for name in peers.NAMES},
        "RECORDS_ADDRESS": f"ipv4:127.0.0.1:{records_port}",
    }
    return os.environ | {f"TERRESANTE_GATEWAY_{name}": value for name, value in given.items()}


async def test_it_serves_and_logs_a_fault_without_a_word_of_it(started: Process, services: Services) -> None:
    impossible = records.Document()
    impossible.CopyFrom(DOCUMENT)
    impossible.title, impossible.dated.seconds = "Bilan de Mme Durand", 10**14
    async with started.client() as client:
        services.answer("records.GetDocument", records.GetDocumentResponse(document=DOCUMENT))
        read = await client.get(f"{RECORD}/documents/{THING}")
        services.answer("records.GetDocument", records.GetDocumentResponse(document=impossible))
        failed = await client.get(f"{RECORD}/documents/{THING}")

    line = await started.read(lambda line: line["event"] == "fault")

    assert (read.status_code, read.json()["title"]) == (200, "Bilan de suivi")
    assert failed.status_code == 500
    assert line["trace_id"] == failed.json()["trace_id"]
    assert line["route"] == "GET /v1/patients/{patient}/documents/{document}"
    everything = "".join(started.logged)
    assert "Durand" not in everything and PATIENT not in everything and "Bearer" not in everything


async def test_a_service_that_is_down_is_503_and_the_others_work(started: Process, services: Services) -> None:
    services.answer("records.GetDocument", records.GetDocumentResponse(document=DOCUMENT))
    async with started.client() as client:
        down = await client.get("/v1/territories")
        up = await client.get(f"{RECORD}/documents/{THING}")

    assert (down.status_code, down.json()["reason"]) == (503, "DIRECTORY_UNAVAILABLE")
    assert up.status_code == 200


async def test_a_service_that_speaks_something_else_brings_no_line_that_is_not_ours(
    certificates: Authority, tmp_path: Path
) -> None:
    """gRPC's C library would tell of the broken handshake on standard error, in its own form."""
    asked = asyncio.Event()

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        writer.write(b"no TLS at all\r\n" * 20)
        writer.close()

    (tmp_path / "cursor.key").write_bytes(os.urandom(48))
    stranger = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with stranger, keys_of(certificates) as issuer:
        gateway = certificates.identity("gateway")
        given = environment(gateway, issuer, tmp_path, stranger.sockets[0].getsockname()[1])
        given.pop("GRPC_VERBOSITY", None)  # the tests' own process has it from the platform
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "terresante_gateway",
            env=given,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        running = Process(process, 0, issuer, str(gateway.authority))
        running.port = (await running.read(lambda line: line["event"] == "serving"))["port"]
        async with running.client() as client:
            answer = await client.get(f"{RECORD}/documents/{THING}")
        process.terminate()
        more, errors = await asyncio.wait_for(process.communicate(), 15)

    assert asked.is_set() and (answer.status_code, answer.json()["reason"]) == (503, "RECORDS_UNAVAILABLE")
    assert errors == b""
    assert [json.loads(line)["event"] for line in more.splitlines()]


async def test_a_stop_lets_the_request_in_flight_end(started: Process, services: Services) -> None:
    asked, release = asyncio.Event(), asyncio.Event()

    async def slow(_: Any) -> Any:
        asked.set()
        await release.wait()
        return records.GetDocumentResponse(document=DOCUMENT)

    services.answer("records.GetDocument", slow)
    async with started.client() as client:
        reading = asyncio.create_task(client.get(f"{RECORD}/documents/{THING}"))
        await asyncio.wait_for(asked.wait(), 5)
        started.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            while await _accepts(started.port):
                await asyncio.sleep(0.02)
        release.set()
        answer = await reading

    assert answer.status_code == 200
    assert await asyncio.wait_for(started.process.wait(), 5) == 0


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    return True


async def test_an_unknown_setting_stops_the_start(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "terresante_gateway",
        env=os.environ | {"TERRESANTE_GATEWAY_SURPRISE": "secret-value"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), 30)

    assert process.returncode == 1
    assert b"TERRESANTE_GATEWAY_SURPRISE" in said and b"secret-value" not in said
