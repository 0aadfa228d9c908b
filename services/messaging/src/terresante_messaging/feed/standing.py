"""What somebody may see of a patient's conversations may be otherwise: their clients are told to read anew.

Whoever may read at the time of telling is told; who lost their right is told of their own loss alone. Nobody is told of
a block but the patient, who made it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.consent.v1 import consent_events_pb2 as pb
from terresante_platform.consumer import Apply, Reaction

from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.people import PatientId, Realm, Recipient
from terresante_messaging.store import log

Reading = Callable[[Any], list[NewEntry]]


def _changed(event: Any, patient: str, lost: Recipient | None = None) -> NewEntry:
    at = event.at.ToDatetime(UTC)
    return NewEntry(EntryKind.STANDING_CHANGED, at, patient=PatientId(UUID(patient)), recipient=lost)


def _around(event: Any) -> list[NewEntry]:
    return [_changed(event, event.patient_id)]


def _lost(event: pb.MemberRemoved | pb.EmergencyClosed) -> list[NewEntry]:
    """A structure that leaves is told by the notification of each."""
    if not event.professional_id:
        return _around(event)
    who = Recipient(Realm.PROFESSIONAL, UUID(event.professional_id))
    return [*_around(event), _changed(event, event.patient_id, who)]


def _unrepresented(event: pb.RepresentationEnded) -> list[NewEntry]:
    who = Recipient(Realm.PERSON, UUID(event.representative_id))
    return [*_around(event), _changed(event, event.patient_id, who)]


def _blocked(event: pb.ProfessionalBlocked) -> list[NewEntry]:
    return [_changed(event, event.patient_id, Recipient(Realm.PERSON, UUID(event.patient_id)))]


def _joined(event: pb.RecordsJoined) -> list[NewEntry]:
    return [_changed(event, patient) for patient in (event.patient_id, event.absorbed_patient_id)]


def _parted(event: pb.RecordsParted) -> list[NewEntry]:
    return [_changed(event, patient) for patient in (event.patient_id, event.parted_patient_id)]


_OF_CONSENT: tuple[tuple[str, Any, Reading], ...] = (
    ("consent_recorded", pb.ConsentRecorded, _around),
    ("consent_withdrawn", pb.ConsentWithdrawn, _around),
    ("member_invited", pb.MemberInvited, _around),
    ("member_removed", pb.MemberRemoved, _lost),
    ("professional_blocked", pb.ProfessionalBlocked, _blocked),
    ("emergency_opened", pb.EmergencyOpened, _around),
    ("emergency_closed", pb.EmergencyClosed, _lost),
    ("representative_appointed", pb.RepresentativeAppointed, _around),
    ("representation_ended", pb.RepresentationEnded, _unrepresented),
    ("circle_settings_changed", pb.CircleSettingsChanged, _around),
    ("records_joined", pb.RecordsJoined, _joined),
    ("records_parted", pb.RecordsParted, _parted),
)
_READINGS = {f"terresante.consent.v1.{name}": (message, read) for name, message, read in _OF_CONSENT}
LISTENS_TO: tuple[str, ...] = tuple(_READINGS)


def beside(reactions: Sequence[Reaction]) -> list[Reaction]:
    """These reactions, each of which now also tells that a standing changed, if it does; and those to the other events
    by which one changes."""
    known = {reaction.subject for reaction in reactions}
    others = [
        Reaction(subject, message, _telling(read))
        for subject, (message, read) in _READINGS.items()
        if subject not in known
    ]
    return [*(_also(reaction) for reaction in reactions), *others]


def _also(reaction: Reaction) -> Reaction:
    if reaction.subject not in _READINGS:
        return reaction
    _, read = _READINGS[reaction.subject]
    return Reaction(reaction.subject, reaction.message, _telling(read, reaction.apply), reaction.ask)


def _telling(read: Reading, first: Apply | None = None) -> Apply:
    async def apply(transaction: AsyncConnection, event_id: UUID, event: Any, answer: Any) -> None:
        if first is not None:
            await first(transaction, event_id, event, answer)
        await log.add(transaction, *read(event))

    return apply
