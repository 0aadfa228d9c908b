"""The table `structure`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.facts import Fact
from terresante_directory.domain.identifiers import StructureId
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.structures import already_registered
from terresante_directory.store.present.choosing import Shown
from terresante_directory.store.tables import structure

IDS = bindparam("ids", type_=ARRAY(Uuid))
BEFORE: Select[Any] = select(
    structure.c.id,
    structure.c.version,
    structure.c.territory,
    structure.c.part_of,
    structure.c.closed,
    structure.c.stands,
    structure.c.shown,
).where(structure.c.id == any_(IDS))
GONE = (
    update(structure)
    .where(structure.c.id == any_(IDS))
    .values(stands=False, shown=None, version=structure.c.version + 1)
)
_keep = insert(structure)
KEEP = _keep.on_conflict_do_update(
    index_elements=[structure.c.id],
    set_={column.name: _keep.excluded[column.name] for column in structure.c if column.name != "id"},
)


async def show(
    transaction: AsyncConnection, wanted: Sequence[Shown], turning: bool
) -> tuple[dict[StructureId, int], list[UUID]]:
    """The versions of those that changed, and those of them that are elsewhere, closed or open again.

    Raises `StructureAlready` where the table says so: two that exchange a number in one act.
    """
    if not wanted:
        return {}, []
    before = {
        row.id: row for row in await transaction.execute(BEFORE, {"ids": [UUID(one.subject.id) for one in wanted]})
    }
    rows, gone = [], []
    for one in wanted:
        id = UUID(one.subject.id)
        was = before.get(id)
        if turning and one.is_in(was):
            continue
        if one.fact is not None:
            rows.append(_row(id, one.fact, one.stands, was.version + 1 if was else 1))
        elif was is not None:
            gone.append(id)
    if gone:
        await transaction.execute(GONE, {"ids": gone})
    if rows:
        try:
            await transaction.execute(KEEP, sorted(rows, key=lambda row: row["stands"] and not row["closed"]))
        except IntegrityError:
            raise already_registered() from None
    versions = {StructureId(row["id"]): row["version"] for row in rows}
    versions |= {StructureId(id): before[id].version + 1 for id in gone}
    moved = [row["id"] for row in rows if row["id"] in before and _moved(before[row["id"]], row)]
    return versions, moved + gone


def _moved(was: Row[Any], row: dict[str, Any]) -> bool:
    return any(getattr(was, name) != row[name] for name in ("territory", "part_of", "closed", "stands"))


def _row(id: UUID, fact: Fact, stands: bool, version: int) -> dict[str, Any]:
    said = StructureContent.of(fact.content)
    return {
        "id": id,
        "name": said.name,
        "kind": said.kind,
        "finess": said.finess or None,
        "siret": said.siret or None,
        "territory": said.territory_code,
        "part_of": UUID(said.part_of) if said.part_of else None,
        "postal_code": said.postal_code,
        "commune": said.commune,
        "search": said.search_column(),
        "version": version,
        "level": said.level,
        "siren": said.siren or None,
        "commune_code": said.commune_code,
        "latitude": said.position.latitude if said.position else None,
        "longitude": said.position.longitude if said.position else None,
        "closed": said.closed,
        "stands": stands,
        "shown": fact.id,
    }
