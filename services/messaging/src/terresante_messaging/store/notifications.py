"""Notifications and audiences: tables and queries. Takes a connection, gives domain values."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    func,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import new_id

from terresante_messaging.domain.notifications import (
    OF_CONTENT,
    OF_MESSAGE,
    Audience,
    Happening,
    Kind,
    Notification,
    NotificationUnknown,
    Topic,
    Withheld,
)
from terresante_messaging.domain.people import NotificationId, PatientId, Realm, Recipient, ThreadId
from terresante_messaging.store.tables import audience, notification
from terresante_messaging.store.withheld import told

_of_content = notification.c.kind.in_(sorted(OF_CONTENT))
with_audience = notification.outerjoin(audience, audience.c.about_id == notification.c.about_id)
is_admitted = or_(
    not_(_of_content),
    case(
        (notification.c.recipient_realm == Realm.PROFESSIONAL, audience.c.professionals),
        (notification.c.recipient_id == notification.c.patient_id, audience.c.patient),
        else_=and_(audience.c.patient, audience.c.representatives),
    ),
)
"""As `Audience.admits`. What tells of a content whose audience is not known is shown to nobody."""


def _of(me: Recipient) -> ColumnElement[bool]:
    return and_(notification.c.recipient_realm == me.realm, notification.c.recipient_id == me.id)


_given = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("realms", type_=ARRAY(Text)),
        bindparam("recipients", type_=ARRAY(Uuid)),
        bindparam("instead_of", type_=ARRAY(Uuid)),
    )
    .table_valued(
        column("id", Uuid), column("realm", Text), column("recipient", Uuid), column("instead_of", Uuid), name="given"
    )
    .render_derived()
)
_same_for_all = (notification.c.event_id, notification.c.kind, notification.c.patient_id, notification.c.about_id,
                 notification.c.actor_id, notification.c.at, notification.c.thread_id, notification.c.place,
                 notification.c.message_at)  # fmt: skip
_TELL = (
    insert(notification)
    .from_select(
        [
            notification.c.id,
            notification.c.recipient_realm,
            notification.c.recipient_id,
            notification.c.instead_of_id,
            *_same_for_all,
        ],
        select(
            _given.c.id,
            _given.c.realm,
            _given.c.recipient,
            _given.c.instead_of,
            *(bindparam(each.name, type_=each.type).label(each.name) for each in _same_for_all),
        ),
    )
    .on_conflict_do_nothing()
    .returning(notification.c.id, notification.c.recipient_realm, notification.c.recipient_id)
)
"""One statement for any number of recipients, made once: one made for each list of values is compiled each time."""
_NOBODY: Mapping[Recipient, UUID] = MappingProxyType({})
_FIRST_AUDIENCE = insert(audience).on_conflict_do_nothing()


async def add(
    transaction: AsyncConnection,
    event_id: UUID,
    happening: Happening,
    recipients: Sequence[Recipient],
    instead_of: Mapping[Recipient, UUID] = _NOBODY,
) -> list[tuple[NotificationId, Recipient]]:
    """Tells each recipient of it, once whatever is delivered twice. Gives those who had not been told.

    `instead_of`: for whom some of them stand in."""
    if not recipients:
        return []
    message = happening.message
    made = await transaction.execute(
        _TELL,
        {
            "ids": [new_id() for _ in recipients],
            "realms": [recipient.realm.value for recipient in recipients],
            "recipients": [recipient.id for recipient in recipients],
            "instead_of": [instead_of.get(recipient) for recipient in recipients],
            "event_id": event_id,
            "kind": happening.kind.value,
            "patient_id": happening.patient,
            "about_id": happening.about,
            "actor_id": happening.actor,
            "at": happening.at,
            "thread_id": message.thread if message else None,
            "place": message.place if message else None,
            "message_at": message.sent_at if message else None,
        },
    )
    return [(NotificationId(row.id), Recipient(Realm(row.recipient_realm), row.recipient_id)) for row in made]


async def keep_audience(
    transaction: AsyncConnection, about: UUID, allowed: Audience, version: int
) -> tuple[Audience, Audience]:
    """Keeps the audience of a document, note or observation, unless a later version is known. Gives what it was and
    what it is now."""
    new = {
        "about_id": about,
        "professionals": allowed.professionals,
        "patient": allowed.patient,
        "representatives": allowed.representatives,
        "version": version,
    }
    if (await transaction.execute(_FIRST_AUDIENCE, new)).rowcount:
        return Audience(), allowed
    mine = audience.c.about_id == about
    row = (await transaction.execute(select(audience).where(mine).with_for_update())).one()
    before = Audience(row.professionals, row.patient, row.representatives)
    if version <= row.version:
        return before, before
    await transaction.execute(
        update(audience).where(mine).values({name: value for name, value in new.items() if name != "about_id"})
    )
    return before, allowed


async def told_of(transaction: AsyncConnection, about: UUID) -> list[tuple[NotificationId, Recipient, PatientId]]:
    """Who was told of it so far."""
    found = await transaction.execute(
        select(
            notification.c.id,
            notification.c.recipient_realm,
            notification.c.recipient_id,
            notification.c.patient_id,
        ).where(notification.c.about_id == about)
    )
    return [
        (NotificationId(row.id), Recipient(Realm(row.recipient_realm), row.recipient_id), PatientId(row.patient_id))
        for row in found
    ]


async def named(transaction: AsyncConnection, about: UUID) -> tuple[frozenset[Recipient], frozenset[Recipient]]:
    """Who was told that this message names them; who was told so in somebody's place."""
    found = await transaction.execute(
        select(notification.c.recipient_realm, notification.c.recipient_id, notification.c.instead_of_id).where(
            notification.c.about_id == about, notification.c.kind == Kind.MENTIONED.value
        )
    )
    told = [(Recipient(Realm(row.recipient_realm), row.recipient_id), row.instead_of_id) for row in found]
    return (
        frozenset(who for who, instead_of in told if instead_of is None),
        frozenset(who for who, instead_of in told if instead_of is not None),
    )


