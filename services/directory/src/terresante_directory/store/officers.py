"""Mandates of identity officers: the one that stands, and those that ended, which are kept for ever."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.identifiers import AdministratorId, ProfessionalId, StructureId, TerritoryCode
from terresante_directory.domain.officers import Mandate, MandateId
from terresante_directory.store.tables import mandate

COLUMNS = tuple(
    mandate.c[name].label(f"mandate_{name}")
    for name in ("id", "territories", "structures", "touches", "since", "named_by")
)
"""What `standing` reads of a row that is joined with the mandate that stands, if any."""


async def save(transaction: AsyncConnection, kept: Mandate) -> None:
    """Keeps a new mandate, or the end of one."""
    keep = insert(mandate).values(
        id=kept.id,
        professional_id=kept.professional,
        territories=list(kept.territories),
        structures=list(kept.structures),
        touches=sorted(kept.touches),
        since=kept.since,
        until=kept.until,
        named_by=kept.named_by,
        ended_by=kept.ended_by,
    )
    end = {name: keep.excluded[name] for name in ("until", "ended_by")}
    await transaction.execute(keep.on_conflict_do_update(index_elements=[mandate.c.id], set_=end))


async def touching(connection: AsyncConnection, territories: Collection[TerritoryCode]) -> list[ProfessionalId]:
    """Whose mandates stand and concern one of these territories."""
    wanted = select(mandate.c.professional_id).where(
        mandate.c.until.is_(None), mandate.c.touches.overlap(sorted(territories))
    )
    return [ProfessionalId(row.professional_id) for row in await connection.execute(wanted)]


def standing(row: Row[Any]) -> Mandate | None:
    """The mandate of a row that has `COLUMNS` beside the professional's own."""
    if row.mandate_id is None:
        return None
    return Mandate(
        id=MandateId(row.mandate_id),
        professional=ProfessionalId(row.id),
        territories=tuple(map(TerritoryCode, row.mandate_territories)),
        structures=tuple(map(StructureId, row.mandate_structures)),
        touches=frozenset(map(TerritoryCode, row.mandate_touches)),
        since=row.mandate_since,
        named_by=AdministratorId(row.mandate_named_by),
    )
