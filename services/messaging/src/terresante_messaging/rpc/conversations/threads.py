"""Opening, reading and changing threads."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_contents.once import once
from terresante_contents.sealing import OwnerKey
from terresante_platform import outbox
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.opening import Change, changed, members_refused, opened
from terresante_messaging.domain.people import ActorId, Realm, Recipient, ThreadId
from terresante_messaging.domain.threads import (
    AROUND_PATIENT,
    Thread,
    ThreadKind,
    ThreadUnknown,
    Window,
    is_meant_for,
    shows_that_it_is_there,
    window,
)
from terresante_messaging.rpc.conversations.showing import seen
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.desk import READERS, Desk
from terresante_messaging.store import log, marks, threads
from terresante_messaging.store.keys import owner_keys
from terresante_messaging.store.threads import Kept
from terresante_messaging.wire import messages as messages_wire
from terresante_messaging.wire import parts
from terresante_messaging.wire import threads as wire

THREAD_OPENED = "terresante.messaging.v1.thread_opened"


class Threads:
    """All about threads themselves."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*READERS)
    async def OpenThread(self, request: pb.OpenThreadRequest, _: Any) -> pb.OpenThreadResponse:
        """Opens a thread; gives the one that is there, of a kind of which there is one."""
        desk, me = self._desk, caller()
        new = opened(wire.opening(request), me, ThreadId(new_id()), desk.now())
        async with desk.database.reading() as connection:
            same = await threads.find_same(connection, desk.masters, new)
        allowed = await desk.deciding.open(same.thread if same else new, writing=new.kind is ThreadKind.SIDE)
        if same is not None:
            return await self._there(same, allowed)
        await self._require_named(new)
        async with desk.database.reading() as connection:
            key = await owner_keys.get_or_make(connection, desk.masters, new.owner)
        if new.kind not in AROUND_PATIENT:
            async with desk.database.transaction() as transaction:
                added = await self._add(transaction, key, new)
            return _opened_reply(new, allowed) if added else await self._given(new, allowed)
        async with (
            desk.database.transaction() as transaction,
            once(transaction, key, new.owner, request, pb.OpenThreadResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            added = await self._add(transaction, key, new)
            return use.keep(_opened_reply(new, allowed) if added else await self._given(new, allowed))

    @allow(*READERS)
    async def GetThread(self, request: pb.GetThreadRequest, _: Any) -> pb.GetThreadResponse:
        """One thread with its members, and how far each who reads it now has come; to the patient, of a thread that is
        not for them, that it is there."""
        desk, me = self._desk, caller()
        kept = await desk.thread(parts.thread_id(request.thread_id))
        thread = kept.thread
        if not is_meant_for(thread, me) and shows_that_it_is_there(thread, me):
            if thread.patient is None or not await desk.deciding.tellable([thread.patient]):
                raise ThreadUnknown
            return pb.GetThreadResponse(thread=wire.thread_to_proto(wire.Seen(thread, readable=False)))
        allowed = await desk.deciding.read(thread)
        readers = await desk.deciding.readers(thread)
        async with desk.database.reading() as connection:
            shown = await seen(connection, kept, allowed)
            found = [mark for mark in await marks.of_thread(connection, thread.id) if mark.who in readers]
        return pb.GetThreadResponse(thread=wire.thread_to_proto(shown), marks=map(wire.mark_to_proto, found))

    @allow("professional")
    async def ChangeThread(self, request: pb.ChangeThreadRequest, _: Any) -> pb.ChangeThreadResponse:
        """Changes who is named in a side thread, and what the patient knows of it."""
        desk, me = self._desk, caller()
        change, now = wire.change(request), desk.now()
        kept = await desk.thread(parts.thread_id(request.thread_id))
        allowed = await desk.deciding.write(kept.thread)
        await self._require_added(kept.thread, changed(kept.thread, change, me.id, now))
        async with desk.database.transaction() as transaction:
            kept = await threads.lock(transaction, desk.masters, kept.thread.id)
            before = kept.thread
            if not is_meant_for(before, me):
                raise ThreadUnknown
            after = changed(before, change, me.id, now)
            if after is not before:
                await threads.save(transaction, before, after, me.id, now)
                await log.add(transaction, *_told(after, ActorId(me.id), now, change))
            left = after.member(me.id) is None
            there = Kept(before if left else after, kept.key)
            open_ = replace(window(there.thread, me, allowed.visible_from), may_write=not left)
            shown = await seen(transaction, there, open_)
        return pb.ChangeThreadResponse(thread=wire.thread_to_proto(shown))

    async def _require_named(self, new: Thread) -> None:
        """Refuses with MEMBERS_INVALID unless everybody named may read the thread."""
        named = {one.professional for one in new.members} | set(new.two or ())
        if named:
            await self._require_may_read(new, named)

    async def _require_added(self, before: Thread, after: Thread) -> None:
        """The same of who comes in."""
        new = {one.professional for one in after.members if before.member(one.professional) is None}
        if new:
            await self._require_may_read(after, new)

    async def _require_may_read(self, thread: Thread, named: set[Any]) -> None:
        readers = await self._desk.deciding.readers(thread)
        refused = {id for id in named if Recipient(Realm.PROFESSIONAL, id) not in readers}
        if refused:
            raise members_refused(refused)

    async def _add(self, transaction: AsyncConnection, key: OwnerKey, new: Thread) -> bool:
        if not await threads.add(transaction, key, new):
            return False
        entry = NewEntry(EntryKind.THREAD_OPENED, new.opened_at, new.patient, new.id, actor=ActorId(new.opened_by.id))
        await log.add(transaction, entry)
        await outbox.add(transaction, THREAD_OPENED, messages_wire.opened_event(new))
        return True

    async def _given(self, new: Thread, allowed: Window) -> pb.OpenThreadResponse:
        """The one that somebody else opened meanwhile."""
        async with self._desk.database.reading() as connection:
            same = await threads.find_same(connection, self._desk.masters, new)
        if same is None:
            raise LookupError("a thread is there, and is not")
        return await self._there(same, allowed)

    async def _there(self, kept: Kept, allowed: Window) -> pb.OpenThreadResponse:
        async with self._desk.database.reading() as connection:
            shown = await seen(connection, kept, allowed)
        return pb.OpenThreadResponse(thread=wire.thread_to_proto(shown))


def _opened_reply(new: Thread, allowed: Window) -> pb.OpenThreadResponse:
    shown = wire.Seen(new, writable=allowed.may_write, visible_from=1)
    return pb.OpenThreadResponse(thread=wire.thread_to_proto(shown), opened=True)


def _told(after: Thread, actor: ActorId, at: datetime, change: Change) -> list[NewEntry]:
    """That it changed, to who reads it; and to each who was taken out, who reads it no more."""
    said = NewEntry(EntryKind.THREAD_CHANGED, at, after.patient, after.id, actor=actor)
    gone = [Recipient(Realm.PROFESSIONAL, id) for id in sorted(change.removed)]
    left = NewEntry(EntryKind.STANDING_CHANGED, at, after.patient, actor=actor)
    return [said, *(replace(left, recipient=to) for to in gone)]
