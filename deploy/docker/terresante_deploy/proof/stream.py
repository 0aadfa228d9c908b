"""A person's `GET /v1/stream`, followed as a browser does: it comes back by itself and says what it last had."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress

import httpx2

AGAIN = 0.25  # seconds before a stream that ended is asked for again
SILENCE = 40.0  # seconds without a sign after which a line is dead; the gateway gives one every fifteen
KIND = "message_posted"


class Stream:
    """`headers`: gives what each request says of who asks."""

    def __init__(self, door: httpx2.AsyncClient, headers: Callable[[], Mapping[str, str]]) -> None:
        self._door = door
        self._headers = headers
        self._last = ""
        self._more = asyncio.Event()
        self.told: Counter[str] = Counter()
        """Messages, by how often they were told of."""
        self.opened = 0
        self.away = 0.0
        """The longest that no stream was open, s, once one had been."""

    async def follow(self) -> None:
        """For ever; a stream that ends or is refused is opened again."""
        closed = 0.0
        while True:
            before = self.opened
            with suppress(httpx2.HTTPError):
                async for name, value in self._lines():
                    if name == "retry":
                        self.opened += 1
                        self._more.set()
                        self.away = max(self.away, time.monotonic() - closed if closed else 0.0)
                    self._take(name, value)
            if self.opened > before:
                closed = time.monotonic()
            await asyncio.sleep(AGAIN)

    async def begun(self, seconds: float) -> None:
        """Waits until it is open. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not self.opened:
                self._more.clear()
                await self._more.wait()

    async def heard(self, messages: list[str], seconds: float) -> list[str]:
        """Waits until it has told of all of these; gives those that it did not."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while any(one not in self.told for one in messages):
                    self._more.clear()
                    await self._more.wait()
        return [one for one in messages if one not in self.told]

    async def _lines(self) -> AsyncIterator[tuple[str, str]]:
        sent = {**self._headers(), **({"last-event-id": self._last} if self._last else {})}
        async with self._door.stream("GET", "/v1/stream", headers=sent, timeout=SILENCE) as answer:
            if answer.status_code != 200:
                return
            event: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(":")
                if name == "retry":
                    yield name, value
                if name:
                    event[name] = value.removeprefix(" ")
                    continue
                if "event" in event:
                    yield event["event"], event.get("data", "")
                self._last = event.get("id") or self._last
                event = {}

    def _take(self, kind: str, data: str) -> None:
        if kind == KIND:
            self.told[str(json.loads(data)["message_id"])] += 1
            self._more.set()
