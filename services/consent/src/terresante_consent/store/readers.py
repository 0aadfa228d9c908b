"""Who is around conversations, in two queries through the driver for all that is asked at once: asked for every
delivery."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from terresante_consent.domain.facts import Facts
from terresante_consent.domain.reading import Around
from terresante_consent.domain.representation import ACTING
from terresante_consent.domain.vocabulary import Who
from terresante_consent.store.joined import blocked, circle_allows, consent_stands

_PRACTISED = "(p.until is null or p.until > $2)"

AROUND = f"""
with asked as materialized (
    select q.patient, {consent_stands("q.patient", "$2")} as consent_in_force,
        {circle_allows("newcomers_see_earlier", "q.patient")} as sees_earlier
    from unnest($1::uuid[]) q(patient) left join joined j on j.patient_id = q.patient
), member as materialized (
    select m.patient_id as patient, m.professional_id, m.structure_id, m.explicit_agreement as agreed, m.since
    from asked a join circle_member m on m.patient_id = a.patient and m.until is null
), towards as (
    select patient, professional_id as id, since as in_person, agreed as member_agreed,
        null::timestamptz as since, false as agreed, false as emergency
    from member where professional_id is not null
    union all
    select m.patient, p.professional_id, null, false, m.since, m.agreed, false
    from member m join known_place p on p.structure_id = m.structure_id where {_PRACTISED}
    union all
    select a.patient, e.professional_id, null, false, null, false, true
    from asked a join emergency_access e on e.patient_id = a.patient
    where e.closed_at is null and e.opened_at <= $2 and e.ends_at > $2
), someone as (
    select patient, id, min(in_person) as in_person, bool_or(member_agreed) as member_agreed,
        bool_or(since is not null) as structure_member, bool_or(agreed) as structure_agreed,
        min(since) as by_structure, min(since) filter (where agreed) as by_agreed, bool_or(emergency) as emergency
    from towards group by patient, id
)
select s.*, k.profession, k.health_professional, k.account_open, a.consent_in_force, a.sees_earlier,
    {blocked("s.patient", "s.id")} as blocked,
    case when s.in_person is not null or s.emergency then exists (
        select from known_place p where p.professional_id = s.id and {_PRACTISED} and not exists (
            select from member m where m.patient = s.patient and m.structure_id = p.structure_id)
    ) else false end as elsewhere
from someone s join known_professional k on k.professional_id = s.id join asked a on a.patient = s.patient
    left join joined j on j.patient_id = s.patient
"""  # noqa: S608  # only our own words are put together

OTHERS = f"""
select 'representative' as told, r.patient_id as of, r.representative_id as id, '' as profession, false as health,
    bool_or(r.in_right = any($3::text[])) as acts, bool_or(r.may_read) as may_read
from unnest($1::uuid[]) q(patient) join representation r on r.patient_id = q.patient
where r.since <= $2 and (r.until is null or r.until > $2)
group by r.patient_id, r.representative_id
union all
select distinct 'team', p.structure_id, p.professional_id, k.profession, k.health_professional, false, false
from unnest($4::uuid[]) q(structure) join known_place p on p.structure_id = q.structure
    join known_professional k on k.professional_id = p.professional_id
where {_PRACTISED} and k.account_open
union all
select 'party', k.professional_id, k.professional_id, k.profession, k.health_professional, false, false
from unnest($5::uuid[]) q(party) join known_professional k on k.professional_id = q.party
where k.account_open and exists (
    select from known_place p where p.professional_id = k.professional_id and {_PRACTISED})
union all
select 'portal', f.feeder_id, f.feeder_id, '', false, false, false
from unnest($5::uuid[]) q(party) join known_feeder f on f.feeder_id = q.party where f.account_open
"""  # noqa: S608


@dataclass(slots=True)
class Candidates:
    """Who is around what was asked about, whatever they may."""

    around: dict[UUID, list[Around]] = field(default_factory=dict)
    """By patient: professionals of the circle in person or by a structure, and those with an open emergency access."""
    seeing_earlier: set[UUID] = field(default_factory=set)
    """Patients whose circle shows newcomers what was written before."""
    representing: dict[UUID, dict[UUID, Facts]] = field(default_factory=dict)
    """By patient: who represents them now."""
    teams: dict[UUID, list[tuple[UUID, Facts]]] = field(default_factory=dict)
    """By structure: who practises there now."""
    parties: dict[UUID, Facts] = field(default_factory=dict)
    """Professionals who practise somewhere, and feeders, by id."""


async def candidates(
    driver: Any, patients: Sequence[UUID], structures: Sequence[UUID], parties: Sequence[UUID], at: datetime
) -> Candidates:
    """As committed when the queries start. `driver`: an asyncpg connection. No id is to stand twice."""
    found = Candidates()
    if patients:
        for row in await driver.fetch(AROUND, patients, at):
            found.around.setdefault(row["patient"], []).append(_around(row))
            if row["sees_earlier"]:
                found.seeing_earlier.add(row["patient"])
    acting = [right.value for right in ACTING]
    for row in await driver.fetch(OTHERS, patients, at, acting, structures, parties):
        _add(found, row)
    return found


def _around(row: Any) -> Around:
    health = row["health_professional"]
    facts = Facts(
        Who.PROFESSIONAL,
        row["profession"],
        strong_login=True,
        account_open=row["account_open"],
        practises=True,
        health_professional=health,
        consent_in_force=row["consent_in_force"],
        blocked=row["blocked"],
        member=row["in_person"] is not None,
        member_agreed=row["member_agreed"],
        structure_member=row["structure_member"],
        structure_agreed=row["structure_agreed"],
        emergency_open=row["emergency"],
    )
    by_structure = row["by_structure"] if health else row["by_agreed"]
    return Around(row["id"], facts, row["in_person"], by_structure, row["elsewhere"])


def _add(found: Candidates, row: Any) -> None:
    of, id = row["of"], row["id"]
    if row["told"] == "representative":
        facts = Facts(Who.PATIENT, strong_login=True, acts=row["acts"], may_read=row["may_read"])
        found.representing.setdefault(of, {})[id] = facts
    elif row["told"] == "portal":
        found.parties[of] = Facts(Who.SYSTEM, strong_login=True, account_open=True, feeder=True)
    else:
        facts = Facts(
            Who.PROFESSIONAL,
            row["profession"],
            strong_login=True,
            account_open=True,
            practises=True,
            health_professional=row["health"],
            in_team=row["told"] == "team",
        )
        if row["told"] == "team":
            found.teams.setdefault(of, []).append((id, facts))
        else:
            found.parties[of] = facts
