"""How far the caller has received and read a thread. It opens nothing: their own standing is asked, no journal line."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.marks import Mark, forward, steps
from terresante_messaging.domain.people import ActorId
from terresante_messaging.domain.threads import ThreadUnknown
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.desk import READERS, Desk
from terresante_messaging.rpc.standing import readable_threads
from terresante_messaging.store import log, marks, messages
from terresante_messaging.store.messages import Part
from terresante_messaging.wire import parts


class Marking:
    """Marks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*READERS)
    async def MarkThread(self, request: pb.MarkThreadRequest, _: Any) -> pb.MarkThreadResponse:
        """Moves the caller's mark on; it never goes back."""
        desk, me, id = self._desk, caller(), parts.thread_id(request.thread_id)
        found = (await readable_threads(desk.database, desk.deciding, [id])).get(id)
        if found is None:
            raise ThreadUnknown
        thread, look = found.thread, Part(found.thread, found.window)
        async with desk.database.transaction() as transaction:
            before = await marks.lock(transaction, id, me)
            after = forward(before, request.received_up_to, request.read_up_to, thread.last_place, desk.now())
            if after != before:
                await _keep(transaction, look, before, after)
                up_to = after.read_up_to or after.received_up_to
                entry = NewEntry(
                    EntryKind.THREAD_MARKED,
                    desk.now(),
                    thread.patient,
                    id,
                    message=await messages.id_at(transaction, look, up_to),
                    place=up_to,
                    actor=ActorId(me.id),
                )
                await log.add(transaction, entry)
            unread, _urgent = await marks.unread(transaction, look, after)
        return pb.MarkThreadResponse(unread=unread)


async def _keep(transaction: AsyncConnection, look: Part, before: Mark, after: Mark) -> None:
    began_after = await messages.first_place(transaction, look) - 1
    read_sent_at = await messages.sent_at(transaction, look, after.read_up_to) if after.read_up_to else None
    await marks.keep(transaction, look.thread.id, after, steps(before, after, began_after), read_sent_at)
