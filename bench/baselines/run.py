"""Runs the three baselines: a bare gRPC echo, a bare FastAPI answer with its token verified, one row of PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast
from uuid import UUID, uuid4

import asyncpg
from joserfc import jwt
from joserfc.jwk import ECKey

from bench.baselines.echo_server import METHOD
from bench.figures import CLIENT, Report, Row
from bench.load.measure import ROOT, LoadFailed, measure
from bench.load.plan import Job, Plan, Request, Target

OPEN = Plan(count=800, rate=200)
FULL = Plan(count=8000, in_flight=16)
ROWS = 50_000
ECHO = "baseline: grpc.aio echo, mutual TLS"
ANSWER = "baseline: FastAPI answer, ES256 verified"
ASYNCPG = "baseline: indexed PostgreSQL read, asyncpg"
CORE = "baseline: indexed PostgreSQL read, SQLAlchemy Core"


def run(report: Report, told: dict[str, Any]) -> None:
    """`told`: the stack.json of a stack whose PostgreSQL runs and whose certificates are used."""
    _echo(report, Path(told["certificates"]))
    _token(report, Path(told["certificates"]))
    _postgres(report, told)


def floor(report: Report) -> float | None:
    """CPU ms that a guarded read's building blocks cost when they do nothing else, at full load: one HTTPS answer with
    its token verified, two gRPC calls (server and client), three statements. None without the baselines.
    """
    full = {row.what: row for row in report.rows if row.measured.job.plan.in_flight}
    if not {ECHO, ANSWER, ASYNCPG} <= full.keys():
        return None
    echo = full[ECHO]
    client = 1000 * echo.measured.outcome.cpu / echo.measured.job.plan.count
    return full[ANSWER].cpu + 2 * (echo.cpu + client) + 3 * full[ASYNCPG].cpu


def _echo(report: Report, pki: Path) -> None:
    authority, certificate, key = (str(pki / name) for name in ("ca.pem", "gateway.pem", "gateway.key"))
    with _server("bench.baselines.echo_server", authority, certificate, key) as (pid, port):
        target = Target("grpc", f"ipv4:127.0.0.1:{port}", authority, certificate, key, "gateway.svc")
        _both(report, ECHO, target, [Request(METHOD, body=b"x" * 200)], {"echo": pid})


def _token(report: Report, pki: Path) -> None:
    key = ECKey.generate_key("P-256", {"use": "sig"})
    public = json.dumps(key.as_dict(private=False))
    with _server("bench.baselines.token_server", *(str(pki / f"gateway.{end}") for end in ("pem", "key")), public) as (
        pid,
        port,
    ):
        request = Request(f"/things/{uuid4()}", headers={"Authorization": f"Bearer {_signed(key)}"})
        target = Target("https", f"localhost:{port}", str(pki / "ca.pem"))
        _both(report, ANSWER, target, [request], {"fastapi": pid})


def _postgres(report: Report, told: dict[str, Any]) -> None:
    url = told["postgres"]["url"].rpartition("/")[0] + "/bench"
    ids = asyncio.run(_table(told["postgres"]["url"], url))
    requests = [Request(str(each)) for each in ids]
    pid = {"postgres": told["parts"]["postgres"]["pid"]}
    for kind, what in (("asyncpg", ASYNCPG), ("core", CORE)):
        _both(report, what, Target(kind, url), requests, pid, (CLIENT,), connections=8)


def _both(
    report: Report,
    what: str,
    target: Target,
    requests: list[Request],
    parts: dict[str, int],
    more: tuple[str, ...] = (),
    connections: int = 32,
) -> None:
    for plan in (OPEN, FULL):
        given = Plan(plan.count, plan.rate, plan.in_flight, connections)
        report.add(Row(what, measure(Job(target, given, requests), parts), (*parts, *more)))


@contextmanager
def _server(module: str, *arguments: str) -> Iterator[tuple[int, int]]:
    """A server process that prints its port once it listens. Gives its process id and port."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = cast(IO[str], server.stdout).readline()
            if not port:
                raise LoadFailed(f"{module} did not start")
            yield server.pid, int(port)
        finally:
            server.terminate()


def _signed(key: ECKey) -> str:
    """A token of the shape and size of ours."""
    now = int(time.time())
    claims = {
        "iss": "https://baseline", "sub": str(uuid4()), "aud": ["gateway", "identity", "consent", "records"],
        "exp": now + 3600, "iat": now, "auth_time": now, "acr": "2", "azp": "portal", "typ": "Bearer",
        "uid": str(uuid4()), "kind": "professional", "sid": str(uuid4()), "scope": "openid",
    }  # fmt: skip
    return jwt.encode({"alg": "ES256", "kid": "baseline", "typ": "JWT"}, claims, key, algorithms=["ES256"])


async def _table(server: str, url: str) -> list[UUID]:
    """A table of 50,000 rows by a UUID, in a database of its own; made the first time. Gives 1,000 of its ids."""
    first = await asyncpg.connect(server)
    try:
        if not await first.fetchval("SELECT 1 FROM pg_database WHERE datname = 'bench'"):
            await first.execute("CREATE DATABASE bench")
    finally:
        await first.close()
    database = await asyncpg.connect(url)
    try:
        await database.execute(
            "CREATE TABLE IF NOT EXISTS reading (id uuid PRIMARY KEY, made timestamptz NOT NULL, content text NOT NULL)"
        )
        missing = ROWS - await database.fetchval("SELECT count(*) FROM reading")
        await database.execute(
            "INSERT INTO reading SELECT uuidv7(), now(), repeat('x', 200) FROM generate_series(1, $1)", missing
        )
        await database.execute("VACUUM ANALYZE reading")
        return [row["id"] for row in await database.fetch("SELECT id FROM reading ORDER BY md5(id::text) LIMIT 1000")]
    finally:
        await database.close()
