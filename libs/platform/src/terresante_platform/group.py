"""Group commit: whatever arrived during the last flush shares the next one.

For work where one durable write can carry many items (journal entries). Each caller waits until its own item is
durable.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from terresante_platform.refusals import Unavailable

Item = TypeVar("Item")
Kept = TypeVar("Kept")


class GroupClosed(Unavailable):
    """The process is stopping."""

    reason = "STOPPING"


class Group(Generic[Item, Kept]):
    """Collects items while a flush runs. `flush` gives one result per item, in order; if it fails, all of its items
    fail.
    """

    def __init__(self, flush: Callable[[Sequence[Item]], Awaitable[Sequence[Kept]]], most: int = 500) -> None:
        self._flush = flush
        self._most = most
        self._waiting: list[tuple[Item, asyncio.Future[Kept]]] = []
        self._arrived = asyncio.Event()
        self._closed = False

    async def keep(self, item: Item) -> Kept:
        """Waits until `item` is durable and gives what the flush made of it."""
        if self._closed:
            raise GroupClosed("La plateforme redémarre ; rien n’a été fait.", "Réessayez dans quelques instants.")
        future: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._arrived.set()
        return await future

    async def _run(self) -> None:
        while not (self._closed and not self._waiting):
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._flushed(batch)

    async def _flushed(self, batch: list[tuple[Item, asyncio.Future[Kept]]]) -> None:
        try:
            kept = await self._flush([item for item, _ in batch])
        except Exception as fault:
            for _, future in batch:
                if not future.done():
                    future.set_exception(fault)
            return
        for (_, future), result in zip(batch, kept, strict=True):
            if not future.done():
                future.set_result(result)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Group[Item, Kept]"]:
        """Flushes until left; what is waiting then is still flushed."""
        task = asyncio.create_task(self._run())
        try:
            yield self
        finally:
            self._closed = True
            self._arrived.set()
            await task
