"""Notifications as they are made: kept, announced, and written to the log, all in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.messaging.v1 import messaging_events_pb2 as pb
from terresante_platform import outbox

from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.notifications import EVERYBODY, URGENT, Audience, Happening, MessageAt
from terresante_messaging.domain.people import ActorId, MessageId, NotificationId, PatientId, Recipient
from terresante_messaging.store import log
from terresante_messaging.store import notifications as store
from terresante_messaging.wire.parts import stamp

NOTIFICATIONS_MADE = "terresante.messaging.v1.notifications_made"


@dataclass(frozen=True, slots=True)
class Shown:
    """A notification that its recipient may see from now on."""

    id: NotificationId
    recipient: Recipient
    patient: PatientId | None
    actor: ActorId | None = None
    message: MessageId | None = None
    stands: MessageAt | None = None
    urgent: bool = False

    def entry(self, at: datetime) -> NewEntry:
        """As the log tells it to the recipient."""
        return NewEntry(
            EntryKind.NOTIFIED,
            at,
            patient=self.patient,
            thread=self.stands.thread if self.stands else None,
            message=self.message,
            place=self.stands.place if self.stands else None,
            actor=self.actor,
            recipient=self.recipient,
            notification=self.id,
            urgent=self.urgent,
        )


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told to whom. `cause`: the id by which the same, told again, is known."""

    cause: UUID
    happening: Happening
    recipients: Sequence[Recipient]
    audience: Audience = EVERYBODY
    instead_of: Mapping[Recipient, UUID] = field(default_factory=dict)


async def made(transaction: AsyncConnection, telling: Telling) -> list[Shown]:
    """Notifications that are new, of those to whom they show."""
    of = telling.happening
    new = await store.add(transaction, telling.cause, of, telling.recipients, telling.instead_of)
    message = MessageId(of.about) if of.message else None
    return [
        Shown(id, to, of.patient, of.actor, message, of.message, of.kind in URGENT)
        for id, to in new
        if telling.audience.admits(to, of.patient)
    ]


async def announce(transaction: AsyncConnection, shown: Iterable[Shown], at: datetime) -> None:
    """Tells of them: other services by an event, their recipients by the log."""
    new = list(shown)
    if not new:
        return
    told = [pb.Told(notification_id=str(one.id), recipient_id=str(one.recipient.id)) for one in new]
    await outbox.add(transaction, NOTIFICATIONS_MADE, pb.NotificationsMade(at=stamp(at), told=told))
    await log.add(transaction, *(one.entry(at) for one in new))


async def notify(transaction: AsyncConnection, telling: Telling) -> None:
    """Both."""
    await announce(transaction, await made(transaction, telling), telling.happening.at)
