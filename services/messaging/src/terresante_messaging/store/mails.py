"""Mail that waits: its reasons (lines), and the mails they are bound to. A mail's id is its Message-ID, fixed before it
is first offered to a server, so that what is offered twice is one mail to who receives it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.counted import Count
from terresante_platform.ids import new_id
from terresante_platform.measures import Gauge

from terresante_messaging.domain.mails import REST, Line, LineState, MailKind, MailState
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.domain.preferences import Topic
from terresante_messaging.store import addresses
from terresante_messaging.store.telling_tables import mail, mail_line

AT_ONCE = 500
WAITING = Gauge("terresante.messaging.mail.waiting", "{mail}", "Mails that are to leave and have not")
AGE = Gauge("terresante.messaging.mail.age", "s", "How long the oldest mail that is to leave is late; 0 for none")
FAILED = Gauge("terresante.messaging.mail.failed", "{mail}", "Mails refused or given up in the last 24 hours")
COUNTS = (
    Count(WAITING, text("select count(*) from mail where state = 'WAITING'")),
    Count(
        AGE,
        text(
            "select coalesce(extract(epoch from now() - min(made_at)), 0) from mail "
            "where state = 'WAITING' and next_try_at <= now() + interval '1 hour'"
        ),
    ),
    Count(
        FAILED,
        text("select count(*) from mail where state in ('REFUSED', 'GIVEN_UP') and done_at > now() - interval '1 day'"),
    ),
)
_ADD_LINE = text("""
    insert into mail_line (id, entry_id, realm, person_id, topic, urgent, patient_id, thread_id, message_id, place,
        message_at, notification_id, made_at, due, state)
    select :id, :entry_id, :realm, :person_id, :topic, :urgent, :patient_id, :thread_id, :message_id, :place,
        :message_at, :notification_id, :made_at, :due, 'WAITING'
    from (select coalesce(max(m.read_up_to), 0) as up_to, max(m.read_at) as at from mark m
        where m.thread_id = :thread_id and m.realm = :realm and m.person_id = :person_id) as has_read
    where (cast(:forced as boolean) or cast(:place as bigint) is null or :place > has_read.up_to
            or :notified_at > has_read.at)
        and (not cast(:once as boolean) or not exists (
            select from mail_line l
            where l.thread_id = :thread_id and l.realm = :realm and l.person_id = :person_id
                and l.state <> 'WITHHELD' and l.urgent >= :urgent and (l.state = 'BOUND' or l.due <= :due)
                and l.place > has_read.up_to
        ))
    on conflict (entry_id, realm, person_id) do nothing
""").bindparams(
    *(
        bindparam(name, type_=Uuid)
        for name in ("id", "entry_id", "person_id", "patient_id", "thread_id", "message_id", "notification_id")
    ),
    bindparam("message_at", type_=mail_line.c.message_at.type),
    bindparam("due", type_=mail_line.c.due.type),
    bindparam("notified_at", type_=mail_line.c.due.type),
    bindparam("place", type_=mail_line.c.place.type),
)
"""One mail a conversation until its reader has read it: no second reason while one is unread, unless it is more urgent,
or due earlier than one that waits."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that is to leave."""

    id: UUID
    who: Recipient
    kind: MailKind
    code: bytes | None
    made_at: datetime
    attempts: int


async def add_line(transaction: AsyncConnection, new: Line, now: datetime) -> None:
    """A reason for a mail, once whatever comes twice; none if it was read already. Of a conversation there is one until
    it is read, and those that wait for later give way to it; unless it is forced."""
    values = {
        "id": new_id(),
        "entry_id": new.entry,
        "realm": new.who.realm.value,
        "person_id": new.who.id,
        "topic": new.topic.value,
        "urgent": new.urgent,
        "patient_id": new.patient,
        "thread_id": new.thread,
        "message_id": new.message,
        "place": new.place,
        "message_at": new.message_at,
        "notification_id": new.notification,
        "made_at": now,
        "due": new.due,
        "forced": new.forced,
        "notified_at": new.named_at,
        "once": new.thread is not None and not new.forced,
    }
    made = await transaction.execute(_ADD_LINE, values)
    if made.rowcount and values["once"]:
        await transaction.execute(
            update(mail_line)
            .where(
                mail_line.c.thread_id == new.thread,
                mail_line.c.realm == new.who.realm.value,
                mail_line.c.person_id == new.who.id,
                mail_line.c.state == LineState.WAITING.value,
                mail_line.c.id != values["id"],
            )
            .values(state=LineState.WITHHELD.value)
        )


