"""What the imported national directory says of a professional, and where they practise."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Text, and_, column, select, table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.enrolment import KnownPractice, KnownProfessional, structure_of
from terresante_directory.domain.identifiers import Rpps, StructureId, TerritoryCode
from terresante_directory.store.tables import structure

NATIONAL = "annuaire"
"""The only source whose word lets somebody enrol by themselves."""
_told = table(
    "source_record",
    column("source"),
    column("kind"),
    column("key"),
    column("content", JSONB),
    column("gone"),
    column("vouched", ARRAY(Text)),
)
_where = _told.alias("of_structure")


async def by_rpps(connection: AsyncConnection, rpps: Rpps) -> KnownProfessional | None:
    """Somebody with that number, and where they practise; None if no extract names them (any more)."""
    key = f"rpps:{rpps.value}"
    wanted = select(_told.c.content, _told.c.vouched).where(
        _told.c.source == NATIONAL, _told.c.kind == "professional", _told.c.key == key, ~_told.c.gone
    )
    row = (await connection.execute(wanted)).first()
    if row is None:
        return None
    return KnownProfessional(
        rpps=rpps,
        family_name=row.content.get("family_name", ""),
        given_name=row.content.get("given_name", ""),
        profession=row.content.get("profession", ""),
        places=await _places(connection, key, frozenset(row.vouched)),
    )


async def here(connection: AsyncConnection, places: tuple[KnownPractice, ...]) -> list[StructureId | None]:
    """The structure of the directory that each place is; None where the directory says of none that it is."""
    numbers = {"finess": [one.finess for one in places], "siret": [one.siret for one in places]}
    found = defaultdict[tuple[str, str], list[tuple[StructureId, TerritoryCode]]](list)
    for name, values in numbers.items():
        number = structure.c[name]
        wanted = select(structure.c.id, structure.c.territory, number.label("number")).where(
            number.in_([value for value in values if value]), structure.c.stands, ~structure.c.closed
        )
        for row in await connection.execute(wanted.where(structure.c.level != "internal")):
            found[name, row.number].append((StructureId(row.id), TerritoryCode(row.territory)))
    return [structure_of(one, found["finess", one.finess], found["siret", one.siret]) for one in places]


async def _places(connection: AsyncConnection, key: str, vouched: frozenset[str]) -> tuple[KnownPractice, ...]:
    of_structure = and_(
        _where.c.source == NATIONAL,
        _where.c.kind == "structure",
        _where.c.key == _told.c.content["structure"].astext,
        ~_where.c.gone,
    )
    wanted = (
        select(
            _told.c.content.label("place"),
            _told.c.vouched,
            _where.c.content.label("structure"),
            _where.c.vouched.label("structure_vouched"),
        )
        .join(_where, of_structure)
        .where(
            _told.c.source == NATIONAL,
            _told.c.kind == "place",
            _told.c.content["professional"].astext == key,
            ~_told.c.gone,
        )
        .order_by(_told.c.key)
    )
    return tuple(
        _practice(row.place, row.structure, vouched.intersection(row.vouched, row.structure_vouched))
        for row in await connection.execute(wanted)
    )


def _practice(place: dict[str, Any], told: dict[str, Any], vouched: frozenset[str]) -> KnownPractice:
    return KnownPractice(
        structure_name=told.get("name", ""),
        finess=told.get("finess", ""),
        siret=told.get("siret", ""),
        postal_code=told.get("postal_code", ""),
        commune=told.get("commune", ""),
        role=place.get("role", ""),
        vouched=frozenset(TerritoryCode(code) for code in vouched),
    )
