"""Reading a thread: its pages, and one message with its life. Each is an access, decided and journalled."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.marks import PlaceInvalid, receipts
from terresante_messaging.domain.messages import Message, MessageUnknown
from terresante_messaging.rpc.desk import READERS, Desk
from terresante_messaging.store import acts, attachments, marks, messages
from terresante_messaging.store.messages import Look
from terresante_messaging.wire import messages as wire
from terresante_messaging.wire import parts

MOST = 100
USUAL = 50
LARGEST_PAGE = 3 * 1024 * 1024
"""Bytes of the messages of one answer: what is more comes with the next page. One message with all its answers is less
than twice that."""


class Reading:
    """Pages and messages."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*READERS)
    async def ListMessages(self, request: pb.ListMessagesRequest, _: Any) -> pb.ListMessagesResponse:
        """A page, in the order of places."""
        size = parts.limit(request.limit, MOST, USUAL)
        older, newer = request.before != 0, request.HasField("after")
        if (older and newer) or request.before < 0 or request.after < 0:
            raise PlaceInvalid
        kept = await self._desk.thread(parts.thread_id(request.thread_id))
        look = Look(kept.thread, await self._desk.deciding.read(kept.thread), kept.key)
        async with self._desk.database.reading() as connection:
            if newer:
                found = await messages.after(connection, look, request.after, size + 1)
                earlier = request.after >= await messages.first_place(connection, look)
                shown = await whole(connection, look, found[:size])
                fits = fitting(shown)
                page, more = shown[:fits], (earlier, len(found) > fits)
            else:
                place = request.before if older else messages.LAST
                found = await (
                    messages.before(connection, look, place, size + 1)
                    if older
                    else messages.newest(connection, look, size + 1)
                )
                shown = await whole(connection, look, found[:size])
                fits = fitting(shown)
                page, more = shown[:fits][::-1], (len(found) > fits, place <= kept.thread.last_place)
        return pb.ListMessagesResponse(messages=page, more_before=more[0], more_after=more[1])

    @allow(*READERS)
    async def GetMessage(self, request: pb.GetMessageRequest, _: Any) -> pb.GetMessageResponse:
        """One message, its former texts, and who received and read it."""
        thread, id = parts.thread_id(request.thread_id), parts.message_id(request.message_id)
        kept = await self._desk.thread(thread)
        look = Look(kept.thread, await self._desk.deciding.read(kept.thread), kept.key)
        async with self._desk.database.reading() as connection:
            found = await messages.find(connection, look, id)
            if found is None:
                raise MessageUnknown
            former = [] if found.deleted_at else await messages.former(connection, look, found)
            steps = await marks.steps_reaching(connection, thread, found.place)
            (shown,) = await whole(connection, look, [found])
        return pb.GetMessageResponse(
            message=shown,
            former=map(wire.former_to_proto, former),
            receipts=map(wire.receipt_to_proto, receipts(found.place, found.author, steps)),
        )


def fitting(shown: Iterable[pb.Message]) -> int:
    """How many of these, from the first on, go into one answer: one at least."""
    count = room = 0
    for one in shown:
        room += one.ByteSize()
        if count and room > LARGEST_PAGE:
            break
        count += 1
    return count


async def whole(connection: AsyncConnection, look: Look, page: Sequence[Message]) -> list[pb.Message]:
    """Messages with their files and what was done about their items: a statement for each, where there are any."""
    with_files = [one.id for one in page if one.attachments]
    with_item = [one.id for one in page if one.item is not None]
    files = await attachments.of_messages(connection, look.key, with_files) if with_files else {}
    done = await acts.of_messages(connection, look.key, look.thread, with_item) if with_item else {}
    return [wire.message_to_proto(one, files.get(one.id, ()), done.get(one.id, ())) for one in page]
