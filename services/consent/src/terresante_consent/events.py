"""What consent announces, and what it does when the directory or identity announces. Ids and dates only."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.consent.v1 import consent_events_pb2 as pb
from terresante.directory.v1.directory_events_pb2 import FeederChanged, ProfessionalChanged
from terresante.identity.v1.identity_events_pb2 import PersonsMerged, PersonsSeparated
from terresante_platform import outbox
from terresante_platform.consumer import Reaction

from terresante_consent.domain.blocks import Block
from terresante_consent.domain.circle import Circle, Member
from terresante_consent.domain.consents import Consent
from terresante_consent.domain.emergency import EmergencyAccess
from terresante_consent.domain.joined import Merger, lapsed
from terresante_consent.domain.professionals import Feeder, Professional
from terresante_consent.domain.representation import Representation
from terresante_consent.knowing import Knowing
from terresante_consent.store import feeders, joined, professionals
from terresante_consent.wire import stamp
from terresante_consent.wire.others import merged, separated

PROFESSIONAL_CHANGED = "terresante.directory.v1.professional_changed"
FEEDER_CHANGED = "terresante.directory.v1.feeder_changed"
PERSONS_MERGED = "terresante.identity.v1.persons_merged"
PERSONS_SEPARATED = "terresante.identity.v1.persons_separated"
LISTENS_TO: tuple[str, ...] = (PROFESSIONAL_CHANGED, FEEDER_CHANGED, PERSONS_MERGED, PERSONS_SEPARATED)


async def consent_recorded(transaction: AsyncConnection, consent: Consent, at: datetime) -> None:
    """A consent is in force."""
    message = pb.ConsentRecorded(patient_id=str(consent.patient), consent_id=str(consent.id), at=stamp(at))
    await outbox.add(transaction, "terresante.consent.v1.consent_recorded", message)


async def consent_withdrawn(transaction: AsyncConnection, consent: Consent, at: datetime) -> None:
    """A consent ended."""
    message = pb.ConsentWithdrawn(patient_id=str(consent.patient), consent_id=str(consent.id), at=stamp(at))
    await outbox.add(transaction, "terresante.consent.v1.consent_withdrawn", message)


async def member_invited(transaction: AsyncConnection, member: Member) -> None:
    """Somebody, or a structure, joined a circle."""
    message = pb.MemberInvited(
        patient_id=str(member.patient),
        member_id=str(member.id),
        professional_id=str(member.professional or ""),
        structure_id=str(member.structure or ""),
        invited_by=str(member.invited_by),
        at=stamp(member.since),
    )
    await outbox.add(transaction, "terresante.consent.v1.member_invited", message)


async def member_removed(transaction: AsyncConnection, member: Member, by: UUID) -> None:
    """A membership ended."""
    message = pb.MemberRemoved(
        patient_id=str(member.patient),
        member_id=str(member.id),
        professional_id=str(member.professional or ""),
        structure_id=str(member.structure or ""),
        removed_by=str(by),
        at=stamp(member.until),
    )
    await outbox.add(transaction, "terresante.consent.v1.member_removed", message)


async def circle_settings_changed(transaction: AsyncConnection, circle: Circle, by: UUID, at: datetime) -> None:
    """What a circle's conversations allow is otherwise."""
    message = pb.CircleSettingsChanged(
        patient_id=str(circle.patient),
        patient_may_write=circle.patient_may_write,
        newcomers_see_earlier=circle.newcomers_see_earlier,
        changed_by=str(by),
        version=circle.version,
        at=stamp(at),
    )
    await outbox.add(transaction, "terresante.consent.v1.circle_settings_changed", message)


async def professional_blocked(transaction: AsyncConnection, block: Block) -> None:
    """A patient blocked a professional. Who is blocked is not told."""
    message = pb.ProfessionalBlocked(
        patient_id=str(block.patient), professional_id=str(block.professional), at=stamp(block.since)
    )
    await outbox.add(transaction, "terresante.consent.v1.professional_blocked", message)


async def emergency_opened(transaction: AsyncConnection, access: EmergencyAccess) -> None:
    """A record was opened in an emergency. The reason stays here."""
    message = pb.EmergencyOpened(
        patient_id=str(access.patient),
        emergency_access_id=str(access.id),
        professional_id=str(access.professional),
        ends_at=stamp(access.ends_at),
        at=stamp(access.opened_at),
    )
    await outbox.add(transaction, "terresante.consent.v1.emergency_opened", message)


