"""Whom a patient concerns, in two queries through the driver: asked for each event that people are told of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from terresante_consent.domain.facts import Facts
from terresante_consent.domain.representation import ACTING
from terresante_consent.domain.vocabulary import Who
from terresante_consent.journal.leaf import Entry, decoded
from terresante_consent.store.joined import blocked, consent_stands

PROFESSIONALS = f"""
with member as (
    select professional_id, structure_id, explicit_agreement from circle_member
    where patient_id = $1 and until is null
), towards as (
    select professional_id as id, true as member, explicit_agreement as member_agreed,
        false as structure_member, false as structure_agreed
    from member where professional_id is not null
    union all
    select p.professional_id, false, false, true, m.explicit_agreement
    from member m join known_place p on p.structure_id = m.structure_id
        join known_professional k on k.professional_id = p.professional_id
    where (p.until is null or p.until > $2) and k.account_open
)
select t.id, coalesce(k.profession, '') as profession, coalesce(k.health_professional, false) as health_professional,
    bool_or(t.member) as member, bool_or(t.member_agreed) as member_agreed,
    bool_or(t.structure_member) as structure_member, bool_or(t.structure_agreed) as structure_agreed
from towards t left join known_professional k on k.professional_id = t.id
    left join joined j on j.patient_id = $1
where not {blocked("$1::uuid", "t.id")}
group by t.id, k.profession, k.health_professional
"""  # noqa: S608  # only our own constants are put together
OTHERS = f"""
select {consent_stands("$1")} as consent_in_force,
    array(
        select distinct r.representative_id from representation r
        where r.patient_id = $1 and (r.until is null or r.until > $2)
            and (r.may_read or r.in_right = any($4))
    ) as representatives,
    (select leaf from journal_entry where patient_id = $1 and entry_id = $3) as leaf
from (values ($1::uuid)) q(patient) left join joined j on j.patient_id = q.patient
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Concerned:
    """What each is to the patient: active members in person, and those who practise in a structure that is a member,
    whichever place they would choose; none that is blocked. Who was never heard of is of no profession.

    `representatives`: those who act or may read. `entry`: the journal's line asked for, if it is this patient's.
    """

    professionals: dict[UUID, Facts]
    representatives: list[UUID]
    consent_in_force: bool
    entry: Entry | None


async def concerned(driver: Any, patient: UUID, at: datetime, entry: UUID | None) -> Concerned:
    """Now, through the driver's own connection."""
    found = await driver.fetch(PROFESSIONALS, patient, at)
    others = await driver.fetchrow(OTHERS, patient, at, entry, [right.value for right in ACTING])
    return Concerned(
        {row["id"]: _facts(row) for row in found},
        others["representatives"],
        others["consent_in_force"],
        decoded(others["leaf"]) if others["leaf"] is not None else None,
    )


def _facts(row: Any) -> Facts:
    return Facts(
        Who.PROFESSIONAL,
        row["profession"],
        health_professional=row["health_professional"],
        member=row["member"],
        member_agreed=row["member_agreed"],
        structure_member=row["structure_member"],
        structure_agreed=row["structure_agreed"],
    )
