"""The generator must not flatter: whoever waits behind a stall is counted with the whole wait."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from terresante_dev import pki

from bench.load.generator import Load
from bench.load.http1 import Https
from bench.load.plan import Outcome, Plan, Request, Target


class Server:
    """Answers at once, or after a stall that holds up everybody; counts its connections."""

    def __init__(self, stall_at: int = -1, stall: float = 0.0, status: str = "200 OK", silent: bool = False) -> None:
        self.connections = 0
        self._asked = 0
        self._stall_at, self._stall = stall_at, stall
        self._answer = b"" if silent else f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nhi".encode()
        self._open = asyncio.Lock()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                async with self._open:
                    self._asked += 1
                    if self._asked == self._stall_at:
                        await asyncio.sleep(self._stall)
                writer.write(self._answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def loading(server: Server, folder: Path, plan: Plan) -> AsyncIterator[Load]:
    authority = pki.internal_ca(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*pki.service_certificate(folder, "gateway"))
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    target = Target("https", f"localhost:{listening.sockets[0].getsockname()[1]}", str(authority))
    sending = Https(target, [Request("/")], plan.connections)
    try:
        await sending.open()
        yield Load(sending, plan, 0)
    finally:
        await sending.close()
        listening.close()


async def test_a_stall_is_charged_to_every_request_that_was_due_meanwhile(tmp_path: Path) -> None:
    plan = Plan(count=200, rate=400, connections=4)

    async with loading(Server(stall_at=50, stall=0.2), tmp_path, plan) as load:
        outcome = await load.run()

    waited = [latency for latency in outcome.latencies if latency > 0.05]
    assert len(waited) > 40, "0.2 s at 400 a second is 80 requests, half of which waited longer than 0.1 s"
    assert outcome.percentile(0.99) > 0.15


async def test_arrivals_are_the_same_in_every_run_and_have_the_rate_asked_for() -> None:
    plan = Plan(count=2000, rate=200)

    assert plan.due() == Plan(count=2000, rate=200).due()
    assert 9 < plan.due()[-1] < 11


async def test_connections_are_kept(tmp_path: Path) -> None:
    server = Server()

    async with loading(server, tmp_path, Plan(count=100, in_flight=4, connections=4)) as load:
        outcome = await load.run()

    assert outcome.outcomes == {"200": 100}
    assert server.connections == 4


async def test_an_answer_that_is_no_success_is_told_and_spoils_the_percentile(tmp_path: Path) -> None:
    async with loading(Server(status="503 Unavailable"), tmp_path, Plan(count=10, rate=100)) as load:
        outcome = await load.run()

    assert outcome.outcomes == {"503": 10}
    assert outcome.percentile(0.5) == float("inf")


async def test_a_server_that_never_answers_ends_the_load_all_the_same(tmp_path: Path) -> None:
    plan = Plan(count=5, rate=100, limit_seconds=0.2)

    async with loading(Server(silent=True), tmp_path, plan) as load:
        outcome = await load.run()

    assert outcome.outcomes == {"TimeoutError": 5}


def test_percentiles_are_of_all_requests_not_only_of_those_that_went_well() -> None:
    outcome = Outcome([0.001 * each for each in range(1, 91)], [], {"200": 90, "503": 10}, b"", 1.0, 0.0)

    assert outcome.percentile(0.5) == 0.05
    assert outcome.percentile(0.9) == 0.09
    assert outcome.percentile(0.91) == float("inf")
