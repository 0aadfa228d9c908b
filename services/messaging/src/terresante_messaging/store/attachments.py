"""Files of messages, as rows. Names, fingerprints and thumbnails are sealed; the files themselves lie in the store."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.sealing import OwnerKey

from terresante_messaging.domain.attachments import Attachment, AttachmentUnknown, Posted, Thumbnail, Uploaded
from terresante_messaging.domain.people import MessageId, Realm, Recipient, ThreadId
from terresante_messaging.domain.threads import Thread
from terresante_messaging.store.tables import attachment, message

DESCRIBED = "attachment.described"
THUMBNAIL = "attachment.thumbnail"
LEAVING = "LEAVING"
"""State of a row whose file is being removed: nobody reads or takes it any more."""
_ids = bindparam("ids", type_=ARRAY(Uuid))
_here = attachment.c.thumbnail_state != LEAVING
_shown = (
    attachment.c.id,
    attachment.c.described,
    attachment.c.media_type,
    attachment.c.size,
    attachment.c.thumbnail_state,
)
_OF_MESSAGES = (
    select(*_shown, attachment.c.message_id)
    .where(attachment.c.message_id == any_(_ids), _here)
    .order_by(attachment.c.message_id, attachment.c.position)
)
_FIND = (
    select(
        *_shown,
        attachment.c.thread_id,
        attachment.c.message_id,
        attachment.c.uploaded_by_realm,
        attachment.c.uploaded_by_id,
        attachment.c.uploaded_at,
        message.c.place,
        message.c.sent_at,
        message.c.deleted_at,
    )
    .select_from(
        attachment.outerjoin(
            message, and_(message.c.retention == attachment.c.retention, message.c.id == attachment.c.message_id)
        )
    )
    .where(attachment.c.id == bindparam("id"), attachment.c.thread_id == bindparam("thread"), _here)
)
_FREE = and_(attachment.c.message_id.is_(None), _here)
_BY = and_(attachment.c.uploaded_by_realm == bindparam("realm"), attachment.c.uploaded_by_id == bindparam("by"))
_COUNT = select(func.count()).select_from(attachment).where(_FREE, _BY)
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended('attachments of ' || :who, 0))")


async def add(transaction: AsyncConnection, key: OwnerKey, thread: Thread, new: Uploaded) -> None:
    """Keeps a new file's row. Its content lies in the store already."""
    described = orjson.dumps({"name": new.file.name, "sha256": new.file.sha256})
    await transaction.execute(
        insert(attachment).values(
            id=new.file.id,
            retention=thread.retention,
            thread_id=new.thread,
            uploaded_by_realm=new.by.realm.value,
            uploaded_by_id=new.by.id,
            uploaded_at=new.at,
            described=key.seal(DESCRIBED, new.file.id, described),
            media_type=new.file.media_type,
            size=new.file.size,
            thumbnail_state=new.file.thumbnail.value,
        )
    )


async def count_free(connection: AsyncConnection, who: Recipient) -> int:
    """How many files of theirs no message has taken yet."""
    return int((await connection.execute(_COUNT, {"realm": who.realm.value, "by": who.id})).scalar_one())


async def one_at_a_time(transaction: AsyncConnection, who: Recipient) -> None:
    """Until this transaction ends nobody else counts or adds that person's files."""
    await transaction.execute(_ONE_AT_A_TIME, {"who": f"{who.realm.value} {who.id}"})


async def find(connection: AsyncConnection, key: OwnerKey, thread: ThreadId, id: UUID) -> Uploaded | None:
    """The file of that id in that thread."""
    row = (await connection.execute(_FIND, {"id": id, "thread": thread})).first()
    if row is None:
        return None
    by = Recipient(Realm(row.uploaded_by_realm), row.uploaded_by_id)
    posted = None
    if row.message_id is not None:
        gone = row.place is None or row.deleted_at is not None
        posted = Posted(row.place or 0, row.sent_at or row.uploaded_at, gone)
    return Uploaded(_file(key, row), thread, by, row.uploaded_at, posted)


async def of_messages(
    connection: AsyncConnection, key: OwnerKey, messages: Collection[MessageId]
) -> dict[MessageId, tuple[Attachment, ...]]:
    """The files of these messages of one owner, in their order; messages without any are absent."""
    found: defaultdict[MessageId, tuple[Attachment, ...]] = defaultdict(tuple)
    if messages:
        for row in await connection.execute(_OF_MESSAGES, {"ids": list(messages)}):
            found[MessageId(row.message_id)] += (_file(key, row),)
    return dict(found)


async def bind(
    transaction: AsyncConnection, thread: ThreadId, me: Recipient, taker: MessageId, ids: Sequence[UUID]
) -> None:
    """Gives these files to the message, in this order. Refuses with ATTACHMENT_UNKNOWN unless all are the caller's own,
    of this thread, and free."""
    for position, id in enumerate(ids):
        bound = await transaction.execute(
            update(attachment)
            .where(attachment.c.id == id, attachment.c.thread_id == thread, _FREE, _BY)
            .values(message_id=taker, position=position),
            {"realm": me.realm.value, "by": me.id},
        )
        if bound.rowcount != 1:
            raise AttachmentUnknown


async def let_go(transaction: AsyncConnection, messages: Collection[MessageId]) -> None:
    """The files of these messages are to be removed: the messages were taken back, or are erased. Nobody reads them any
    more; the sweeper removes them from the store."""
    if messages:
        await transaction.execute(
            update(attachment)
            .where(attachment.c.message_id == any_(_ids))
            .values(thumbnail_state=LEAVING, thumbnail=None),
            {"ids": list(messages)},
        )


async def let_go_of_threads(transaction: AsyncConnection, threads: Collection[ThreadId]) -> None:
    """The same for all files of these threads."""
    if threads:
        await transaction.execute(
            update(attachment)
            .where(attachment.c.thread_id == any_(_ids))
            .values(thumbnail_state=LEAVING, thumbnail=None),
            {"ids": list(threads)},
        )


def _file(key: OwnerKey, row: Any) -> Attachment:
    said = orjson.loads(key.open(DESCRIBED, row.id, row.described))
    return Attachment(row.id, said["name"], row.media_type, row.size, said["sha256"], Thumbnail(row.thumbnail_state))


async def thumbnail(connection: AsyncConnection, key: OwnerKey, id: UUID) -> bytes | None:
    """The small picture of a file, if it is there."""
    found = (await connection.execute(select(attachment.c.thumbnail).where(attachment.c.id == id))).scalar_one_or_none()
    return None if found is None else key.open(THUMBNAIL, id, found)
