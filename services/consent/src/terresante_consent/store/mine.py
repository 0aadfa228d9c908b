"""Patients around whom somebody may have conversations, through the driver: what they may is decided on each."""

from datetime import datetime
from typing import Any
from uuid import UUID

OF_PROFESSIONAL = """
select patient, max(since) as since from (
    select patient_id as patient, since from circle_member where professional_id = $1 and until is null
    union all
    select patient_id, since from circle_member where structure_id = $2 and until is null
    union all
    select patient_id, opened_at from emergency_access
    where professional_id = $1 and closed_at is null and ends_at > $3
) around
group by patient order by since desc, patient desc limit $4
"""
OF_PERSON = """
select patient_id as patient, max(since) as since from representation
where representative_id = $1 and (until is null or until > $2)
group by patient_id order by since desc, patient desc limit $3
"""


async def of_professional(driver: Any, id: UUID, structure: UUID | None, at: datetime, most: int) -> list[UUID]:
    """Members in person, by the structure, and emergencies, newest first. `driver`: an asyncpg connection."""
    return [row["patient"] for row in await driver.fetch(OF_PROFESSIONAL, id, structure, at, most)]


async def of_person(driver: Any, id: UUID, at: datetime, most: int) -> list[UUID]:
    """Themselves, and whom they represent, newest first. `driver`: an asyncpg connection."""
    return [id, *(row["patient"] for row in await driver.fetch(OF_PERSON, id, at, most - 1))]
