"""What is to be done about files besides the calls: small pictures to be made, files to be removed."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.sealing import OwnerKey

from terresante_messaging.domain.attachments import Thumbnail
from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.people import MessageId, PatientId, Realm, Recipient, ThreadId
from terresante_messaging.store.attachments import LEAVING, THUMBNAIL
from terresante_messaging.store.tables import attachment, message, thread

AT_ONCE = 200
_ids = bindparam("ids", type_=ARRAY(Uuid))
_WAITING = (
    select(attachment.c.id, attachment.c.thread_id)
    .where(attachment.c.thumbnail_state == Thumbnail.WAITING.value)
    .order_by(attachment.c.id)
    .limit(AT_ONCE)
)
COUNT = select(func.count()).select_from(_WAITING.subquery())
"""How many wait, up to `AT_ONCE`."""
_STILL = select(attachment.c.id).where(
    attachment.c.id == bindparam("id"), attachment.c.thumbnail_state == Thumbnail.WAITING.value
)
_TRY = text("select pg_try_advisory_lock(hashtextextended('thumbnail of ' || cast(:id as text), 0))")
_RELEASE = text("select pg_advisory_unlock(hashtextextended('thumbnail of ' || cast(:id as text), 0))")
_MADE = (
    update(attachment)
    .where(attachment.c.id == bindparam("which"), attachment.c.thumbnail_state == Thumbnail.WAITING.value)
    .values(thumbnail=bindparam("sealed"), thumbnail_state=bindparam("state"))
)
_WHOSE = (
    select(
        attachment.c.thread_id,
        attachment.c.message_id,
        attachment.c.uploaded_by_realm,
        attachment.c.uploaded_by_id,
        thread.c.patient_id,
        message.c.place,
    )
    .select_from(
        attachment.join(thread, thread.c.id == attachment.c.thread_id).outerjoin(
            message, and_(message.c.retention == attachment.c.retention, message.c.id == attachment.c.message_id)
        )
    )
    .where(attachment.c.id == bindparam("id"))
)
_FREE_TOO_LONG = (
    update(attachment)
    .where(attachment.c.message_id.is_(None), attachment.c.uploaded_at < bindparam("before"))
    .where(attachment.c.thumbnail_state != LEAVING)
    .values(thumbnail_state=LEAVING, thumbnail=None)
)
_OLD = (
    update(attachment)
    .where(attachment.c.retention == bindparam("class"), attachment.c.id < bindparam("before"))
    .where(attachment.c.thumbnail_state != LEAVING)
    .values(thumbnail_state=LEAVING, thumbnail=None)
)
_LEAVING = select(attachment.c.id).where(attachment.c.thumbnail_state == LEAVING).limit(AT_ONCE)
_GONE = delete(attachment).where(attachment.c.id == any_(_ids), attachment.c.thumbnail_state == LEAVING)
_KNOWN = select(attachment.c.id).where(attachment.c.id == any_(_ids))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A picture that has no small one yet."""

    id: UUID
    thread: ThreadId


async def waiting(connection: AsyncConnection) -> list[Waiting]:
    """Some of them, the oldest first."""
    return [Waiting(row.id, ThreadId(row.thread_id)) for row in await connection.execute(_WAITING)]


@asynccontextmanager
async def alone(connection: AsyncConnection, id: UUID) -> AsyncIterator[bool]:
    """Whether this process is the one that makes it, and it is still to be made; nobody else does before the block is
    left, or the connection lost. No row is locked: its message may take it meanwhile."""
    if not (await connection.execute(_TRY, {"id": str(id)})).scalar_one():
        yield False
        return
    try:
        yield (await connection.execute(_STILL, {"id": id})).first() is not None
    finally:
        await connection.execute(_RELEASE, {"id": str(id)})


async def finish(
    transaction: AsyncConnection, key: OwnerKey, id: UUID, jpeg: bytes | None, at: datetime
) -> NewEntry | None:
    """Keeps the small picture, or that there will be none. What is to be told of it: to who may read the message, to
    the uploader while there is none; nothing if it was not waited for any more."""
    state = Thumbnail.FAILED if jpeg is None else Thumbnail.READY
    sealed = None if jpeg is None else key.seal(THUMBNAIL, id, jpeg)
    done = await transaction.execute(_MADE, {"which": id, "state": state.value, "sealed": sealed})
    if done.rowcount == 0:
        return None
    row = (await transaction.execute(_WHOSE, {"id": id})).one()
    uploader = Recipient(Realm(row.uploaded_by_realm), row.uploaded_by_id)
    posted = row.message_id is not None
    return NewEntry(
        EntryKind.THUMBNAIL_MADE,
        at,
        patient=PatientId(row.patient_id) if row.patient_id else None,
        thread=ThreadId(row.thread_id),
        message=MessageId(row.message_id) if posted else None,
        place=row.place,
        recipient=None if posted else uploader,
        attachment=id,
    )


async def let_go_free(transaction: AsyncConnection, before: datetime) -> int:
    """Files that were uploaded before that moment and that no message took are to be removed. Gives how many."""
    return (await transaction.execute(_FREE_TOO_LONG, {"before": before})).rowcount


async def let_go_older(transaction: AsyncConnection, retention: str, before: UUID) -> int:
    """Files of that class of retention with a lesser id (an earlier upload) are to be removed. Gives how many."""
    return (await transaction.execute(_OLD, {"class": retention, "before": before})).rowcount


async def leaving(connection: AsyncConnection) -> list[UUID]:
    """Some of the files that are to be removed from the store, and then `gone`."""
    return list((await connection.execute(_LEAVING)).scalars())


async def gone(transaction: AsyncConnection, ids: Collection[UUID]) -> None:
    """These are no longer in the store."""
    await transaction.execute(_GONE, {"ids": list(ids)})


async def known(connection: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    """Those of these files that have a row."""
    return set((await connection.execute(_KNOWN, {"ids": list(ids)})).scalars())
