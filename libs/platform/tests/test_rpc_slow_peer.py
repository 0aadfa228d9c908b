"""A peer that has to be waited for is waited for: a handshake under load takes longer than one at rest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1.directory_service_pb2_grpc import (
    DirectoryServiceStub,
    add_DirectoryServiceServicer_to_server,
)

from .test_rpc import Sample, sample

__all__ = ["sample"]
SLOW = 1.0
"""Seconds for which nothing passes on a new connection."""


@asynccontextmanager
async def slow_way(address: str) -> AsyncIterator[str]:
    """A way there on which each connection stands still at first. Gives its address."""
    host, _, port = address.removeprefix("ipv4:").partition(":")

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65_536):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(SLOW)
        there, back = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pass_on(reader, back), pass_on(there, writer))

    server = await asyncio.start_server(way, "127.0.0.1", 0)
    try:
        yield f"ipv4:127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@pytest.mark.parametrize("calls_at_once", [1, 6])
async def test_a_connection_that_takes_a_second_fails_no_call(
    serve: Any, dial: Any, sample: Sample, calling_as: Any, calls_at_once: int
) -> None:
    address = await serve("directory", partial(add_DirectoryServiceServicer_to_server, sample))
    async with slow_way(address) as slow:
        stub = DirectoryServiceStub(await dial(slow, "directory"))
        calling_as("professional", uuid4())
        calls = [stub.ListTerritories(pb.ListTerritoriesRequest()) for _ in range(calls_at_once)]
        answers = await asyncio.gather(*calls)

    assert len(answers) == calls_at_once
