"""Finding as one types, opening nodes, searching offers, and the same as of another day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_dev.territory_work.model import Directory, id_of
from terresante_directory import gazetteer, reference
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.domain.territories import Administrator
from terresante_directory.rpc.ror import RorService
from terresante_directory.store import administrators
from terresante_platform import calls
from terresante_platform.database import Database

RATE = 50
SEED = 2
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
MISTYPED = 0.1
"""Part of what is typed that has an error in it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of each call, in order of length."""

    what: str
    budget: float
    times: Sequence[float]

    def at(self, part: float) -> float:
        return self.times[min(len(self.times) - 1, int(part * len(self.times)))]

    def line(self) -> str:
        verdict = "reached" if self.at(0.99) <= self.budget else "NOT REACHED"
        figures = f"p50 {self.at(0.5):6.1f} ms  p99 {self.at(0.99):6.1f} ms  worst {self.times[-1]:6.1f} ms"
        return f"{self.what:<48} {len(self.times):>5}  {figures}  budget {self.budget:g} ms: {verdict}"


async def measured(database: Database, region: Directory, seconds: int) -> int:
    """Prints a line for each; 1 if a budget is missed."""
    chance = Random(SEED)
    service = RorService(
        database,
        reference.territories(),
        reference.professions(),
        gazetteer.load(),
        reference.disclosure(),
        lambda: NOW,
    )
    caller = await _administrator(database, region)
    past = Timestamp()
    past.FromDatetime(NOW - timedelta(days=5 * 365))
    known = Timestamp()
    known.FromDatetime(NOW - timedelta(days=2 * 365))
    typed = _typed(region, chance)
    parents = [str(id_of(site.key)) for site in region.sites]
    codes = [one.code for one in region.territories]

    def find() -> Awaitable[Any]:
        return service.Find(pb.FindRequest(text=chance.choice(typed)), None)

    def node(**when: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: service.ListNodes(pb.ListNodesRequest(parent_id=chance.choice(parents), **when), None)

    def roots(**when: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: service.ListNodes(pb.ListNodesRequest(territory_code=chance.choice(codes), **when), None)

    def sheet(**when: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: service.GetStructureSheet(
            pb.GetStructureSheetRequest(structure_id=chance.choice(parents), **when), None
        )

    def offers() -> Awaitable[Any]:
        return service.SearchOffers(_search(region, chance), None)

    loads: list[tuple[str, float, Callable[[], Awaitable[Any]]]] = [
        ("find as one types", 50, find),
        ("node opens", 100, node()),
        ("node opens, five years ago as known then", 100, node(at=past, known_at=known)),
        ("roots of a territory", 100, roots()),
        ("roots of a territory, five years ago", 100, roots(at=past, known_at=known)),
        ("sheet of a structure", 100, sheet()),
        ("sheet of a structure, five years ago", 100, sheet(at=past, known_at=known)),
        ("offers with filters and distance", 60, offers),
    ]
    missed = 0
    for what, budget, ask in loads:
        found = Measured(what, budget, await _load(ask, caller, RATE * seconds))
        print(found.line(), flush=True)
        missed |= found.at(0.99) > budget
    return int(missed)


async def _load(ask: Callable[[], Awaitable[Any]], caller: calls.Caller, count: int) -> list[float]:
    """Open loop: each begins at its time. The first second warms up and is not counted."""
    begun = time.monotonic() + 0.1

    async def one(number: int) -> float:
        calls.enter(calls.Call(caller=caller, service="gateway"))
        due = begun + number / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await ask()
        return 1000 * (time.monotonic() - due)

    times = await asyncio.gather(*(asyncio.create_task(one(number)) for number in range(count + RATE)))
    return sorted(times[RATE:])


async def _administrator(database: Database, region: Directory) -> calls.Caller:
    id = uuid4()
    theirs = frozenset(TerritoryCode(one.code) for one in region.territories)
    async with database.transaction() as transaction:
        await administrators.add(transaction, Administrator(AdministratorId(id), "Claire", "Durand", theirs))
    return calls.Caller(id, "administrator", 2, 0.0, 0.0, "")


def _typed(region: Directory, chance: Random) -> list[str]:
    """What people type, letter by letter: the beginnings of names, of two names, of communes, of numbers."""
    found = []
    for _ in range(4_000):
        one, site = chance.choice(region.professionals), chance.choice(region.sites)
        whole = chance.choice(
            [
                one.family_name,
                f"{one.family_name} {one.given_name}",
                f"{one.given_name} {one.family_name}",
                site.name,
                site.address.town,
                site.finess,
                one.rpps or one.family_name,
            ]
        )
        if chance.random() < MISTYPED and len(whole) > 5:
            at = chance.randrange(1, len(whole) - 1)
            found.append(whole[:at] + whole[at + 1] + whole[at] + whole[at + 2 :])
        else:
            found.append(whole[: chance.randint(min(2, len(whole)), len(whole))])
    return found


def _search(region: Directory, chance: Random) -> pb.SearchOffersRequest:
    site, offer = chance.choice(region.sites), chance.choice(region.offers)
    where = pb.Position(latitude=site.address.latitude, longitude=site.address.longitude)
    filters: dict[str, Any] = chance.choice(
        [
            {"near": where, "activities": [offer.activity]},
            {"near": where, "types": [offer.type], "age_months": chance.randint(0, 1_000), "within_metres": 50_000},
            {"near": where},
            {"text": offer.name.split(" ")[0], "territory_code": site.territory},
            {"commune_code": site.address.commune, "activities": [offer.activity]},
            {"text": offer.name[:4], "near": where, "within_metres": 200_000},
        ]
    )
    return pb.SearchOffersRequest(**filters)
