"""Finding as one types, opening nodes, searching offers, and the same as of another day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_dev.territory_work.model import Directory, id_of
from terresante_directory.rpc.ror import RorService

from bench.directory.measuring import Load

SEED, NODES = 2, 10
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
PAST = ", five years ago"
"""In the name of a load that reads what the one of that name reads of now."""
MISTYPED = 0.1
"""Part of what is typed that has an error in it."""


def loads(service: RorService, region: Directory) -> list[Load]:
    """What is read, and by when: five years ago beside today."""
    chance = Random(SEED)
    past = Timestamp()
    past.FromDatetime(NOW - timedelta(days=5 * 365))
    known = Timestamp()
    known.FromDatetime(NOW - timedelta(days=2 * 365))
    typed = _typed(region, chance)
    parents = [str(id_of(site.key)) for site in region.sites if site.opened < past.ToDatetime().date()]
    codes = [one.code for one in region.territories]
    then = {"at": past, "known_at": known}

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

    def communes(**when: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: service.ListCommunes(pb.ListCommunesRequest(territory_code=chance.choice(codes), **when), None)

    def offers() -> Awaitable[Any]:
        return service.SearchOffers(_search(region, chance), None)

    return [
        Load("find as one types", find, 50),
        Load("offers with filters and distance", offers, 60),
        Load("tree: a node opens", node(), 100, rate=NODES),
        Load(f"tree: a node opens{PAST}, as known then", node(**then), 100, rate=NODES),
        Load("tree: roots of a territory", roots(), 100, rate=NODES),
        Load(f"tree: roots of a territory{PAST}", roots(**then), 100, rate=NODES),
        Load("sheet of a structure", sheet(), 100, rate=NODES),
        Load(f"sheet of a structure{PAST}", sheet(**then), 100, rate=NODES),
        Load("communes of a territory", communes(), median=300),
        Load(f"communes of a territory{PAST}", communes(**then), median=300),
    ]


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
