"""Offers of the present: searched by words, codes, age, territory and distance, and those nobody confirmed lately."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, bindparam, func, or_, select, tuple_
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
    some = offer.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    rows = await connection.execute(select(offer.c.id, offer.c.version).where(some), {"ids": list(ids)})
    return {row.id: row.version for row in rows}


async def exists(connection: AsyncConnection, id: UUID) -> bool:
    return bool(await connection.scalar(select(offer.c.id).where(offer.c.id == id)))


async def search(connection: AsyncConnection, filters: OfferFilters, after: UUID | None, limit: int) -> list[Found]:
    """Up to `limit` offers by name, or the nearest first; those after the offer `after`."""
    if filters.near is None:
        return await _page(connection, _conditions(filters), _by_name, after, limit)
    near = filters.near
    return await _page(connection, _conditions(filters), lambda of: distance(near, of), after, limit, is_distance=True)


async def stale(
    connection: AsyncConnection,
    territories: Collection[TerritoryCode],
    since: datetime,
    after: UUID | None,
    limit: int,
) -> list[Found]:
    """Up to `limit` offers that nobody changed or confirmed since then, the oldest first."""
    return await _page(connection, _stale(territories, since), _by_confirmation, after, limit)


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


def _by_name(of: Any) -> ColumnElement[Any]:
    rank: ColumnElement[Any] = of.c.search
    return rank


def _by_confirmation(of: Any) -> ColumnElement[Any]:
    rank: ColumnElement[Any] = of.c.confirmed_at
    return rank


async def _page(
    connection: AsyncConnection,
    conditions: Collection[ColumnElement[bool]],
    rank: Callable[[Any], ColumnElement[Any]],
    after: UUID | None,
    limit: int,
    is_distance: bool = False,
) -> list[Found]:
    """The first `limit` in the order of their rank, after an offer. What is said is read of these alone."""
    position = (offer.c.id, offer.c.shown, offer.c.structure_id, offer.c.version, offer.c.territory)
    wanted = select(*position, rank(offer).label("rank")).where(*conditions)
    if after is not None:
        last = offer.alias()
        its_rank = select(rank(last)).where(last.c.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(rank(offer), offer.c.id) > tuple_(its_rank, after))
    first = wanted.order_by(rank(offer), offer.c.id).limit(limit).subquery("first")
    told = (
        select(fact, first.c.version, first.c.territory.label("given_in"), first.c.rank, structure.c.name)
        .select_from(first)
        .join(fact, fact.c.id == first.c.shown)
        .join(structure, structure.c.id == first.c.structure_id)
        .order_by(first.c.rank, first.c.id)
    )
    return [
        Found(told_of(row), row.version, row.name, row.given_in, row.rank if is_distance else None)
        for row in await connection.execute(told)
    ]


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
    return asked + (within(filters.near, filters.within_metres) if filters.near else [])


def within(near: Position, metres: int, of: Any = offer) -> list[ColumnElement[bool]]:
    """A box that an index answers, then the circle in it. `of`: what has `latitude` and `longitude`."""
    north = metres / DEGREE_METRES
    east = north / max(NARROWEST, cos(radians(near.latitude)))
    return [
        of.c.latitude.between(near.latitude - north, near.latitude + north),
        of.c.longitude.between(near.longitude - east, near.longitude + east),
        distance(near, of) <= metres,
    ]