async def unread_topics(connection: AsyncConnection, me: Recipient) -> set[Topic]:
    """What consent must decide about before unread notifications can be counted."""
    found = await connection.execute(
        select(notification.c.patient_id, notification.c.kind)
        .select_from(with_audience)
        .where(_of(me), notification.c.read_at.is_(None), _of_content, is_admitted)
        .distinct()
    )
    return {Topic(PatientId(row.patient_id), Kind(row.kind)) for row in found}


async def unread_threads(connection: AsyncConnection, me: Recipient) -> set[ThreadId]:
    """Threads that must be decided about before unread notifications can be counted."""
    found = await connection.execute(
        select(notification.c.thread_id)
        .where(_of(me), notification.c.read_at.is_(None), notification.c.kind.in_(sorted(OF_MESSAGE)))
        .distinct()
    )
    return {ThreadId(row.thread_id) for row in found}


async def kinds(connection: AsyncConnection, ids: Collection[NotificationId]) -> dict[NotificationId, Kind]:
    """What each of them tells; those that are gone are left out."""
    if not ids:
        return {}
    found = await connection.execute(
        select(notification.c.id, notification.c.kind).where(notification.c.id.in_(list(ids)))
    )
    return {row.id: Kind(row.kind) for row in found}


async def admitted(connection: AsyncConnection, ids: Collection[NotificationId]) -> set[NotificationId]:
    """Those of them that their author still lets their recipient be told of."""
    if not ids:
        return set()
    found = await connection.execute(
        select(notification.c.id).select_from(with_audience).where(is_admitted, notification.c.id.in_(ids))
    )
    return set(found.scalars())


async def page(
    connection: AsyncConnection,
    me: Recipient,
    unread_only: bool,
    after: UUID | None,
    limit: int,
    withheld: Withheld,
) -> list[Notification]:
    """Up to `limit` of the recipient's notifications older than `after`, newest first."""
    query = (
        select(*notification.c)
        .select_from(with_audience)
        .where(_of(me), is_admitted, told(withheld))
        .order_by(notification.c.id.desc())
        .limit(limit)
    )
    if unread_only:
        query = query.where(notification.c.read_at.is_(None))
    if after is not None:
        query = query.where(notification.c.id < after)
    return [_notification(row) for row in await connection.execute(query)]


async def unread(connection: AsyncConnection, me: Recipient, withheld: Withheld) -> int:
    """How many the recipient may see and has not read."""
    counted = await connection.execute(
        select(func.count())
        .select_from(with_audience)
        .where(_of(me), notification.c.read_at.is_(None), is_admitted, told(withheld))
    )
    return int(counted.scalar_one())


async def mark_read(transaction: AsyncConnection, me: Recipient, ids: Collection[NotificationId], at: Any) -> None:
    """Marks them read; those already read stay as they are. Refuses with NOTIFICATION_UNKNOWN, and marks none, when one
    is not the recipient's, or tells of a content of which its author lets them know no more."""
    mine = await transaction.execute(
        select(func.count()).select_from(with_audience).where(_of(me), is_admitted, notification.c.id.in_(ids))
    )
    if mine.scalar_one() != len(ids):
        raise NotificationUnknown
    await transaction.execute(
        update(notification)
        .where(_of(me), notification.c.id.in_(ids), notification.c.read_at.is_(None))
        .values(read_at=at)
    )


def _notification(row: Any) -> Notification:
    return Notification(
        row.id,
        Kind(row.kind),
        row.patient_id,
        row.about_id,
        row.actor_id,
        row.at,
        row.read_at,
        row.thread_id,
        row.instead_of_id,
    )
