"""The patients of somebody. Whom a patient concerns: `concerned.py`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    TextClause,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_consent.store.joined import blocked, consent_stands
from terresante_consent.store.tables import circle_member, joined, representation

_joined = joined.alias("j")
_NOT_BLOCKED = text(f"not {blocked('circle_member.patient_id', ':professional')}")
_IN_FORCE = literal_column(consent_stands("page.patient"), Boolean).label("in_force")


@dataclass(frozen=True, slots=True)
class MyPatient:
    """A patient somebody looks after."""

    patient: UUID
    since: datetime
    consent_in_force: bool


@dataclass(frozen=True, slots=True)
class After:
    """Where a page goes on: behind this line of the list."""

    since: datetime
    patient: UUID


async def patients_of_professional(
    connection: AsyncConnection,
    professional: UUID,
    structure: UUID | None,
    health_professional: bool,
    after: After | None,
    limit: int,
) -> list[MyPatient]:
    """Patients in whose circle the professional is, in person or by the structure, most recent first. Left out: those
    who block them, and memberships that lack the agreement they would need."""
    member = circle_member
    by_structure = member.c.structure_id == structure if structure else literal(False)
    lasting: list[ColumnElement[bool] | TextClause] = [
        member.c.until.is_(None),
        or_(member.c.professional_id == professional, by_structure),
        _NOT_BLOCKED.bindparams(professional=professional),
    ]
    if not health_professional:
        lasting.append(member.c.explicit_agreement)
    around = (
        select(member.c.patient_id.label("patient"), func.max(member.c.since).label("since"))
        .select_from(member.outerjoin(_joined, _joined.c.patient_id == member.c.patient_id))
        .where(*lasting)
        .group_by(member.c.patient_id)
        .subquery()
    )
    return await _page(connection, select(around.c.patient, around.c.since), after, limit)


async def patients_represented(
    connection: AsyncConnection, representative: UUID, at: datetime, after: After | None, limit: int
) -> list[MyPatient]:
    """Patients whom somebody represents at that moment, most recent first."""
    held = (
        select(representation.c.patient_id.label("patient"), func.max(representation.c.since).label("since"))
        .where(
            representation.c.representative_id == representative,
            or_(representation.c.until.is_(None), representation.c.until > at),
        )
        .group_by(representation.c.patient_id)
        .subquery()
    )
    return await _page(connection, select(held.c.patient, held.c.since), after, limit)


async def _page(
    connection: AsyncConnection, wanted: Select[tuple[UUID, datetime]], after: After | None, limit: int
) -> list[MyPatient]:
    patient, since = wanted.selected_columns
    if after is not None:
        wanted = wanted.where(tuple_(since, patient) < tuple_(literal(after.since), literal(after.patient)))
    page = wanted.order_by(since.desc(), patient.desc()).limit(limit).subquery("page")
    found = await connection.execute(
        select(page.c.patient, page.c.since, _IN_FORCE)
        .select_from(page.outerjoin(_joined, _joined.c.patient_id == page.c.patient))
        .order_by(page.c.since.desc(), page.c.patient.desc())
    )
    return [MyPatient(row.patient, row.since, row.in_force) for row in found]
