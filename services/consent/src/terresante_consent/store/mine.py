"""Patients around whom somebody may have conversations, through the driver: what they may is decided on each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from terresante_consent.domain.facts import Facts
from terresante_consent.domain.reading import Around
from terresante_consent.store.joined import blocked, circle_allows, consent_stands

OF_PROFESSIONAL = f"""
with around as (
    select patient_id as patient, since, since as in_person, explicit_agreement as member_agreed,
        null::timestamptz as by_structure, false as agreed, false as emergency
    from circle_member where professional_id = $1 and until is null
    union all
    select patient_id, since, null, false, since, explicit_agreement, false
    from circle_member where structure_id = any($2::uuid[]) and until is null
    union all
    select patient_id, opened_at, null, false, null, false, true
    from emergency_access where professional_id = $1 and closed_at is null and opened_at <= $3 and ends_at > $3
), someone as (
    select patient, max(since) as newest, min(in_person) as in_person, bool_or(member_agreed) as member_agreed,
        bool_or(agreed) as structure_agreed, min(by_structure) as by_structure,
        min(by_structure) filter (where agreed) as by_agreed, bool_or(emergency) as emergency,
        count(by_structure) < cardinality($2::uuid[]) as elsewhere
    from around group by patient order by newest desc, patient desc limit $4
)
select s.*, {consent_stands("s.patient", "$3")} as consent_in_force, {blocked("s.patient", "$1")} as blocked,
    {circle_allows("newcomers_see_earlier", "s.patient")} as sees_earlier
from someone s left join joined j on j.patient_id = s.patient order by s.newest desc, s.patient desc
"""  # noqa: S608  # only our own words are put together
"""A structure is an active member of a circle once: their number says whether one of the caller's is none."""

OF_PERSON = """
select patient_id as patient, max(since) as since from representation
where representative_id = $1 and (until is null or until > $2)
group by patient_id order by since desc, patient desc limit $3
"""


@dataclass(frozen=True, slots=True)
class Asking:
    """A professional, and the structures from which they ask."""

    caller: Facts
    """What is true of them towards any patient."""
    id: UUID
    structures: Collection[UUID]


async def of_professional(driver: Any, asking: Asking, at: datetime, most: int) -> list[tuple[UUID, Around, bool]]:
    """Patients in whose circle they are in person or by one of these structures, or whose record they opened in an
    emergency, newest first, each with what they are to them and whether newcomers see earlier messages there.
    `driver`: an asyncpg connection."""
    rows = await driver.fetch(OF_PROFESSIONAL, asking.id, sorted(asking.structures), at, most)
    return [(row["patient"], _around(asking, row), row["sees_earlier"]) for row in rows]


async def of_person(driver: Any, id: UUID, at: datetime, most: int) -> list[UUID]:
    """Themselves, and whom they represent, newest first. `driver`: an asyncpg connection."""
    return [id, *(row["patient"] for row in await driver.fetch(OF_PERSON, id, at, most - 1))]


def _around(asking: Asking, row: Any) -> Around:
    facts = asking.caller._replace(
        consent_in_force=row["consent_in_force"],
        blocked=row["blocked"],
        member=row["in_person"] is not None,
        member_agreed=row["member_agreed"],
        structure_member=row["by_structure"] is not None,
        structure_agreed=row["structure_agreed"],
        emergency_open=row["emergency"],
    )
    by_structure = row["by_structure"] if facts.health_professional else row["by_agreed"]
    return Around(asking.id, facts, row["in_person"], by_structure, row["elsewhere"])
