"""What telling keeps no longer than it is of use, and what it lets go of when a person is erased."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Delete, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.absences import KEPT as ABSENCES_KEPT
from terresante_messaging.domain.mails import LineState
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.store.telling_tables import (
    absence,
    address,
    escalation,
    mail,
    mail_line,
    on_call,
    portal_choice,
    preference,
)

MAILS_KEPT = timedelta(days=90)
"""How long a mail that is done, its reasons, and an urgent message's way along the line are kept."""
AT_ONCE = 1_000
_OF_PEOPLE = (preference, portal_choice, address, mail, mail_line)


def _lines(now: datetime) -> Delete:
    """Before the mails: a reason goes with its mail."""
    done = select(mail.c.id).where(mail.c.done_at < now - MAILS_KEPT)
    old = and_(mail_line.c.state == LineState.WITHHELD.value, mail_line.c.made_at < now - MAILS_KEPT)
    gone = select(mail_line.c.id).where(or_(mail_line.c.mail_id.in_(done), old)).limit(AT_ONCE)
    return delete(mail_line).where(mail_line.c.id.in_(gone))


def _mails(now: datetime) -> Delete:
    used = select(mail_line.c.mail_id).where(mail_line.c.mail_id == mail.c.id).exists()
    gone = select(mail.c.id).where(mail.c.done_at < now - MAILS_KEPT, ~used).limit(AT_ONCE)
    return delete(mail).where(mail.c.id.in_(gone))


def _escalations(now: datetime) -> Delete:
    gone = select(escalation.c.message_id).where(escalation.c.ended_at < now - MAILS_KEPT).limit(AT_ONCE)
    return delete(escalation).where(escalation.c.message_id.in_(gone))


def _times(table: Any) -> Callable[[datetime], Delete]:
    def past(now: datetime) -> Delete:
        gone = select(table.c.id).where(table.c.until_at < now - ABSENCES_KEPT).limit(AT_ONCE)
        return delete(table).where(table.c.id.in_(gone))

    return past


_STEPS: tuple[Callable[[datetime], Delete], ...] = (_lines, _mails, _escalations, _times(absence), _times(on_call))


async def forget(transaction: AsyncConnection, now: datetime) -> int:
    """Removes some of what is too old. Gives how many rows: more than 0 means that there may be more."""
    return sum([(await transaction.execute(step(now))).rowcount for step in _STEPS])


async def erase(transaction: AsyncConnection, who: Recipient) -> int:
    """Removes all of it that is about a person: choices, address, mail, absences, on call. Gives how many rows."""
    statements = [
        delete(table).where(table.c.realm == who.realm.value, table.c.person_id == who.id) for table in _OF_PEOPLE
    ]
    if who.realm is Realm.PROFESSIONAL:
        statements += [
            delete(absence).where(or_(absence.c.professional_id == who.id, absence.c.delegate_id == who.id)),
            delete(on_call).where(on_call.c.professional_id == who.id),
        ]
    statements.append(
        delete(escalation).where(escalation.c.author_realm == who.realm.value, escalation.c.author_id == who.id)
    )
    return sum([(await transaction.execute(statement)).rowcount for statement in statements])
