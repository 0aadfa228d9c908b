"""What the identity service announces, in the transaction of the change. It listens to nobody."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.identity.v1 import identity_events_pb2 as pb
from terresante_platform import outbox

from terresante_identity.domain.account import Activation
from terresante_identity.domain.identity import Person
from terresante_identity.wire import timestamp

PERSON_CREATED = "terresante.identity.v1.person_created"
PERSON_CHANGED = "terresante.identity.v1.person_changed"
ACTIVATION_ISSUED = "terresante.identity.v1.activation_issued"
ANNOUNCES: tuple[str, ...] = (PERSON_CREATED, PERSON_CHANGED, ACTIVATION_ISSUED)
LISTENS_TO: tuple[str, ...] = ()


async def person_created(transaction: AsyncConnection, person: Person) -> None:
    """A person was registered."""
    message = pb.PersonCreated(person_id=str(person.id), at=timestamp(person.created_at))
    await outbox.add(transaction, PERSON_CREATED, message)


async def person_changed(transaction: AsyncConnection, person: Person, at: datetime) -> None:
    """Status, attributes or traits of a person changed."""
    message = pb.PersonChanged(person_id=str(person.id), version=person.version, at=timestamp(at))
    await outbox.add(transaction, PERSON_CHANGED, message)


async def activation_issued(transaction: AsyncConnection, activation: Activation, at: datetime) -> None:
    """A patient's account was made ready."""
    message = pb.ActivationIssued(person_id=str(activation.person), at=timestamp(at))
    await outbox.add(transaction, ACTIVATION_ISSUED, message)
