"""A territory's split into a filled directory: `python -m bench.scenarios.directory_operations [--structures N …]`.

On a PostgreSQL of its own, made and ended here, filled with ten years of a made-up directory. Territories are merged until one
holds enough, then 2,000 structures of it are split off, and that is undone: each previewed and done as the calls do it, transport
apart. Baseline in the same run: the same rows changed by one bare UPDATE, and the tree read now beside the tree read as of a past day.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_dev.territory_work.making import Size, directory
from terresante_dev.territory_work.model import Directory, id_of
from terresante_dev.territory_work.past import changes
from terresante_directory import gazetteer, reference
from terresante_directory.domain.acts import ActKind, ActOf
from terresante_directory.domain.facts import Span, Statement, Subject, SubjectKind
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.domain.offers import OfferContent
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.territories import Administrator
from terresante_directory.rpc.ror import RorService
from terresante_directory.store import acting, administrators
from terresante_platform import calls, migrations
from terresante_platform.database import Database, connected
from terresante_platform.testing import postgres

DAY = date(2026, 1, 5)
BEGINNING, PAST = datetime(2026, 1, 5, tzinfo=UTC), datetime(2020, 6, 1, tzinfo=UTC)
AT_ONCE = 5_000
WANTED = 2_000
READS = 400
Content = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--structures", type=int, default=20_000)
    parser.add_argument("--professionals", type=int, default=150_000)
    parser.add_argument("--offers", type=int, default=15_000)
    given = parser.parse_args()
    made = directory(Size(given.structures, given.professionals, given.offers, 22), seed=1, day=DAY)
    with postgres.server() as server:
        server.sql("create database bench")
        for extension in ("pg_trgm", "unaccent", "btree_gin"):
            server.sql(f"create extension if not exists {extension}", "bench")
        migrations.upgrade("terresante_directory", server.url("bench"))
        figures = asyncio.run(_measured(server.url("bench"), made))
    print(json.dumps(figures, ensure_ascii=False, indent=1))


async def _measured(url: str, made: Directory) -> dict[str, Any]:
    async with connected(url, 8, "bench") as database:
        begun = time.perf_counter()
        await _fill(database, made)
        figures: dict[str, Any] = {"filled, s": round(time.perf_counter() - begun, 1)}
        await _sit(database, [TerritoryCode(one.code) for one in made.territories])
        territories, professions = reference.territories(), reference.professions()
        communes, levels = gazetteer.load(), reference.disclosure()
        clock = iter(BEGINNING + timedelta(minutes=number) for number in range(100_000))
        service = RorService(database, territories, professions, communes, levels, lambda: next(clock))
        figures |= await _operations(service, made)
        figures |= await _bare(database)
        figures |= await _as_of(service, made)
    return figures


async def _operations(service: RorService, made: Directory) -> dict[str, Any]:
    """Merges the first territories until one has structures enough in its communes, and splits it."""
    figures: dict[str, Any] = {}
    roots = _structures_by_commune(made)
    by_code = {one.code: list(one.communes) for one in made.territories}
    into, *others = sorted(by_code, key=lambda code: -sum(roots[one] for one in by_code[code]))
    while sum(roots[one] for one in by_code[into]) < WANTED + 200 and others:
        asked = pb.Operation(merge_territories=pb.MergeTerritories(territory_codes=[others[0]], into=into))
        _, figures["territories merged, s"] = await _done(service, asked)
        by_code[into] += by_code.pop(others.pop(0))
    going: list[str] = []
    for code in sorted(by_code[into], key=lambda one: roots[one])[:-1]:
        if sum(roots[one] for one in going) < WANTED:
            going.append(code)
    split = pb.SplitTerritory(territory_code=into, new_code="nouveau", name="Nouveau territoire", commune_codes=going)
    asked = pb.Operation(split_territory=split)
    shown, figures["split previewed, s"] = await _timed(
        service.PreviewOperation(pb.PreviewOperationRequest(operation=asked), None)
    )
    del shown.impacts.examples[:]
    impacts = shown.impacts
    figures["split concerns"] = f"{impacts.structures} structures, {impacts.offers} offers, {impacts.places} places"
    processor = time.process_time()
    done, figures["split done, s"] = await _done(service, asked)
    figures["of which processor of the service, its preview too, s"] = round(time.process_time() - processor, 2)
    _, figures["split undone, s"] = await _timed(service.UndoAct(pb.UndoActRequest(act_id=done.act.act_id), None))
    await _done(service, asked)
    figures["budget"] = "a split of 2,000 structures within 5 s"
    return figures


async def _done(service: RorService, asked: pb.Operation) -> tuple[pb.PerformOperationResponse, float]:
    preview = (await service.PreviewOperation(pb.PreviewOperationRequest(operation=asked), None)).preview
    request = pb.PerformOperationRequest(operation=asked, preview=preview)
    return await _timed(service.PerformOperation(request, None))


async def _bare(database: Database) -> dict[str, float]:
    """The least that the split's rows cost: one UPDATE of the structures, without memory or events."""
    begun = time.perf_counter()
    async with database.transaction() as transaction:
        await transaction.execute(
            text("update structure set version = version + 1, territory = 'nu' where territory = 'nouveau'")
        )
    return {"the same structures by one bare UPDATE, s": round(time.perf_counter() - begun, 3)}


