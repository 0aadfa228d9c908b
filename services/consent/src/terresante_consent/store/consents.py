"""Consents, and the circle that the first one opens."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_consent.domain.circle import Circle, Member, MemberId, UnknownCircle
from terresante_consent.domain.consents import Consent, ConsentId, Form
from terresante_consent.domain.vocabulary import PersonId, ProfessionalId, StructureId
from terresante_consent.store.joined import circle_allows, consent_stands
from terresante_consent.store.tables import circle, circle_member, consent

_ALONE = text(
    "select pg_advisory_xact_lock_shared(hashtextextended('same person', 0)),"
    " pg_advisory_xact_lock(hashtextextended(:patient, 0))"
)
_CIRCLE = text(
    f"select version, {consent_stands('circle.patient_id')} as consent_in_force,"  # noqa: S608  # our own constants
    f" {circle_allows('patient_may_write', 'circle.patient_id')} as patient_may_write,"
    f" {circle_allows('newcomers_see_earlier', 'circle.patient_id')} as newcomers_see_earlier"
    " from circle left join joined j on j.patient_id = circle.patient_id where circle.patient_id = :patient"
)


async def alone_with(transaction: AsyncConnection, patient: UUID) -> None:
    """Makes changes about one patient wait for each other, and for a merge that is being taken in (`joined.alone`),
    until the end of the transaction. Reads do not wait."""
    await transaction.execute(_ALONE, {"patient": str(patient)})


async def of_patient(connection: AsyncConnection, *patients: UUID) -> list[Consent]:
    """All consents of a patient, or of several who are one person, newest first."""
    found = await connection.execute(
        select(consent).where(consent.c.patient_id.in_(patients)).order_by(consent.c.given_at.desc())
    )
    return [_consent(row) for row in found]


async def keep(transaction: AsyncConnection, new: Consent) -> None:
    """Keeps a new consent."""
    await transaction.execute(insert(consent).values(_of_consent(new)))


async def change(transaction: AsyncConnection, changed: Consent) -> None:
    """Keeps what became of it."""
    await transaction.execute(
        update(consent)
        .where(consent.c.consent_id == changed.id, consent.c.version == changed.version - 1)
        .values(withdrawn_at=changed.withdrawn_at, version=changed.version)
    )


async def open_circle(transaction: AsyncConnection, patient: UUID) -> bool:
    """Makes the circle unless the patient has one. Gives whether it is new."""
    made = await transaction.execute(insert(circle).values(patient_id=patient, version=1).on_conflict_do_nothing())
    return made.rowcount == 1


async def has_circle(connection: AsyncConnection, patient: UUID) -> bool:
    """Whether a consent was ever recorded: from then on there is a circle."""
    return bool((await connection.execute(select(exists().where(circle.c.patient_id == patient)))).scalar())


async def circle_of(connection: AsyncConnection, patient: UUID) -> Circle:
    """The circle with all its members, past ones included, oldest first. Refuses with CIRCLE_UNKNOWN."""
    row = (await connection.execute(_CIRCLE, {"patient": patient})).first()
    if row is None:
        raise UnknownCircle(
            "Ce patient n'a pas de cercle de soins : aucun consentement n'a encore été enregistré.",
            "Enregistrez d'abord le consentement du patient.",
        )
    members = await connection.execute(
        select(circle_member)
        .where(circle_member.c.patient_id == patient)
        .order_by(circle_member.c.since, circle_member.c.member_id)
    )
    return Circle(
        PersonId(patient),
        [_member(member) for member in members],
        row.consent_in_force,
        row.version,
        row.patient_may_write,
        row.newcomers_see_earlier,
    )


async def add_member(transaction: AsyncConnection, new: Member) -> None:
    """Keeps a new membership."""
    await transaction.execute(
        insert(circle_member).values(
            member_id=new.id,
            patient_id=new.patient,
            professional_id=new.professional,
            structure_id=new.structure,
            since=new.since,
            until=new.until,
            invited_by=new.invited_by,
            explicit_agreement=new.explicit_agreement,
            agreement_form=new.agreement_form.value if new.agreement_form else None,
        )
    )


async def end_member(transaction: AsyncConnection, ended: Member) -> None:
    """Keeps the end of a membership."""
    await transaction.execute(
        update(circle_member).where(circle_member.c.member_id == ended.id).values(until=ended.until)
    )


async def changed_circle(transaction: AsyncConnection, patient: UUID) -> Circle:
    """Gives the circle its next version; the circle as it is then."""
    await transaction.execute(update(circle).where(circle.c.patient_id == patient).values(version=circle.c.version + 1))
    return await circle_of(transaction, patient)


async def set_circle(transaction: AsyncConnection, patient: UUID, settings: Mapping[str, bool]) -> bool:
    """Keeps what that very circle's settings are from now on, by name, unless they are so. Gives whether they were
    not. Its version is `changed_circle`'s."""
    otherwise = or_(*(circle.c[name] != value for name, value in settings.items()))
    made = await transaction.execute(
        update(circle).where(circle.c.patient_id == patient, otherwise).values(dict(settings))
    )
    return made.rowcount == 1


def _of_consent(new: Consent) -> dict[str, Any]:
    return {
        "consent_id": new.id,
        "patient_id": new.patient,
        "form": new.form.value,
        "given_at": new.given_at,
        "given_by": new.given_by,
        "recorded_by": new.recorded_by,
        "notice_version": new.notice_version,
        "information_given": new.information_given,
        "withdrawn_at": new.withdrawn_at,
        "version": new.version,
    }


def _consent(row: Any) -> Consent:
    return Consent(
        id=ConsentId(row.consent_id),
        patient=PersonId(row.patient_id),
        form=Form(row.form),
        given_at=row.given_at,
        given_by=PersonId(row.given_by),
        recorded_by=ProfessionalId(row.recorded_by) if row.recorded_by else None,
        notice_version=row.notice_version,
        information_given=row.information_given,
        withdrawn_at=row.withdrawn_at,
        version=row.version,
    )


def _member(row: Any) -> Member:
    return Member(
        id=MemberId(row.member_id),
        patient=PersonId(row.patient_id),
        professional=ProfessionalId(row.professional_id) if row.professional_id else None,
        structure=StructureId(row.structure_id) if row.structure_id else None,
        since=row.since,
        invited_by=row.invited_by,
        explicit_agreement=row.explicit_agreement,
        agreement_form=Form(row.agreement_form) if row.agreement_form else None,
        until=row.until,
    )
