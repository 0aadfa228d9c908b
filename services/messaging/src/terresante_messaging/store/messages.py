"""Messages: pages of a thread, one message, and what happens to it. Bodies are sealed.

A message's id holds its moment, so each query names the moments between which it looks: partitions of other months are
not opened.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Select, Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.sealing import OwnerKey

from terresante_messaging.domain.items import Item
from terresante_messaging.domain.messages import FormerText, Message, shown
from terresante_messaging.domain.people import MessageId, Realm, Recipient
from terresante_messaging.domain.threads import Thread, Window
from terresante_messaging.domain.words import VersionStale
from terresante_messaging.store import bodies
from terresante_messaging.store.moments import least_id
from terresante_messaging.store.tables import message, message_text

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
RECENT = timedelta(days=45)
"""The newest page is looked for here first: two partitions, whatever the thread's age."""
_AHEAD = timedelta(days=1)

_within = (
    message.c.thread_id == bindparam("thread"),
    message.c.retention == bindparam("class"),
    message.c.id >= bindparam("low", type_=Uuid),
    message.c.id < bindparam("high", type_=Uuid),
    message.c.place > bindparam("since"),
    message.c.place <= bindparam("last"),
    message.c.sent_at >= bindparam("visible_from", type_=DateTime(timezone=True)),
)
"""Nothing after the thread's last message as it was read, before it was decided: who was taken out meanwhile sees
nothing that was written since."""
_OLDER = select(*message.c).where(*_within, message.c.place < bindparam("before")).order_by(message.c.place.desc())
_OLDER = _OLDER.limit(bindparam("limit"))
_NEWER = select(*message.c).where(*_within).order_by(message.c.place).limit(bindparam("limit"))
_ONE = select(*message.c).where(*_within, message.c.id == bindparam("id"))
_ADD = insert(message).inline()
_FORMER = (
    select(message_text.c.version, message_text.c.body, message_text.c.until)
    .where(message_text.c.retention == bindparam("class"), message_text.c.message_id == bindparam("message"))
    .order_by(message_text.c.version)
)
LAST = 2**62
"""No place is greater."""


@dataclass(frozen=True, slots=True)
class Part:
    """Where to look: a thread, and what of it the reader may see."""

    thread: Thread
    window: Window

    def values(self) -> dict[str, Any]:
        """What every query of it names."""
        visible_from = self.window.visible_from or BEGINNING
        return {
            "thread": self.thread.id,
            "class": self.thread.retention,
            "low": least_id(max(visible_from, self.thread.opened_at)),
            "high": least_id(self.thread.last_at + _AHEAD),
            "since": self.window.since_place,
            "last": self.thread.last_place,
            "visible_from": visible_from,
        }


@dataclass(frozen=True, slots=True)
class Look(Part):
    """The same, with the key that opens what is there."""

    key: OwnerKey


async def newest(connection: AsyncConnection, look: Look, limit: int) -> list[Message]:
    """The newest messages, newest first."""
    values = look.values() | {"before": LAST, "limit": limit}
    recent = least_id(look.thread.last_at - RECENT)
    if recent > values["low"]:
        found = await _messages(connection, look, _OLDER, values | {"low": recent})
        if len(found) == limit:
            return found
    return await _messages(connection, look, _OLDER, values)


async def before(connection: AsyncConnection, look: Look, place: int, limit: int) -> list[Message]:
    """Those of lesser places, newest first."""
    return await _messages(connection, look, _OLDER, look.values() | {"before": place, "limit": limit})


async def after(connection: AsyncConnection, look: Look, place: int, limit: int) -> list[Message]:
    """Those of greater places, oldest first."""
    values = look.values()
    since = max(place, look.window.since_place)
    return await _messages(connection, look, _NEWER, values | {"since": since, "limit": limit})


async def first_place(connection: AsyncConnection, look: Part) -> int:
    """The place of the first message that may be read; one past the last if there is none."""
    if look.window.visible_from is None or look.window.visible_from <= look.thread.opened_at:
        return look.window.since_place + 1
    found = await connection.execute(
        _NEWER.with_only_columns(message.c.place, maintain_column_froms=True), look.values() | {"limit": 1}
    )
    place = found.scalar()
    return look.thread.last_place + 1 if place is None else int(place)


async def sent_at(connection: AsyncConnection, look: Part, place: int) -> datetime | None:
    """When the message of that place was written, if it may be read."""
    query = _OLDER.with_only_columns(message.c.sent_at, maintain_column_froms=True)
    found: datetime | None = (
        await connection.execute(query, look.values() | {"before": place + 1, "limit": 1})
    ).scalar()
    return found


