"""A program for the variables of an S3 store: keeps, finds, reads and forgets contents, and says what it saw."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator
from datetime import timedelta

from terresante_contents.store import Contents
from terresante_platform.ids import moment_of, new_id


async def pieces(size: int) -> AsyncIterator[bytes]:
    for at in range(0, size, 65_552):
        yield bytes([at % 251]) * min(65_552, size - at)


async def main(url: str) -> None:
    contents = Contents(url)
    for size in (1_000, 12_000_000):
        id = new_id()
        await contents.keep(id, pieces(size))
        sent = hashlib.sha256(b"".join([piece async for piece in pieces(size)])).hexdigest()
        back = hashlib.sha256(b"".join([piece async for piece in contents.read(id)])).hexdigest()
        at = moment_of(id)
        listed = [each async for some in contents.written(at.date(), at + timedelta(seconds=1)) for each in some]
        await contents.forget([id])
        left = [each async for some in contents.written(at.date(), at + timedelta(seconds=1)) for each in some]
        print(size, sent == back, listed == [id], left == [])  # noqa: T201


asyncio.run(main(sys.argv[1]))
