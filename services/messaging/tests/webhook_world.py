"""The other side of webhooks, for tests: receivers that answer as they are told, and who consent says may be told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from terresante_messaging.domain.log import Entry
from terresante_messaging.domain.people import Recipient
from terresante_messaging.wire.decisions import ConsentSilent


@dataclass
class Heard:
    """A request that came whole."""

    line: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Receiver:
    """A server on this machine that hears each request whole, then answers in its way."""

    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    answer: Answer | None = None
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.heard]

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in head[1:] if one)}
            self.heard.append(Heard(head[0], headers, await reader.readexactly(int(headers["content-length"]))))
            await (self.answer or says(204))(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.at_once -= 1
            writer.close()


def says(status: int, body: bytes = b"", *headers: str) -> Answer:
    """An answer with that status."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        head = [f"HTTP/1.1 {status} So", f"content-length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(head).encode() + body)
        await writer.drain()

    return answer


async def says_nothing(_: asyncio.StreamWriter) -> None:
    """Takes the request and never answers."""
    await asyncio.Event().wait()


async def says_no_end(writer: asyncio.StreamWriter) -> None:
    """An answer that never ends, as fast as it is read."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
    while True:
        writer.write(b"x" * 4096)
        await writer.drain()


async def says_one_by_one(writer: asyncio.StreamWriter) -> None:
    """A head that comes letter by letter."""
    for letter in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 10_000:
        writer.write(bytes([letter]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def says_no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """To whoever comes, in clear."""
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


async def says_what_is_not_http(writer: asyncio.StreamWriter) -> None:
    """Another protocol's greeting."""
    writer.write(b"220 mail.example.org ESMTP\r\n")
    await writer.drain()


@asynccontextmanager
async def receiving(answer: Answer | None = None, trust: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a free port of 127.0.0.1; `trust`: it speaks TLS."""
    receiver = Receiver(answer=answer)
    server = await asyncio.start_server(receiver.accept, "127.0.0.1", 0, ssl=trust)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        left = list(receiver.serving)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@dataclass
class Standing:
    """Who consent says may be told: `of` the entries, by patient; `closed`: portals whose account is not open."""

    people: dict[UUID, set[Recipient]] = field(default_factory=dict)
    closed: set[UUID] = field(default_factory=set)
    silent: bool = False
    broken: Exception | None = None
    """What whoever asks meets instead of an answer: their own database is away, say."""
    asked: int = 0

    async def told(self, entries: Sequence[Entry]) -> list[frozenset[Recipient]]:
        """See Readers."""
        self.asked += 1
        if self.silent:
            raise ConsentSilent
        if self.broken is not None:
            raise self.broken
        return [frozenset(self.people.get(one.what.patient or UUID(int=0), ())) for one in entries]

    async def open_accounts(self, ids: Iterable[UUID]) -> frozenset[UUID]:
        """See Readers."""
        if self.silent:
            raise ConsentSilent
        return frozenset(ids) - self.closed
