"""Offers of the present: searched by words, codes, age, territory and distance, and those nobody confirmed lately."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, any_, bindparam, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.facts import Told
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.offers import OfferFilters
from terresante_directory.domain.positions import Position
from terresante_directory.store.facts import told_of
from terresante_directory.store.tables import fact, offer, structure

EARTH_METRES = 6_371_000
DEGREE_METRES = 111_195
"""Of latitude; of longitude at the equator."""
NARROWEST = 0.01
"""Least cosine of a latitude: nearer to the poles, all longitudes are looked at."""


@dataclass(frozen=True, slots=True)
class Found:
    """An offer as it stands. `distance`: metres, in a search by distance."""

    told: Told
    version: int
    structure_name: str
    territory: str
    distance: float | None


async def versions(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, int]:
    """Of those that ever were, whether they stand or not."""
    within = offer.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    rows = await connection.execute(select(offer.c.id, offer.c.version).where(within), {"ids": list(ids)})
    return {row.id: row.version for row in rows}


async def exists(connection: AsyncConnection, id: UUID) -> bool:
    return bool(await connection.scalar(select(offer.c.id).where(offer.c.id == id)))


async def search(connection: AsyncConnection, filters: OfferFilters, after: UUID | None, limit: int) -> list[Found]:
    """Up to `limit` offers by name, or the nearest first; those after the offer `after`."""
    away = distance(filters.near) if filters.near else None
    wanted = _shown(away).where(*_conditions(filters)).limit(limit)
    rank = offer.c.search if away is None else away
    if after is not None:
        last = offer.alias()
        its_rank = last.c.search if filters.near is None else distance(filters.near, last)
        wanted = wanted.where(
            tuple_(rank, offer.c.id) > tuple_(select(its_rank).where(last.c.id == after).scalar_subquery(), after)
        )
    return [_found(row) for row in await connection.execute(wanted.order_by(rank, offer.c.id))]


async def stale(
    connection: AsyncConnection,
    territories: Collection[TerritoryCode],
    since: datetime,
    after: UUID | None,
    limit: int,
) -> list[Found]:
    """Up to `limit` offers that nobody changed or confirmed since then, the oldest first."""
    wanted = _shown(None).where(*_stale(territories, since)).order_by(offer.c.confirmed_at, offer.c.id).limit(limit)
    if after is not None:
        last = offer.alias()
        position = select(last.c.confirmed_at).where(last.c.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(offer.c.confirmed_at, offer.c.id) > tuple_(position, after))
    return [_found(row) for row in await connection.execute(wanted)]


async def count_stale(connection: AsyncConnection, territories: Collection[TerritoryCode], since: datetime) -> int:
    counted = select(func.count()).select_from(offer).where(*_stale(territories, since))
    return int(await connection.scalar(counted) or 0)


def distance(near: Position, of: Any = offer) -> ColumnElement[float]:
    """Metres from a place, the Earth taken as a sphere (haversine)."""
    north = func.sin(func.radians(of.c.latitude - near.latitude) / 2)
    east = func.sin(func.radians(of.c.longitude - near.longitude) / 2)
    narrower = cos(radians(near.latitude)) * func.cos(func.radians(of.c.latitude))
    half: ColumnElement[float] = (
        2 * EARTH_METRES * func.asin(func.least(1.0, func.sqrt(north * north + narrower * east * east)))
    )
    return half


def _stale(territories: Collection[TerritoryCode], since: datetime) -> list[ColumnElement[bool]]:
    return [offer.c.open, offer.c.territory.in_(sorted(territories)), offer.c.confirmed_at < since]


def _shown(away: ColumnElement[float] | None) -> Select[Any]:
    return (
        select(
            fact,
            offer.c.version.label("offer_version"),
            offer.c.territory.label("offer_territory"),
            structure.c.name.label("structure_name"),
            (literal(None) if away is None else away).label("distance"),
        )
        .select_from(offer)
        .join(fact, fact.c.id == offer.c.shown)
        .join(structure, structure.c.id == offer.c.structure_id)
    )


def _conditions(filters: OfferFilters) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = [offer.c.stands if filters.with_closed else offer.c.open]
    asked += [offer.c.search.like(f"% {word}%") for word in filters.words]
    if not filters.with_sensitive:
        asked.append(~offer.c.sensitive)
    if filters.territory:
        asked.append(offer.c.territory == filters.territory)
    if filters.structure is not None:
        asked.append(offer.c.structure_id == filters.structure)
    if filters.activities:
        asked.append(offer.c.activity.in_(filters.activities))
    if filters.types:
        asked.append(offer.c.type.in_(filters.types))
    if filters.age_months is not None:
        asked.append(offer.c.ages.contains(filters.age_months))
    if filters.commune:
        serves = offer.c.intervention_communes.contains([filters.commune])
        asked.append(or_(offer.c.commune_code == filters.commune, serves))
    return asked + (_within(filters.near, filters.within_metres) if filters.near else [])


def _within(near: Position, metres: int) -> list[ColumnElement[bool]]:
    """A box that an index answers, then the circle in it."""
    north = metres / DEGREE_METRES
    east = north / max(NARROWEST, cos(radians(near.latitude)))
    return [
        offer.c.latitude.between(near.latitude - north, near.latitude + north),
        offer.c.longitude.between(near.longitude - east, near.longitude + east),
        distance(near) <= metres,
    ]


def _found(row: Any) -> Found:
    return Found(told_of(row), row.offer_version, row.structure_name, row.offer_territory, row.distance)
