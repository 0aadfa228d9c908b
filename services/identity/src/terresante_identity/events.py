"""What the identity service announces, in the transaction of the change. It listens to nobody."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.identity.v1 import identity_events_pb2 as pb
from terresante_platform import outbox

from terresante_identity.domain.account import Activation
from terresante_identity.domain.identity import Person, PersonId
from terresante_identity.domain.linkage import LinkageAct, Move
from terresante_identity.domain.reviews import Review
from terresante_identity.wire.persons import timestamp

PERSON_CREATED = "terresante.identity.v1.person_created"
PERSON_CHANGED = "terresante.identity.v1.person_changed"
ACTIVATION_ISSUED = "terresante.identity.v1.activation_issued"
PERSONS_MERGED = "terresante.identity.v1.persons_merged"
PERSONS_SEPARATED = "terresante.identity.v1.persons_separated"
SOURCE_MOVED = "terresante.identity.v1.source_moved"
REVIEW_OPENED = "terresante.identity.v1.review_opened"
ANNOUNCES: tuple[str, ...] = (
    PERSON_CREATED,
    PERSON_CHANGED,
    ACTIVATION_ISSUED,
    PERSONS_MERGED,
    PERSONS_SEPARATED,
    SOURCE_MOVED,
    REVIEW_OPENED,
)
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


async def persons_merged(
    transaction: AsyncConnection, act: LinkageAct, absorbed: PersonId, surviving: PersonId
) -> None:
    """A person has no source identity left: it became another."""
    message = pb.PersonsMerged(
        act_id=str(act.id), absorbed_id=str(absorbed), surviving_id=str(surviving), at=timestamp(act.at)
    )
    await outbox.add(transaction, PERSONS_MERGED, message)


async def persons_separated(
    transaction: AsyncConnection, act: LinkageAct, separated: PersonId, whole: PersonId, revived: bool
) -> None:
    """A person is apart (again, if `revived`: the act undoes the one that had made it part of the other)."""
    message = pb.PersonsSeparated(
        act_id=str(act.id),
        merge_act_id=str(act.undoes) if revived and act.undoes else "",
        separated_id=str(separated),
        from_id=str(whole),
        at=timestamp(act.at),
    )
    await outbox.add(transaction, PERSONS_SEPARATED, message)


async def source_moved(transaction: AsyncConnection, act: LinkageAct, move: Move) -> None:
    """A source identity came to a person, or went from one to another."""
    message = pb.SourceMoved(
        act_id=str(act.id),
        source_id=str(move.source),
        from_person_id=str(move.before) if move.before else "",
        to_person_id=str(move.after),
        at=timestamp(act.at),
    )
    await outbox.add(transaction, SOURCE_MOVED, message)


async def review_opened(transaction: AsyncConnection, review: Review) -> None:
    """A pair waits for a human."""
    message = pb.ReviewOpened(review_id=str(review.id), at=timestamp(review.created_at))
    await outbox.add(transaction, REVIEW_OPENED, message)
