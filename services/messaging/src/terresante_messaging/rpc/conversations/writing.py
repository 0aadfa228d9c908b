"""Writing a message, and what its author may do with it afterwards."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_contents.once import once
from terresante_platform import outbox
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.items import MessageInvalid, Task
from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.messages import (
    Draft,
    Message,
    MessageUnknown,
    deleted,
    edited,
    mentions_refused,
    require_author,
    require_place_for,
)
from terresante_messaging.domain.people import ActorId, MessageId, Recipient
from terresante_messaging.domain.threads import Thread
from terresante_messaging.rpc.conversations.reading import whole
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.desk import READERS, Desk, own_place, require_still_named
from terresante_messaging.store import attachments, log, marks, messages, threads
from terresante_messaging.store.messages import Look
from terresante_messaging.store.moments import id_at
from terresante_messaging.wire import messages as wire
from terresante_messaging.wire import parts

MESSAGE_POSTED = "terresante.messaging.v1.message_posted"
MESSAGE_CHANGED = "terresante.messaging.v1.message_changed"


class Writing:
    """Posting, editing, taking back."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*READERS)
    async def PostMessage(self, request: pb.PostMessageRequest, _: Any) -> pb.PostMessageResponse:
        """Adds a message."""
        desk, draft, place = self._desk, wire.draft(request), own_place()
        kept = await desk.thread(parts.thread_id(request.thread_id))
        look = Look(kept.thread, await desk.deciding.write(kept.thread), kept.key)
        require_place_for(draft.item, kept.thread)
        await self._require_readers(kept.thread, draft.mentions, draft.item)
        async with (
            desk.database.transaction() as transaction,
            once(transaction, kept.key, kept.thread.owner, request, pb.PostMessageResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            posted = await _post(transaction, look, draft, place, desk.now())
            (shown,) = await whole(transaction, look, [posted])
            return use.keep(pb.PostMessageResponse(message=shown))

    @allow(*READERS)
    async def EditMessage(self, request: pb.EditMessageRequest, _: Any) -> pb.EditMessageResponse:
        """Replaces the text of one's own message; the former one is kept."""
        desk, named = self._desk, wire.mentions(request.mentions)
        id, now = parts.message_id(request.message_id), desk.now()
        kept = await desk.thread(parts.thread_id(request.thread_id))
        look = Look(kept.thread, await desk.deciding.write(kept.thread), kept.key)
        async with desk.database.reading() as connection:
            old = await _own(connection, look, id)
        edited(old, request.text, named, request.version, now)
        await self._require_readers(kept.thread, named - old.mentions, None)
        async with desk.database.transaction() as transaction:
            await require_still_named(transaction, kept.thread.id)
            old = await _own(transaction, look, id)
            new = edited(old, request.text, named, request.version, now)
            await messages.edit(transaction, look, old, new)
            await _tell_changed(transaction, kept.thread, new)
            (shown,) = await whole(transaction, look, [new])
        return pb.EditMessageResponse(message=shown)

    @allow(*READERS)
    async def DeleteMessage(self, request: pb.DeleteMessageRequest, _: Any) -> pb.DeleteMessageResponse:
        """Takes one's own message back; that it was there stays to be seen."""
        desk, id = self._desk, parts.message_id(request.message_id)
        kept = await desk.thread(parts.thread_id(request.thread_id))
        look = Look(kept.thread, await desk.deciding.write(kept.thread), kept.key)
        async with desk.database.transaction() as transaction:
            await require_still_named(transaction, kept.thread.id)
            new = deleted(await _own(transaction, look, id), request.version, desk.now())
            await messages.delete(transaction, kept.thread, new)
            await attachments.let_go(transaction, [new.id])
            await _tell_changed(transaction, kept.thread, new)
        return pb.DeleteMessageResponse(message=wire.message_to_proto(new))

    async def _require_readers(self, thread: Thread, mentioned: Collection[Recipient], item: Any) -> None:
        """Refuses with MENTIONS_INVALID who is mentioned, and with MESSAGE_INVALID who is asked to do something, and
        may not read the thread now."""
        asked = item.who if isinstance(item, Task) else None
        if not mentioned and asked is None:
            return
        readers = await self._desk.deciding.readers(thread)
        if not readers.keys() >= set(mentioned):
            raise mentions_refused()
        if asked is not None and asked not in readers:
            raise MessageInvalid(
                "La personne à qui la tâche est confiée ne peut pas lire ce fil.",
                "Confiez-la à une personne qui le lit.",
                field="item",
            )


async def _post(
    transaction: AsyncConnection, look: Look, draft: Draft, author_place: UUID | None, now: datetime
) -> Message:
    me, thread = caller(), look.thread
    place, at, version = await threads.next_place(transaction, thread.id, now)
    if version != thread.version:
        await require_still_named(transaction, thread.id)
    if draft.quoted is not None and await messages.find(transaction, look, draft.quoted) is None:
        raise MessageUnknown
    new = Message(
        id=MessageId(id_at(at)),
        thread=thread.id,
        place=place,
        author=me,
        author_place=author_place,
        sent_at=at,
        text=draft.text,
        item=draft.item,
        urgent=draft.urgent,
        quoted=draft.quoted,
        mentions=draft.mentions,
        attachments=len(draft.attachments),
    )
    await messages.add(transaction, look.key, thread, new)
    if draft.attachments:
        await attachments.bind(transaction, thread.id, me, new.id, draft.attachments)
    await marks.follow_own(transaction, thread.id, me, place, at)
    await log.add(transaction, _entry(EntryKind.MESSAGE_POSTED, thread, new, at))
    await outbox.add(transaction, MESSAGE_POSTED, wire.posted_event(thread, new))
    return new


async def _own(connection: AsyncConnection, look: Look, id: MessageId) -> Message:
    """The caller's own message. Refuses with MESSAGE_UNKNOWN, MESSAGE_NOT_YOURS."""
    found = await messages.find(connection, look, id)
    if found is None:
        raise MessageUnknown
    require_author(found, caller())
    return found


async def _tell_changed(transaction: AsyncConnection, thread: Thread, new: Message) -> None:
    at = new.deleted_at or new.edited_at or new.sent_at
    kind = EntryKind.MESSAGE_DELETED if new.deleted_at else EntryKind.MESSAGE_EDITED
    await log.add(transaction, _entry(kind, thread, new, at))
    await outbox.add(transaction, MESSAGE_CHANGED, wire.changed_event(thread, new))


def _entry(kind: EntryKind, thread: Thread, about: Message, at: datetime) -> NewEntry:
    return NewEntry(
        kind,
        at,
        thread.patient,
        thread.id,
        about.id,
        about.place,
        ActorId(about.author.id),
        urgent=about.urgent,
    )
