"""What a decision is made of, loaded in one query for all that is asked at once.

The two statements below run on every guarded request, so they go to the driver as they are: through SQLAlchemy the same
read costs about twice the processor time (docs/performance.md). Everything they say about a patient is one snapshot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from terresante_consent.domain.professionals import Place, Professional
from terresante_consent.domain.representation import Representation, RepresentationId, Right
from terresante_consent.domain.vocabulary import PersonId, PlaceId, ProfessionalId, StructureId
from terresante_consent.store.joined import blocked, circle_allows, consent_stands
from terresante_consent.store.professionals import mandate


@dataclass(frozen=True, slots=True)
class Pair:
    """One caller and one patient. `patient` None: there is no patient yet."""

    caller: UUID
    patient: UUID | None


@dataclass(frozen=True, slots=True)
class ProfessionalStanding:
    """What a professional is to a patient, whatever the place they act from."""

    known: Professional | None
    """None: never heard of."""
    consent_in_force: bool
    blocked: bool
    member: bool
    member_agreed: bool
    since: datetime | None
    """Since when; None: is no active member in person."""
    structures: Mapping[UUID, datetime]
    """Structures that are active members, and since when."""
    structures_agreed: frozenset[UUID]
    emergency_open: bool
    newcomers_see_earlier: bool
    joined: bool
    """The patient is one person with another: consent, blocks and settings are those of both."""


@dataclass(frozen=True, slots=True)
class PersonStanding:
    """What somebody of the patient realm is to a patient."""

    consent_in_force: bool
    patient_may_write: bool
    joined: bool
    held: tuple[Representation, ...]


_CONSENT = f"""
    j.patient_id is not null as joined, {consent_stands("q.patient", "$3")} as consent_in_force
"""

# What a professional is comes with the first of their rows (`first`): a list asks about hundreds of patients at once.
OF_PROFESSIONALS = f"""
select q.place as asked, k.profession, k.health_professional, k.account_open, k.version, k.checked_at,
    k.mandate_territories, k.mandate_structures,
    p.place_ids, p.structure_ids, p.untils, p.territory_codes,
    {_CONSENT},
    {blocked("q.patient", "q.caller")} as blocked,
    m.since, m.member_agreed, m.structures, m.structures_since, m.structures_agreed,
    {circle_allows("newcomers_see_earlier", "q.patient")} as newcomers_see_earlier,
    exists (select from emergency_access e
        where e.patient_id = q.patient and e.professional_id = q.caller and e.closed_at is null
            and e.opened_at <= $3 and e.ends_at > $3) as emergency_open
from unnest($1::uuid[], $2::uuid[], $4::boolean[]) with ordinality as q(caller, patient, first, place)
left join known_professional k on q.first and k.professional_id = q.caller
left join joined j on j.patient_id = q.patient
cross join lateral (
    select array_agg(place_id) as place_ids, array_agg(structure_id) as structure_ids, array_agg(until) as untils,
        array_agg(territory_code) as territory_codes
    from known_place where q.first and professional_id = q.caller
) p
cross join lateral (
    select min(since) filter (where professional_id = q.caller) as since,
        bool_or(professional_id = q.caller and explicit_agreement) as member_agreed,
        array_agg(structure_id) filter (where structure_id is not null) as structures,
        array_agg(since) filter (where structure_id is not null) as structures_since,
        array_agg(structure_id) filter (where structure_id is not null and explicit_agreement) as structures_agreed
    from circle_member
    where patient_id = q.patient and until is null and (professional_id = q.caller or structure_id is not null)
) m
order by q.place
"""  # noqa: S608  # only our own constants are put together

OF_PERSONS = f"""
select q.place as asked, {_CONSENT}, r.held,
    {circle_allows("patient_may_write", "q.patient")} as patient_may_write
from unnest($1::uuid[], $2::uuid[]) with ordinality as q(caller, patient, place)
left join joined j on j.patient_id = q.patient
cross join lateral (
    select array_agg(row(representation_id, in_right, since, until, may_read, may_manage, appointed_by)) as held
    from representation
    where patient_id = q.patient and representative_id = q.caller and (until is null or until > $3)
) r
order by q.place
"""  # noqa: S608


async def of_professionals(driver: Any, pairs: Sequence[Pair], at: datetime) -> list[ProfessionalStanding]:
    """Standings in the order of the pairs. `driver`: an asyncpg connection."""
    callers = [pair.caller for pair in pairs]
    first = {caller: place for place, caller in reversed(list(enumerate(callers)))}
    firsts = [first[caller] == place for place, caller in enumerate(callers)]
    rows = await driver.fetch(OF_PROFESSIONALS, callers, [pair.patient for pair in pairs], at, firsts)
    known = {caller: _known(caller, rows[place]) for caller, place in first.items()}
    return [_of_professional(known[pair.caller], row) for pair, row in zip(pairs, rows, strict=True)]


async def of_persons(driver: Any, pairs: Sequence[Pair], at: datetime) -> list[PersonStanding]:
    """Standings in the order of the pairs. `driver`: an asyncpg connection."""
    rows = await driver.fetch(OF_PERSONS, [p.caller for p in pairs], [p.patient for p in pairs], at)
    return [
        PersonStanding(
            row["consent_in_force"],
            row["patient_may_write"],
            row["joined"],
            tuple(_held(pair, one) for one in row["held"] or ()),
        )
        for pair, row in zip(pairs, rows, strict=True)
    ]


def _known(caller: UUID, row: Any) -> Professional | None:
    if row["profession"] is None:
        return None
    places = zip(*(row[of] or () for of in ("place_ids", "structure_ids", "untils", "territory_codes")), strict=True)
    return Professional(
        id=ProfessionalId(caller),
        profession=row["profession"],
        health_professional=row["health_professional"],
        account_open=row["account_open"],
        places=tuple(
            Place(PlaceId(id), StructureId(structure), until, territory) for id, structure, until, territory in places
        ),
        version=row["version"],
        checked_at=row["checked_at"],
        mandate=mandate(row["mandate_territories"], row["mandate_structures"]),
    )


def _of_professional(known: Professional | None, row: Any) -> ProfessionalStanding:
    return ProfessionalStanding(
        known=known,
        consent_in_force=row["consent_in_force"],
        blocked=row["blocked"],
        member=row["since"] is not None,
        member_agreed=bool(row["member_agreed"]),
        since=row["since"],
        structures=dict(zip(row["structures"] or (), row["structures_since"] or (), strict=True)),
        structures_agreed=frozenset(row["structures_agreed"] or ()),
        emergency_open=row["emergency_open"],
        newcomers_see_earlier=row["newcomers_see_earlier"],
        joined=row["joined"],
    )


def _held(pair: Pair, one: Any) -> Representation:
    id, right, since, until, may_read, may_manage, appointed_by = one
    return Representation(
        id=RepresentationId(id),
        patient=PersonId(pair.patient or UUID(int=0)),
        representative=PersonId(pair.caller),
        right=Right(right),
        since=since,
        until=until,
        may_read=may_read,
        may_manage=may_manage,
        appointed_by=appointed_by,
    )