async def representative_appointed(transaction: AsyncConnection, made: Representation) -> None:
    """Somebody may act for a patient."""
    message = pb.RepresentativeAppointed(
        patient_id=str(made.patient), representative_id=str(made.representative), at=stamp(made.since)
    )
    await outbox.add(transaction, "terresante.consent.v1.representative_appointed", message)


async def representation_ended(transaction: AsyncConnection, ended: Representation) -> None:
    """Somebody may no longer act for a patient."""
    message = pb.RepresentationEnded(
        patient_id=str(ended.patient), representative_id=str(ended.representative), at=stamp(ended.until)
    )
    await outbox.add(transaction, "terresante.consent.v1.representation_ended", message)


async def emergency_closed(transaction: AsyncConnection, closed: EmergencyAccess) -> None:
    """An emergency access was ended before its time."""
    message = pb.EmergencyClosed(
        patient_id=str(closed.patient),
        emergency_access_id=str(closed.id),
        professional_id=str(closed.professional),
        at=stamp(closed.closed_at),
    )
    await outbox.add(transaction, "terresante.consent.v1.emergency_closed", message)


async def _joined(transaction: AsyncConnection, merger: Merger) -> None:
    message = pb.RecordsJoined(
        patient_id=str(merger.surviving),
        absorbed_patient_id=str(merger.absorbed),
        act_id=str(merger.act),
        at=stamp(merger.since),
    )
    await outbox.add(transaction, "terresante.consent.v1.records_joined", message)


async def _parted(transaction: AsyncConnection, merger: Merger, act: UUID) -> None:
    message = pb.RecordsParted(
        patient_id=str(merger.surviving),
        parted_patient_id=str(merger.absorbed),
        act_id=str(act),
        at=stamp(merger.until),
    )
    await outbox.add(transaction, "terresante.consent.v1.records_parted", message)


async def _join(transaction: AsyncConnection, _: UUID, event: PersonsMerged, __: None) -> None:
    """From the commit on, consents and blocks of both count for either; unless the merge was undone already."""
    merger = merged(event)
    await joined.alone(transaction)
    known = await joined.get(transaction, merger.act)
    if known is None:
        await joined.keep(transaction, [merger])
        await joined.follow(transaction, [merger.absorbed, merger.surviving])
        await _joined(transaction, merger)


async def _part(transaction: AsyncConnection, _: UUID, event: PersonsSeparated, __: None) -> None:
    """From the commit on, each stands for itself again. A merge that was not heard of yet will not join them. A split
    makes a person who is new, and changes nothing here."""
    ended = separated(event)
    if ended is None:
        return
    await joined.alone(transaction)
    known = await joined.get(transaction, ended.act)
    if known is None:
        await joined.keep(transaction, [ended])
    elif known.until is None:
        parted = replace(known, until=max(ended.since, known.since))
        await joined.keep(transaction, [parted])
        await joined.keep(transaction, lapsed(await joined.lasting(transaction, [known.absorbed, known.surviving])))
        await joined.follow(transaction, [known.absorbed, known.surviving])
        await _parted(transaction, parted, UUID(event.act_id))


def reactions(knowing: Knowing) -> list[Reaction]:
    """What consent does when others announce."""

    async def ask(changed: ProfessionalChanged) -> Professional | None:
        return await knowing.told(UUID(changed.professional_id))

    async def keep(transaction: AsyncConnection, _: UUID, __: ProfessionalChanged, found: Professional | None) -> None:
        if found is not None:
            await professionals.keep(transaction, found)

    async def ask_of_feeder(changed: FeederChanged) -> Feeder | None:
        return await knowing.told_of_feeder(UUID(changed.feeder_id))

    async def keep_feeder(transaction: AsyncConnection, _: UUID, __: FeederChanged, found: Feeder | None) -> None:
        if found is not None:
            await feeders.keep(transaction, found)

    return [
        Reaction(PROFESSIONAL_CHANGED, ProfessionalChanged, keep, ask),
        Reaction(FEEDER_CHANGED, FeederChanged, keep_feeder, ask_of_feeder),
        Reaction(PERSONS_MERGED, PersonsMerged, _join),
        Reaction(PERSONS_SEPARATED, PersonsSeparated, _part),
    ]
