"""What the generator can load besides HTTP: a gRPC method over mutual TLS, and one row of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import grpc
import sqlalchemy as sa
from grpc import aio
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bench.load.http1 import Https
from bench.load.plan import Request, Target

READ = "SELECT id, made, content FROM reading WHERE id = $1"


class Sender(Protocol):
    """Sends request number n of a job. `send` gives an outcome's name and the answer's bytes."""

    async def open(self) -> None: ...
    async def send(self, number: int) -> tuple[str, bytes]: ...
    async def close(self) -> None: ...


def sender(target: Target, requests: Sequence[Request], connections: int) -> Sender:
    kinds: dict[str, Callable[[Target, Sequence[Request], int], Sender]] = {
        "https": Https,
        "grpc": Grpc,
        "asyncpg": Asyncpg,
        "core": Core,
    }
    return kinds[target.kind](target, requests, connections)


class Grpc:
    """One channel, as between our services; messages are bytes already."""

    def __init__(self, target: Target, requests: Sequence[Request], _: int) -> None:
        self._target = target
        files = (Path(name).read_bytes() for name in (target.authority, target.key, target.certificate))
        self._credentials = grpc.ssl_channel_credentials(*files)
        self._requests = [(each.body, tuple(each.headers.items())) for each in requests]
        self._path = requests[0].path

    async def open(self) -> None:
        options = (("grpc.ssl_target_name_override", self._target.peer), ("grpc.use_local_subchannel_pool", 1))
        self._channel = aio.secure_channel(self._target.address, self._credentials, options)
        self._call: Any = self._channel.unary_unary(self._path)
        await self._channel.channel_ready()

    async def send(self, number: int) -> tuple[str, bytes]:
        body, metadata = self._requests[number % len(self._requests)]
        try:
            return "OK", await self._call(body, metadata=metadata)
        except aio.AioRpcError as error:
            return error.code().name, b""

    async def close(self) -> None:
        await self._channel.close()


class Asyncpg:
    """Reads a row by its primary key on connections of a pool, with prepared statements as asyncpg makes them."""

    def __init__(self, target: Target, requests: Sequence[Request], connections: int) -> None:
        self._url = target.address
        self._ids = [UUID(each.path) for each in requests]
        self._connections = connections

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(self._url, min_size=self._connections, max_size=self._connections)

    async def send(self, number: int) -> tuple[str, bytes]:
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(READ, self._ids[number % len(self._ids)])
        return ("OK", row["content"].encode()) if row else ("NOT_FOUND", b"")

    async def close(self) -> None:
        await self._pool.close()


class Core:
    """The same with a statement of SQLAlchemy Core compiled once, in autocommit, as our services read."""

    def __init__(self, target: Target, requests: Sequence[Request], connections: int) -> None:
        self._ids = [UUID(each.path) for each in requests]
        url = target.address.replace("postgresql://", "postgresql+asyncpg://", 1)
        engine = create_async_engine(url, pool_size=connections, max_overflow=0)
        self._engine: AsyncEngine = engine.execution_options(isolation_level="AUTOCOMMIT")
        table = sa.table("reading", sa.column("id", sa.Uuid), sa.column("made"), sa.column("content"))
        self._statement = sa.select(table).where(table.c.id == sa.bindparam("wanted"))

    async def open(self) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1"))

    async def send(self, number: int) -> tuple[str, bytes]:
        async with self._engine.connect() as connection:
            found = await connection.execute(self._statement, {"wanted": self._ids[number % len(self._ids)]})
            row = found.first()
        return ("OK", row.content.encode()) if row else ("NOT_FOUND", b"")

    async def close(self) -> None:
        await self._engine.dispose()