async def bind(transaction: AsyncConnection, now: datetime) -> int:
    """Makes mails of the reasons that are due: one a person, or the one that waits and was never offered to a server.
    Gives how many reasons there were."""
    query = (
        select(mail_line.c.id, mail_line.c.realm, mail_line.c.person_id)
        .where(mail_line.c.state == LineState.WAITING.value, mail_line.c.due <= now)
        .order_by(mail_line.c.due)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    lines: dict[Recipient, list[UUID]] = {}
    for row in await transaction.execute(query):
        lines.setdefault(Recipient(Realm(row.realm), row.person_id), []).append(row.id)
    reachable = await addresses.reachable(transaction, lines.keys())
    for who, ids in lines.items():
        if who not in reachable:
            await withhold(transaction, ids)
            continue
        failed_at = reachable[who]
        first = max(now, failed_at + REST) if failed_at else now
        id = await _waiting_mail(transaction, who) or await add(transaction, who, MailKind.NEWS, now, first)
        await transaction.execute(
            update(mail_line).where(mail_line.c.id.in_(ids)).values(state=LineState.BOUND.value, mail_id=id)
        )
    return sum(map(len, lines.values()))


async def _waiting_mail(transaction: AsyncConnection, who: Recipient) -> UUID | None:
    found = await transaction.execute(
        select(mail.c.id)
        .where(
            mail.c.realm == who.realm.value,
            mail.c.person_id == who.id,
            mail.c.kind == MailKind.NEWS.value,
            mail.c.state == MailState.WAITING.value,
            mail.c.offered_at.is_(None),
        )
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found.scalar()


async def add(
    transaction: AsyncConnection,
    who: Recipient,
    kind: MailKind,
    now: datetime,
    first: datetime,
    code: tuple[UUID, bytes] | None = None,
) -> UUID:
    """A mail to leave at `first`. `code`: its id, made beforehand, and the code sealed for it."""
    id = code[0] if code else new_id()
    await transaction.execute(
        insert(mail).values(
            id=id,
            realm=who.realm.value,
            person_id=who.id,
            kind=kind.value,
            code=code[1] if code else None,
            state=MailState.WAITING.value,
            made_at=now,
            next_try_at=first,
            attempts=0,
            last_failure="",
        )
    )
    return id


async def is_due(connection: AsyncConnection, now: datetime) -> bool:
    """Whether one is to leave now."""
    found = await connection.execute(
        select(mail.c.id).where(mail.c.state == MailState.WAITING.value, mail.c.next_try_at <= now).limit(1)
    )
    return found.first() is not None


async def take(transaction: AsyncConnection, now: datetime, lease: timedelta) -> Mail | None:
    """The next one that is to leave; nobody else takes it before the lease ends."""
    found = await transaction.execute(
        select(mail)
        .where(mail.c.state == MailState.WAITING.value, mail.c.next_try_at <= now)
        .order_by(mail.c.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = found.first()
    if row is None:
        return None
    await transaction.execute(
        update(mail)
        .where(mail.c.id == row.id)
        .values(next_try_at=now + lease, attempts=mail.c.attempts + 1, offered_at=func.coalesce(mail.c.offered_at, now))
    )
    who = Recipient(Realm(row.realm), row.person_id)
    return Mail(row.id, who, MailKind(row.kind), row.code, row.made_at, row.attempts + 1)


async def lines_of(connection: AsyncConnection, id: UUID) -> list[Line]:
    """Its reasons that are not withheld, without those that their reader has read meanwhile. The author
    of a message has read it, and is told all the same that nobody else has; who read a message before it came to name
    them has not read that."""
    found = await connection.execute(
        text("""
            select l.* from mail_line l
            left join mark m on m.thread_id = l.thread_id and m.realm = l.realm and m.person_id = l.person_id
            left join notification n on n.id = l.notification_id
            where l.mail_id = :mail and l.state = 'BOUND'
                and (l.place is null or coalesce(m.read_up_to, 0) < l.place or n.actor_id = l.person_id
                    or (n.kind = 'MENTIONED' and n.at > m.read_at))
                and (l.notification_id is null or n.read_at is null and n.id is not null)
            order by l.id
        """).bindparams(bindparam("mail", type_=Uuid)),
        {"mail": id},
    )
    return [_line(row) for row in found]


async def withhold(transaction: AsyncConnection, ids: Iterable[UUID]) -> None:
    """They are no reason any more."""
    await transaction.execute(
        update(mail_line).where(mail_line.c.id.in_(list(ids))).values(state=LineState.WITHHELD.value)
    )


async def done(transaction: AsyncConnection, id: UUID, state: MailState, now: datetime, failure: str = "") -> None:
    """It has left, or never will. A code is forgotten with it."""
    await transaction.execute(
        update(mail)
        .where(mail.c.id == id)
        .values(state=state.value, done_at=now, code=literal(None, mail.c.code.type), last_failure=failure)
    )


async def postpone(transaction: AsyncConnection, id: UUID, until: datetime, failure: str) -> None:
    """It is tried again then."""
    await transaction.execute(update(mail).where(mail.c.id == id).values(next_try_at=until, last_failure=failure))


async def cancel(transaction: AsyncConnection, who: Recipient, kinds: Collection[MailKind], now: datetime) -> None:
    """What waits of these kinds does not leave."""
    await transaction.execute(
        update(mail)
        .where(
            mail.c.realm == who.realm.value,
            mail.c.person_id == who.id,
            mail.c.kind.in_([kind.value for kind in kinds]),
            mail.c.state == MailState.WAITING.value,
        )
        .values(state=MailState.WITHHELD.value, done_at=now, code=literal(None, mail.c.code.type))
    )


def _line(row: Any) -> Line:
    return Line(
        row.entry_id,
        Recipient(Realm(row.realm), row.person_id),
        Topic(row.topic),
        row.due,
        row.urgent,
        row.patient_id,
        row.thread_id,
        row.message_id,
        row.place,
        row.message_at,
        row.notification_id,
    )