async def id_at(connection: AsyncConnection, look: Part, place: int) -> MessageId | None:
    """Which message has that place, if it may be read."""
    query = _OLDER.with_only_columns(message.c.id, maintain_column_froms=True)
    found = (await connection.execute(query, look.values() | {"before": place + 1, "limit": 1})).scalar()
    return MessageId(found) if found is not None else None


async def find(connection: AsyncConnection, look: Look, id: MessageId, locked: bool = False) -> Message | None:
    """One message that may be read. `locked`: nobody changes it before the transaction ends."""
    query = _ONE.with_for_update() if locked else _ONE
    found = await _messages(connection, look, query, look.values() | {"id": id})
    return found[0] if found else None


async def add(transaction: AsyncConnection, key: OwnerKey, thread: Thread, new: Message) -> None:
    """Keeps a new message."""
    await transaction.execute(
        _ADD,
        {
            "id": new.id,
            "retention": thread.retention,
            "thread_id": new.thread,
            "place": new.place,
            "author_realm": new.author.realm.value,
            "author_id": new.author.id,
            "author_place_id": new.author_place,
            "sent_at": new.sent_at,
            "body": bodies.sealed_body(key, new.id, new.text, new.item),
            "urgent": new.urgent,
            "quoted_id": new.quoted,
            "attachments": new.attachments,
            "item": new.item is not None,
            "origin": new.origin,
            "version": new.version,
            **_mentioned(new),
        },
    )


async def edit(transaction: AsyncConnection, look: Look, old: Message, new: Message) -> None:
    """Keeps another text; the one that it replaces is kept beside. Refuses with VERSION_STALE."""
    values = {"body": bodies.sealed_body(look.key, new.id, new.text, new.item), **_mentioned(new)}
    await _change(transaction, look.thread, new, {**values, "edited_at": new.edited_at})
    former = {
        "retention": look.thread.retention,
        "message_id": old.id,
        "version": old.version,
        "body": bodies.sealed_former(look.key, old.id, old.version, old.text),
        "until": new.edited_at,
    }
    await transaction.execute(insert(message_text), former)


async def delete(transaction: AsyncConnection, thread: Thread, new: Message) -> None:
    """Keeps that it was taken back. What was written stays sealed for as long as the record must be kept. Refuses with
    VERSION_STALE."""
    await _change(transaction, thread, new, {"deleted_at": new.deleted_at})


async def former(connection: AsyncConnection, look: Look, one: Message) -> list[FormerText]:
    """The texts that were replaced, oldest first."""
    found = await connection.execute(_FORMER, {"class": look.thread.retention, "message": one.id})
    return [
        FormerText(bodies.opened_former(look.key, one.id, row.version, row.body), row.version, row.until)
        for row in found
    ]


async def _change(transaction: AsyncConnection, thread: Thread, new: Message, values: dict[str, Any]) -> None:
    done = await transaction.execute(
        update(message)
        .where(
            message.c.retention == thread.retention,
            message.c.id == new.id,
            message.c.version == new.version - 1,
            message.c.deleted_at.is_(None),
        )
        .values(version=new.version, **values)
    )
    if done.rowcount == 0:
        raise VersionStale


async def _messages(
    connection: AsyncConnection, look: Look, query: Select[Any], values: dict[str, Any]
) -> list[Message]:
    found = await connection.execute(query, values)
    return [message_of(row, look.key) for row in found.mappings()]


def _mentioned(new: Message) -> dict[str, Any]:
    return {
        "mentioned_professionals": sorted(one.id for one in new.mentions if one.realm is Realm.PROFESSIONAL),
        "mentioned_persons": sorted(one.id for one in new.mentions if one.realm is Realm.PERSON),
    }


def words_of(row: Any, key: OwnerKey) -> tuple[str, Item | None]:
    """The text and item of a row; none once it was taken back."""
    if row["deleted_at"] is not None or row["body"] is None:
        return "", None
    return bodies.opened_body(key, row["id"], row["body"])


def message_of(row: Any, key: OwnerKey) -> Message:
    """The message of a row, as readers see it: nothing of what was written once it was taken back."""
    text, item = words_of(row, key)
    mentions = [Recipient(Realm.PROFESSIONAL, id) for id in row["mentioned_professionals"]]
    mentions += [Recipient(Realm.PERSON, id) for id in row["mentioned_persons"]]
    return shown(
        Message(
            id=row["id"],
            thread=row["thread_id"],
            place=row["place"],
            author=Recipient(Realm(row["author_realm"]), row["author_id"]),
            author_place=row["author_place_id"],
            sent_at=row["sent_at"],
            text=text,
            item=item,
            urgent=row["urgent"],
            quoted=row["quoted_id"],
            mentions=frozenset(mentions),
            attachments=row["attachments"],
            origin=row["origin"],
            version=row["version"],
            edited_at=row["edited_at"],
            deleted_at=row["deleted_at"],
        )
    )
