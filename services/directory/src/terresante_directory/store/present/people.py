"""The tables `professional` and `place`. A place shows its dates itself, so time going on changes nothing of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, any_, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain import words
from terresante_directory.domain.facts import Fact, Subject
from terresante_directory.domain.identifiers import ProfessionalId
from terresante_directory.domain.professionals import already_registered, place_already
from terresante_directory.store.present.choosing import Shown
from terresante_directory.store.tables import place, professional

IDS = bindparam("ids", type_=ARRAY(Uuid))
BEFORE: Select[Any] = select(professional.c.id, professional.c.stands, professional.c.shown).where(
    professional.c.id == any_(IDS)
)
GONE = update(professional).where(professional.c.id == any_(IDS)).values(stands=False, shown=None)
RAISE = (
    update(professional)
    .where(professional.c.id == any_(IDS))
    .values(version=professional.c.version + 1)
    .returning(professional.c.id, professional.c.version)
)
_keep = insert(professional).values(version=1)
KEEP = _keep.on_conflict_do_update(
    index_elements=[professional.c.id],
    set_={
        column.name: _keep.excluded[column.name] for column in professional.c if column.name not in ("id", "version")
    },
)
_keep_place = insert(place)
KEEP_PLACE = _keep_place.on_conflict_do_update(
    index_elements=[place.c.id],
    set_={column.name: _keep_place.excluded[column.name] for column in place.c if column.name != "id"},
)
PLACES = select(place.c.id, place.c.professional_id).where(place.c.id == any_(IDS))
PRACTISING = (
    select(place.c.professional_id)
    .distinct()
    .where(place.c.structure_id == any_(IDS), or_(place.c.until.is_(None), place.c.until > bindparam("now")))
)
LOCK = select(professional.c.id).where(professional.c.id == any_(IDS)).order_by(professional.c.id).with_for_update()


async def show(
    transaction: AsyncConnection, wanted: Sequence[Shown], turning: bool
) -> tuple[dict[ProfessionalId, int], set[ProfessionalId]]:
    """Those that are new, at version 1; and those that changed, whose version is to be raised."""
    if not wanted:
        return {}, set()
    before = {
        row.id: row for row in await transaction.execute(BEFORE, {"ids": [UUID(one.subject.id) for one in wanted]})
    }
    rows, gone = [], []
    for one in wanted:
        id = UUID(one.subject.id)
        if turning and one.is_in(before.get(id)):
            continue
        if one.fact is not None:
            rows.append(_row(id, one.fact, one.stands))
        elif id in before:
            gone.append(id)
    if gone:
        await transaction.execute(GONE, {"ids": gone})
    if rows:
        try:
            await transaction.execute(KEEP, rows)
        except IntegrityError:
            raise already_registered() from None
    new = {ProfessionalId(row["id"]): 1 for row in rows if row["id"] not in before}
    return new, {ProfessionalId(id) for id in [*gone, *(row["id"] for row in rows)]} - set(new)


async def show_places(transaction: AsyncConnection, wanted: Mapping[Subject, Sequence[Fact]]) -> set[ProfessionalId]:
    """Whose places they are. A place of which nothing is said any more has no row."""
    ids = [UUID(subject.id) for subject in wanted]
    if not ids:
        return set()
    whose = {row.professional_id for row in await transaction.execute(PLACES, {"ids": ids})}
    gone = [UUID(subject.id) for subject, known in wanted.items() if not known]
    if gone:
        await transaction.execute(delete(place).where(place.c.id == any_(IDS)), {"ids": gone})
    rows = [_place(UUID(subject.id), known) for subject, known in wanted.items() if known]
    if rows:
        try:
            await transaction.execute(KEEP_PLACE, sorted(rows, key=lambda row: row["until"] is None))
        except IntegrityError:
            raise place_already() from None
    return {ProfessionalId(id) for id in whose | {row["professional_id"] for row in rows}}


async def practising(transaction: AsyncConnection, structures: Collection[UUID], now: datetime) -> set[ProfessionalId]:
    """Who practises in these structures now, or will."""
    if not structures:
        return set()
    rows = await transaction.execute(PRACTISING, {"ids": list(structures), "now": now})
    return {ProfessionalId(row.professional_id) for row in rows}


async def raise_versions(transaction: AsyncConnection, ids: Collection[ProfessionalId]) -> dict[ProfessionalId, int]:
    """Their versions, raised; in one order for all, so that two acts wait for each other."""
    if not ids:
        return {}
    wanted = {"ids": sorted(ids)}
    await transaction.execute(LOCK, wanted)
    return {ProfessionalId(row.id): row.version for row in await transaction.execute(RAISE, wanted)}


def _row(id: UUID, fact: Fact, stands: bool) -> dict[str, Any]:
    said = fact.content
    family_name, given_name = str(said["family_name"]), str(said["given_name"])
    return {
        "id": id,
        "rpps": said["rpps"] or None,
        "family_name": family_name,
        "given_name": given_name,
        "profession": said["profession"],
        "search": words.search_column(family_name, given_name),
        "stands": stands,
        "shown": fact.id,
    }


def _place(id: UUID, known: Sequence[Fact]) -> dict[str, Any]:
    """One span each: from the first beginning on, until the last end, with the last words."""
    ordered = sorted(known, key=lambda fact: (fact.span.start is not None, fact.span.start))
    last = ordered[-1]
    continues = str(last.content.get("continues_since") or "")
    return {
        "id": id,
        "professional_id": UUID(str(last.content["professional_id"])),
        "structure_id": UUID(str(last.content["structure_id"])),
        "role": last.content["role"],
        "since": ordered[0].span.start,
        "until": last.span.end,
        "continues_since": datetime.fromisoformat(continues) if continues else None,
        "shown": last.id,
    }
