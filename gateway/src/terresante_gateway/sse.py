"""Server-sent events (HTML Living Standard, 9.2): what happens to the caller, live, from where they left off.

`id` is a sealed cursor, which the browser gives back as `Last-Event-ID`; `event` the kind; `data` ids, as JSON. A blank
event with an `id` every 15 s says how far the stream has come. It ends with `event: end` and a reason.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Annotated, Any, cast

import msgspec
from fastapi import Depends
from msgspec import Meta, Struct
from terresante.messaging.v1 import feed_service_pb2 as pb
from terresante_platform.refusals import Invalid, Refusal

from terresante_gateway.cursors import LONGEST
from terresante_gateway.exchange import Exchange, asker
from terresante_gateway.happenings import Happening
from terresante_gateway.live import GONE

RETRY_MILLISECONDS = 3_000
_encode = msgspec.json.Encoder().encode


class LastIdInvalid(Invalid):
    """`Last-Event-ID` that is none of ours."""

    reason = "CURSOR_INVALID"


class Ended(Struct):
    """Pourquoi le flux se termine."""

    reason: str


class ServerSentEvent(Struct, omit_defaults=True):
    """Un événement du flux, tel que la norme le lit."""

    event: Annotated[str, Meta(description="La sorte (voir Happening), ou end", examples=["message_posted"])]
    data: Annotated[str, Meta(description="Du JSON : un Happening ; pour end, { reason }")]
    id: Annotated[str, Meta(description="Le curseur, à renvoyer dans Last-Event-ID")] = ""


class Feed:
    """The caller's feed, as one request sees it: its cursors, sealed for this caller, and its stream."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._purpose = f"{asker(exchange).id}\nfeed"

    def check_room(self) -> None:
        """Refuses with OVERLOADED when this replica holds as many streams as it may."""
        self._exchange.streams.check_room()

    def open(self, given: str) -> str:
        """The service's own cursor; of none, the one in `Last-Event-ID`, or blank. Refuses with CURSOR_INVALID."""
        header = self._exchange.given.get(b"last-event-id", b"")
        if not given and header:
            if len(header) > LONGEST or not header.isascii():
                raise LastIdInvalid("Last-Event-ID n’est pas de ce flux.", "Reprenez sans lui.")
            given = header.decode("ascii")
        return self._exchange.signer.open(given, self._purpose)

    def seal(self, inner: str) -> str:
        """The cursor to go on from, as the caller is given it."""
        return self._exchange.signer.seal(inner, self._purpose) or ""

    async def frames(self, answers: AsyncIterator[pb.FollowResponse], first: pb.FollowResponse) -> AsyncIterator[bytes]:
        """The stream as bytes: until it is refused, the reader leaves, or the process stops."""
        async with self._exchange.streams.opened(self._exchange.receive) as end:
            yield b"retry: %d\n" % RETRY_MILLISECONDS + self._frame(first)
            try:
                while True:
                    answer = await _next(answers, end)
                    if answer is None:
                        break
                    yield self._frame(answer)
                reason = end.result() if end.done() else "STOPPING"
            except Refusal as refusal:
                reason = refusal.reason
            finally:
                await cast(AsyncGenerator[pb.FollowResponse], answers).aclose()
            if reason != GONE:
                yield b"event: end\ndata: " + _encode(Ended(reason)) + b"\n\n"

    def _frame(self, answer: pb.FollowResponse) -> bytes:
        cursor = self.seal(answer.cursor)
        head = b"id: " + cursor.encode() + b"\n" if cursor else b""
        if not answer.HasField("event"):
            return head + b": \n\n"
        happening = Happening.of(answer.event, cursor)
        return head + b"event: " + happening.kind.encode() + b"\ndata: " + _encode(happening) + b"\n\n"


async def _next(answers: AsyncIterator[pb.FollowResponse], end: asyncio.Future[str]) -> pb.FollowResponse | None:
    """The next one; None when the stream is to end, or is at its end."""
    coming: asyncio.Future[pb.FollowResponse] = asyncio.ensure_future(anext(answers))
    either: set[asyncio.Future[Any]] = {coming, end}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if end.done():
            return None
        return await coming
    except StopAsyncIteration:
        return None
    finally:
        if not coming.done():
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await coming


def feed_of(exchange: Exchange) -> Feed:
    """The caller's."""
    return Feed(exchange)


Follows = Annotated[Feed, Depends(feed_of)]
"""The caller's feed."""
