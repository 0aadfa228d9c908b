"""Structures, offers, professionals and territories that match what is typed, by indexes of words and numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.finding import Hit, Match, Typed
from terresante_directory.domain.professionals import Profession
from terresante_directory.store.tables import commune, offer, place, professional, structure, territory

MOST_INSIDE = 300
"""How many are looked at to choose the first by name: in the order of names, PostgreSQL would go through all."""
STRUCTURES: Select[Any] = select(
    structure.c.id,
    structure.c.name,
    structure.c.commune,
    structure.c.finess,
    structure.c.territory,
    structure.c.search,
).where(structure.c.stands)
OFFERS: Select[Any] = (
    select(offer.c.id, offer.c.name, structure.c.name.label("at"), offer.c.territory, offer.c.search)
    .join(structure, structure.c.id == offer.c.structure_id)
    .where(offer.c.open)
)
PROFESSIONALS: Select[Any] = select(
    professional.c.id,
    professional.c.family_name,
    professional.c.given_name,
    professional.c.profession,
    professional.c.rpps,
    professional.c.search,
).where(professional.c.stands)


async def structures(connection: AsyncConnection, typed: Typed) -> list[Hit]:
    """By name, commune, FINESS or SIRET."""
    wanted = STRUCTURES.where(structure.c.territory == typed.territory) if typed.territory else STRUCTURES
    numbered = or_(structure.c.finess.like(f"{typed.number}%"), structure.c.siret.like(f"{typed.number}%"))
    found = await _found(connection, wanted, structure.c.search, typed, numbered)
    return [
        Hit(
            "structure",
            str(row.id),
            row.name,
            " · ".join(filter(None, (row.commune, row.finess))),
            row.territory,
            match,
        )
        for row, match in found
    ]


async def offers(connection: AsyncConnection, typed: Typed) -> list[Hit]:
    """By name."""
    wanted = OFFERS.where(offer.c.territory == typed.territory) if typed.territory else OFFERS
    found = await _found(connection, wanted, offer.c.search, typed, None)
    return [Hit("offer", str(row.id), row.name, row.at, row.territory, match) for row, match in found]


async def professionals(connection: AsyncConnection, typed: Typed, professions: Mapping[str, Profession]) -> list[Hit]:
    """By name or RPPS. In a territory: who practises there, or did."""
    wanted = PROFESSIONALS
    if typed.territory:
        there = exists().where(
            place.c.professional_id == professional.c.id,
            place.c.structure_id == structure.c.id,
            structure.c.territory == typed.territory,
        )
        wanted = wanted.where(there)
    numbered = professional.c.rpps.like(f"{typed.number}%")
    found = await _found(connection, wanted, professional.c.search, typed, numbered)
    return [
        Hit(
            "professional",
            str(row.id),
            f"{row.given_name} {row.family_name}",
            _detail(_label(professions, row.profession), row.rpps),
            typed.territory,
            match,
        )
        for row, match in found
    ]


async def territories(connection: AsyncConnection, typed: Typed) -> list[Hit]:
    """By name: there are a few dozen."""
    wanted = select(territory).where(territory.c.stands)
    if typed.territory:
        wanted = wanted.where(territory.c.code == typed.territory)
    for word in typed.words:
        wanted = wanted.where(territory.c.search.like(f"% {word}%"))
    rows = await connection.execute(wanted.order_by(territory.c.search).limit(typed.limit))
    return [Hit("territory", row.code, row.name, row.department, row.code, Match.BEGINS) for row in rows]


async def covers(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, str]:
    """The territory that covers each of these communes, of those that are covered."""
    wanted = select(commune.c.code, commune.c.territory).where(
        commune.c.code.in_(codes), commune.c.territory.is_not(None)
    )
    return {row.code: row.territory for row in await connection.execute(wanted)}


async def _found(
    connection: AsyncConnection,
    wanted: Select[Any],
    search: ColumnElement[str],
    typed: Typed,
    numbered: ColumnElement[bool] | None,
) -> list[tuple[Any, Match]]:
    """The best ways first; a worse one is tried only as long as there are too few."""
    found: dict[Any, tuple[Any, Match]] = {}
    for match, condition in _ways(search, typed, numbered):
        if len(found) >= typed.limit:
            break
        matching = wanted.where(condition)
        if match is Match.INSIDE:
            some = matching.limit(MOST_INSIDE).subquery()
            ordered = select(some).order_by(some.c.search)
        else:
            ordered = matching.order_by(search)
        for row in await connection.execute(ordered.limit(typed.limit)):
            found.setdefault(row.id, (row, Match.MISTYPED if typed.mistyped else match))
    return list(found.values())[: typed.limit]


def _ways(
    search: ColumnElement[str], typed: Typed, numbered: ColumnElement[bool] | None
) -> list[tuple[Match, ColumnElement[bool]]]:
    ways: list[tuple[Match, ColumnElement[bool]]] = []
    if typed.number and numbered is not None:
        ways.append((Match.NUMBER, numbered))
    first, *others = typed.words
    begins = [search.like(f" {first}%"), *(search.like(f"% {word}%") for word in others)]
    ways.append((Match.BEGINS, and_(*begins)))
    if typed.has_inside:
        ways.append((Match.INSIDE, and_(*(search.like(f"% {word}%") for word in typed.words))))
    return ways


def _detail(*parts: str | None) -> str:
    return " · ".join(filter(None, parts))


def _label(professions: Mapping[str, Profession], code: str) -> str:
    return professions[code].label if code in professions else code
