"""The table `offer`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, any_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, Range, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.facts import Fact
from terresante_directory.domain.offers import OfferContent
from terresante_directory.store.present.choosing import Shown
from terresante_directory.store.tables import commune, offer, structure

IDS = bindparam("ids", type_=ARRAY(Uuid))
BEFORE: Select[Any] = select(offer.c.id, offer.c.version, offer.c.stands, offer.c.shown).where(offer.c.id == any_(IDS))
GONE = update(offer).where(offer.c.id == any_(IDS)).values(stands=False, shown=None, version=offer.c.version + 1)
PLACED = ("territory", "commune_code", "latitude", "longitude", "open")
"""What `place` writes."""
_keep = insert(offer)
KEEP = _keep.on_conflict_do_update(
    index_elements=[offer.c.id],
    set_={column.name: _keep.excluded[column.name] for column in offer.c if column.name not in ("id", *PLACED)},
)
_at = structure.outerjoin(commune, commune.c.code == structure.c.commune_code)
_where = (
    select(
        structure.c.id,
        structure.c.territory,
        structure.c.commune_code,
        func.coalesce(structure.c.latitude, commune.c.latitude).label("latitude"),
        func.coalesce(structure.c.longitude, commune.c.longitude).label("longitude"),
        (structure.c.stands & ~structure.c.closed).label("open"),
    )
    .select_from(_at)
    .subquery("given_at")
)
PLACE = (
    update(offer)
    .where(
        offer.c.structure_id == _where.c.id,
        or_(
            offer.c.structure_id == any_(bindparam("structures", type_=ARRAY(Uuid))),
            offer.c.id == any_(bindparam("offers", type_=ARRAY(Uuid))),
        ),
    )
    .values(
        territory=_where.c.territory,
        commune_code=_where.c.commune_code,
        latitude=func.coalesce(offer.c.own_latitude, _where.c.latitude),
        longitude=func.coalesce(offer.c.own_longitude, _where.c.longitude),
        open=_where.c.open & offer.c.stands & ~offer.c.closed,
    )
)


async def show(transaction: AsyncConnection, wanted: Sequence[Shown], turning: bool) -> dict[UUID, int]:
    """The versions of those that changed."""
    if not wanted:
        return {}
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
        await transaction.execute(KEEP, rows)
    return {row["id"]: row["version"] for row in rows} | {id: before[id].version + 1 for id in gone}


async def place(transaction: AsyncConnection, structures: Sequence[UUID], offers: Sequence[UUID]) -> None:
    """Where these offers, and those of these structures, are given: for searches by territory, commune and distance."""
    if structures or offers:
        await transaction.execute(PLACE, {"structures": list(structures), "offers": list(offers)})


def _row(id: UUID, fact: Fact, stands: bool, version: int) -> dict[str, Any]:
    said = OfferContent.of(fact.content)
    last = said.age_to_months
    return {
        "id": id,
        "structure_id": UUID(said.structure_id),
        "name": said.name,
        "type": said.type,
        "activity": said.activity,
        "ages": Range(said.age_from_months, None if last is None else last + 1),
        "sensitive": said.sensitive,
        "intervention_communes": list(said.intervention_communes),
        "own_latitude": said.position.latitude if said.position else None,
        "own_longitude": said.position.longitude if said.position else None,
        "confirmed_at": datetime.fromisoformat(said.confirmed_at),
        "search": said.search_column(),
        "closed": said.closed,
        "stands": stands,
        "shown": fact.id,
        "version": version,
    }