async def _as_of(service: RorService, made: Directory) -> dict[str, Any]:
    """Sheets and communes read now, and as of a past day as known today: milliseconds each, in turn."""
    entities = [str(id_of(one.key)) for one in made.entities if one.closed is None and one.opened < PAST.date()]
    ids = (entities * (READS // max(1, len(entities)) + 1))[:READS]
    spent: Counter[str] = Counter()
    for id in ids:
        for name, at in (("now", None), ("then", PAST)):
            request = pb.GetStructureSheetRequest(structure_id=id)
            nodes = pb.ListNodesRequest(parent_id=id)
            if at is not None:
                request.at.FromDatetime(at)
                nodes.at.FromDatetime(at)
            _, sheet = await _timed(service.GetStructureSheet(request, None), 6)
            _, tree = await _timed(service.ListNodes(nodes, None), 6)
            spent[f"sheet read {name}, ms"] += 1000 * sheet / READS
            spent[f"tree node opened {name}, ms"] += 1000 * tree / READS
    return {name: round(value, 2) for name, value in spent.items()}


async def _timed(call: Awaitable[Any], digits: int = 2) -> tuple[Any, float]:
    begun = time.perf_counter()
    reply = await call
    return reply, round(time.perf_counter() - begun, digits)


async def _sit(database: Database, codes: list[TerritoryCode]) -> None:
    """An administrator of all territories makes the calls that follow."""
    by = Administrator(AdministratorId(uuid4()), "Claire", "Durand", frozenset(codes))
    async with database.transaction() as transaction:
        await administrators.add(transaction, by)
    calls.enter(calls.Call(caller=calls.Caller(by.id, "administrator", 3, 0.0, 0.0, "")))


async def _fill(database: Database, made: Directory) -> None:
    statements = _statements(made)
    while part := list(islice(statements, AT_ONCE)):
        async with database.transaction() as transaction:
            await acting.act(transaction, ActOf(ActKind.IMPORTED, None), part, BEGINNING)
    async with database.transaction() as transaction:
        await transaction.execute(text("analyze"))


def _structures_by_commune(made: Directory) -> Counter[str]:
    """How many structures follow each commune: its roots, with all that is under them and in their territory."""
    entity = {one.key: one for one in made.entities}
    site = {one.key: one for one in made.sites}
    counts = Counter(one.address.commune for one in made.entities)
    for one in made.sites:
        above = entity[one.entity]
        counts[above.address.commune] += one.territory == above.territory
    for unit in made.organisations:
        below, above = site[unit.site], entity[site[unit.site].entity]
        counts[above.address.commune] += below.territory == above.territory
    return counts


def _statements(made: Directory) -> Iterator[Statement]:
    for territory in made.territories:
        said: Content = {"name": territory.name, "department": territory.code[:2], "started": True}
        yield Statement(Subject(SubjectKind.TERRITORY, territory.code), Span(), said)
        for commune in territory.communes:
            yield Statement(Subject(SubjectKind.COMMUNE, commune), Span(), {"territory_code": territory.code})
    yield from _structures(made)
    for offer in made.offers:
        offered = OfferContent(
            str(id_of(offer.structure)), offer.name, confirmed_at=_moment(offer.confirmed).isoformat()
        )
        yield from _lasting(SubjectKind.OFFER, offer.key, dict(offered.content()), (offer.opened, offer.closed))
    for person in made.professionals:
        content = {
            "rpps": "", "family_name": person.family_name.title(), "given_name": person.given_name.title(),
            "profession": person.profession,
        }  # fmt: skip
        yield Statement(
            Subject(SubjectKind.PROFESSIONAL, str(id_of(person.key))), Span(_moment(date(2015, 1, 1))), content
        )
    for number, place in enumerate(made.places):
        content = {
            "professional_id": str(id_of(place.professional)), "structure_id": str(id_of(place.site)), "role": "",
            "continues_since": "",
        }  # fmt: skip
        span = Span(_moment(place.since), _moment(place.until) if place.until else None)
        yield Statement(Subject(SubjectKind.PLACE, str(id_of(f"L-{number}"))), span, content)


def _structures(made: Directory) -> Iterator[Statement]:
    earlier = {one.key: one for one in changes(made, seed=1) if one.field == "name"}
    territories = {one.key: one.territory for one in made.sites}
    for entity in made.entities:
        said = _sheet(entity.name, "legal_entity", entity.territory, address=entity.address)
        yield from _lasting(SubjectKind.STRUCTURE, entity.key, said, (entity.opened, entity.closed))
    for site in made.sites:
        said = _sheet(site.name, "site", site.territory, site.entity, site.address)
        yield from _lasting(SubjectKind.STRUCTURE, site.key, said, (site.opened, site.closed))
        if change := earlier.get(site.key):
            span = Span(_moment(site.opened), _moment(change.on))
            yield Statement(Subject(SubjectKind.STRUCTURE, str(id_of(site.key))), span, {**said, "name": change.before})
    for unit in made.organisations:
        said = _sheet(unit.name, "internal", territories[unit.site], unit.parent)
        yield from _lasting(SubjectKind.STRUCTURE, unit.key, said, (unit.opened, unit.closed))


def _sheet(name: str, level: str, territory: str, parent: str = "", address: Any = None) -> Content:
    where = {"commune": address.town, "commune_code": address.commune} if address else {}
    above = str(id_of(parent)) if parent else ""
    return dict(StructureContent(name, level, "other", territory, above, **where).content())


def _lasting(kind: SubjectKind, key: str, said: Content, days: tuple[date, date | None]) -> Iterable[Statement]:
    """From its first day on; closed from its last day on."""
    subject = Subject(kind, str(id_of(key)))
    yield Statement(subject, Span(_moment(days[0])), said)
    if days[1] is not None:
        yield Statement(subject, Span(_moment(days[1])), {**said, "closed": True, "closing_kind": "DEF"})


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


if __name__ == "__main__":
    main()
