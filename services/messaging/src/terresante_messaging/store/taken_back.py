"""What a message leaves behind that was taken back: reasons for mail that are none any more, and what else there is to
read in its thread."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.mails import LineState, MailState
from terresante_messaging.domain.people import MessageId, Realm, Recipient, ThreadId
from terresante_messaging.store.telling_tables import mail, mail_line


async def unsent(connection: AsyncConnection, thread: ThreadId, message: MessageId) -> frozenset[Recipient]:
    """Who would get mail about that message, and has got none yet."""
    found = await connection.execute(
        select(mail_line.c.realm, mail_line.c.person_id).where(_unsent(thread, message)).distinct()
    )
    return frozenset(Recipient(Realm(row.realm), row.person_id) for row in found)


async def withhold_about(transaction: AsyncConnection, thread: ThreadId, message: MessageId) -> frozenset[Recipient]:
    """That message is no reason any more. Gives for whom it was one, and has left in no mail."""
    found = await transaction.execute(
        update(mail_line)
        .where(_unsent(thread, message))
        .values(state=LineState.WITHHELD.value)
        .returning(mail_line.c.realm, mail_line.c.person_id)
    )
    return frozenset(Recipient(Realm(row.realm), row.person_id) for row in found)


def _unsent(thread: ThreadId, message: MessageId) -> ColumnElement[bool]:
    """Also the reasons of a mail that was withheld, which may have been for this message alone."""
    of = select(mail.c.id).where(mail.c.id == mail_line.c.mail_id)
    left, held = (of.where(mail.c.state == state.value).exists() for state in (MailState.SENT, MailState.WITHHELD))
    return and_(
        mail_line.c.thread_id == thread,
        mail_line.c.message_id == message,
        or_(mail_line.c.state != LineState.WITHHELD.value, held),
        ~left,
    )


async def withhold_of(transaction: AsyncConnection, id: UUID) -> None:
    """The reasons of a mail that told nothing keep no later one back."""
    await transaction.execute(update(mail_line).where(mail_line.c.mail_id == id).values(state=LineState.WITHHELD.value))
