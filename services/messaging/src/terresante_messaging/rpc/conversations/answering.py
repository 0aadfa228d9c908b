"""Answering the item of a message."""

from typing import Any

from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_contents.once import once
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.items import Act, ActId, check_answer
from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.messages import MessageDeleted, MessageUnknown
from terresante_messaging.domain.people import ActorId
from terresante_messaging.rpc.conversations.reading import whole
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.desk import READERS, Desk, require_still_named
from terresante_messaging.store import acts, log, messages
from terresante_messaging.store.messages import Look
from terresante_messaging.wire import items as wire
from terresante_messaging.wire import parts


class Answering:
    """Tasks, appointments, forms."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*READERS)
    async def AnswerItem(self, request: pb.AnswerItemRequest, _: Any) -> pb.AnswerItemResponse:
        """Adds an answer to the item of a message."""
        desk, me = self._desk, caller()
        id, answer = parts.message_id(request.message_id), wire.answer(request.answer)
        kept = await desk.thread(parts.thread_id(request.thread_id))
        thread = kept.thread
        look = Look(thread, await desk.deciding.write(thread), kept.key)
        async with (
            desk.database.transaction() as transaction,
            once(transaction, kept.key, thread.owner, request, pb.AnswerItemResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            await require_still_named(transaction, thread.id)
            found = await messages.find(transaction, look, id, locked=True)
            if found is None:
                raise MessageUnknown
            if found.deleted_at is not None:
                raise MessageDeleted
            given = (await acts.of_messages(transaction, kept.key, thread, [id])).get(id, ())
            act = Act(ActId(new_id()), me, check_answer(found.item, given, me, answer), desk.now())
            await acts.add(transaction, kept.key, thread, id, act)
            entry = NewEntry(
                EntryKind.ITEM_ANSWERED, act.at, thread.patient, thread.id, id, found.place, ActorId(me.id)
            )
            await log.add(transaction, entry)
            (shown,) = await whole(transaction, look, [found])
            return use.keep(pb.AnswerItemResponse(message=shown))
