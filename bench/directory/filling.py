"""A made-up region written through the directory's own acts: ten years of history, as `territory_work` makes it.

The national directory knows 440,000 professionals (500,000 lines of its extract) at the places of the region; the first
150,000 of them are enrolled.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from terresante_dev.territory_work import past
from terresante_dev.territory_work.making import Size, directory
from terresante_dev.territory_work.model import Directory, InternalOrganisation, LegalEntity, Offer, Site, id_of
from terresante_directory import gazetteer, reference
from terresante_directory.domain.acts import ActKind, ActOf
from terresante_directory.domain.facts import Content, Span, Statement
from terresante_directory.domain.identifiers import PlaceId, ProfessionalId, StructureId, TerritoryCode
from terresante_directory.domain.offers import Capacity, OfferContent
from terresante_directory.domain.positions import Position
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.subjects import of_offer, of_place, of_professional, of_structure
from terresante_directory.domain.telecoms import Telecom
from terresante_directory.domain.territories import Territory
from terresante_directory.store import acting
from terresante_directory.turning import Given, Turning
from terresante_platform.database import Database
from terresante_platform.ids import new_id

SEED = 1
DAY = date(2026, 1, 5)
BEGUN = datetime(2016, 1, 1, tzinfo=UTC)
CHUNK = 4_000
WHOLE = Size(professionals=440_000)
SMALL = Size(structures=1_000, professionals=22_000, offers=750)
ENROLLED = 150 / 440
"""Part of the professionals that the directory holds."""
KINDS = {
    "620": "pharmacy",
    "611": "laboratory",
    "500": "nursing_home",
    "354": "social_service",
    "355": "hospital_service",
}
"""Establishment categories (R66) to the kinds of structures; the rest are `cabinet`."""


def national(size: Size) -> Directory:
    return directory(size, seed=SEED, day=DAY)


def enrolled(made: Directory) -> Directory:
    """The part of it that the directory holds."""
    people = made.professionals[: round(ENROLLED * len(made.professionals))]
    keys = {one.key for one in people}
    return replace(made, professionals=people, places=tuple(one for one in made.places if one.professional in keys))


async def fill(database: Database, region: Directory) -> float:
    """Seconds that it took."""
    started = time.monotonic()
    at = BEGUN
    turning = Turning(database, _given(region), lambda: at)
    await turning.take_over()
    for statements in _chunks(_enrolments(region)):
        await _act(database, ActKind.ENROLLED, statements, at)
    changes = _changes(region)
    for at in _months():
        await turning.round()
        for chunk in _chunks(iter(changes.get(at, ()))):
            await _act(database, ActKind.CHANGED, chunk, at)
    return time.monotonic() - started


async def _act(database: Database, kind: ActKind, statements: Sequence[Statement], at: datetime) -> None:
    async with database.transaction() as transaction:
        await acting.act(transaction, ActOf(kind, None, starts=at), statements, at)


def _given(region: Directory) -> Given:
    made = {
        TerritoryCode(one.code): Territory(TerritoryCode(one.code), one.name, one.code[:2], True)
        for one in region.territories
    }
    covers = {code: TerritoryCode(one.code) for one in region.territories for code in one.communes}
    centres = {one.code: (one.latitude, one.longitude) for one in gazetteer.load().communes.values()}
    return Given(tuple({**reference.territories(), **made}.values()), covers, centres)


def _enrolments(region: Directory) -> Iterator[Statement]:
    """Parents before children, as they are at the end; what was otherwise before is changed afterwards, backwards."""
    for entity in region.entities:
        yield from _structure(entity.key, entity, _entity(entity))
    sites = {site.key: site for site in region.sites}
    for site in region.sites:
        yield from _structure(site.key, site, _site(site))
    territory = {site.key: site.territory for site in region.sites}
    for one in sorted(region.organisations, key=lambda one: _depth(one, sites)):
        yield from _structure(one.key, one, _organisation(one, territory[one.site], sites[one.site]))
    for offer in region.offers:
        content = _offer(offer)
        yield Statement(of_offer(id_of(offer.key)), Span(_noon(offer.opened)), content.content())
        if offer.closed:
            yield Statement(of_offer(id_of(offer.key)), Span(_noon(offer.closed)), content.shut("DEF", BEGUN).content())
    begun: dict[str, date] = {}
    for place in region.places:
        begun[place.professional] = min(place.since, begun.get(place.professional, place.since))
    for someone in region.professionals:
        said = {
            "rpps": someone.rpps,
            "family_name": someone.family_name,
            "given_name": someone.given_name,
            "profession": someone.profession,
        }
        since = _noon(begun.get(someone.key, date(2016, 1, 1)))
        yield Statement(of_professional(ProfessionalId(id_of(someone.key))), Span(since), said)
    for place in region.places:
        said = {
            "professional_id": str(id_of(place.professional)),
            "structure_id": str(id_of(place.site)),
            "role": place.role,
            "continues_since": "",
        }
        span = Span(_noon(place.since), _noon(place.until) if place.until else None)
        yield Statement(of_place(PlaceId(new_id())), span, said)


def _depth(one: InternalOrganisation, sites: dict[str, Site]) -> int:
    return 0 if one.parent in sites else 1


def _structure(key: str, of: Any, said: StructureContent) -> Iterator[Statement]:
    subject = of_structure(StructureId(id_of(key)))
    yield Statement(subject, Span(_noon(of.opened)), said.content())
    if of.closed:
        yield Statement(subject, Span(_noon(of.closed)), said.shut("DEF").content())


def _entity(one: LegalEntity) -> StructureContent:
    where = one.address
    return StructureContent(
        one.name, "legal_entity", "other", one.territory, finess=one.finess, siren=one.siren, **_address(where)
    )


def _site(one: Site) -> StructureContent:
    return StructureContent(
        one.name,
        "site",
        KINDS.get(one.category, "cabinet"),
        one.territory,
        part_of=str(id_of(one.entity)) if one.entity else "",
        finess=one.finess,
        siret=one.siret,
        telecoms=(Telecom("2", one.phone),),
        **_address(one.address),
    )


def _organisation(one: InternalOrganisation, territory: str, site: Site) -> StructureContent:
    return StructureContent(
        one.name, "internal", "hospital_service", territory, part_of=str(id_of(one.parent)), **_address(site.address)
    )


def _address(where: Any) -> dict[str, Any]:
    return {
        "address_line": f"{where.number} {where.street_kind} {where.street}",
        "postal_code": where.postal_code,
        "commune": where.town.title(),
        "commune_code": where.commune,
        "position": Position(where.latitude, where.longitude),
    }


def _offer(one: Offer) -> OfferContent:
    return OfferContent(
        structure_id=str(id_of(one.structure)),
        name=one.name,
        field=one.field,
        type=one.type,
        activity=one.activity,
        care_modes=(one.care_mode,) if one.care_mode else (),
        age_from_months=None if one.age_low is None else one.age_low * 12,
        age_to_months=None if one.age_high is None else one.age_high * 12,
        capacities=(Capacity("02", one.capacity),) if one.capacity is not None else (),
        telecoms=(Telecom("2", one.phone, "", int(one.confidentiality)),),
        sensitive=one.sensitive,
        confirmed_at=_noon(one.confirmed).isoformat(),
    )


def _months() -> list[datetime]:
    """The 28th of each month, then the day: as of each, what has come to hold is shown."""
    found = [_noon(date(year, month, 28)) for year in range(BEGUN.year, DAY.year) for month in range(1, 13)]
    return [*found, _noon(DAY)]


def _changes(region: Directory) -> dict[datetime, list[Statement]]:
    """Names of sites and capacities of offers as they were until a day, said on the 28th of that month."""
    sites = {site.key: site for site in region.sites}
    offers = {offer.key: offer for offer in region.offers}
    by_month: dict[datetime, list[Statement]] = {}
    for change in past.changes(region, SEED):
        statement = _before(change, sites, offers)
        if statement is not None:
            by_month.setdefault(_noon(change.on.replace(day=28)), []).append(statement)
    return by_month


def _before(change: past.Change, sites: dict[str, Site], offers: dict[str, Offer]) -> Statement | None:
    if change.field == "name":
        site = sites[change.key]
        content: Content = {**_site(site).content(), "name": change.before}
        return Statement(
            of_structure(StructureId(id_of(site.key))), Span(_noon(site.opened), _noon(change.on)), content
        )
    if change.field == "capacity":
        offer = offers[change.key]
        was = {
            **_offer(offer).content(),
            "capacities": [{"kind": "02", "total": int(change.before), "available": None}],
        }
        return Statement(of_offer(id_of(offer.key)), Span(_noon(offer.opened), _noon(change.on)), was)
    return None


def _chunks(statements: Iterator[Statement]) -> Iterator[list[Statement]]:
    part: list[Statement] = []
    for statement in statements:
        part.append(statement)
        if len(part) >= CHUNK:
            yield part
            part = []
    if part:
        yield part


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
