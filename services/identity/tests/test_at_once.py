"""The same people arrive from everywhere at once, at two replicas: each is one person."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from terresante.consent.v1.decision_service_pb2_grpc import (
    DecisionServiceStub,
    add_DecisionServiceServicer_to_server,
)
from terresante.identity.v1.linkage_service_pb2_grpc import (
    LinkageServiceStub,
    add_LinkageServiceServicer_to_server,
)
from terresante_identity.domain.births import Gazetteer
from terresante_identity.matcher import Matcher
from terresante_identity.rpc.access import Access
from terresante_identity.rpc.desk import Desk
from terresante_identity.rpc.linkage import LinkageService
from terresante_identity.settings import Settings
from terresante_platform.database import Database
from terresante_platform.refusals import Unavailable

from .fed import CLINIC, HOME, HOSPITAL, PRACTICE, register
from .willing_consent import WillingConsent

PEOPLE = 50
ATTEMPTS = 20


def people(round: int) -> list[dict[str, Any]]:
    """Fifty invented people, none alike: another fifty each round."""
    chance = Random(round)  # noqa: S311 -- made-up people, no secret

    def name(syllables: int) -> str:
        return "".join(chance.choice("BDFGKLMNPRSTVZ") + chance.choice("AEIOU") for _ in range(syllables))

    return [
        {
            "birth_name": name(5),
            "first_names": name(4),
            "birth_date": (date(1930, 1, 1) + timedelta(days=chance.randrange(25_000))).isoformat(),
        }
        for _ in range(PEOPLE)
    ]


async def arrived(replica: Any, request: Any) -> Any:
    """As a feeder sends it: again, under the same number, when it is told that the region is busy."""
    for _ in range(ATTEMPTS):
        try:
            return await replica.RegisterIdentity(request, seconds=20.0)
        except Unavailable:
            continue
    raise AssertionError("never taken in")


@pytest.mark.parametrize(
    "rounds",
    [
        pytest.param(2, id="2-rounds"),
        pytest.param(10, id="10-rounds", marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    ],
)
async def test_two_hundred_registrations_of_fifty_people_at_two_replicas_make_fifty_persons(
    database: Database,
    consent: WillingConsent,
    settings: Settings,
    places: Gazetteer,
    clock: Any,
    serve: Any,
    dial: Any,
    calling_as: Callable[..., Any],
    rounds: int,
) -> None:
    access = Access(
        DecisionServiceStub(
            await dial(
                await serve("consent", partial(add_DecisionServiceServicer_to_server, consent)),
                "consent",
                as_="identity",
            )
        )
    )
    replicas = []
    for _ in range(2):
        desk = Desk(database, access, await Matcher.loaded(database, clock), places, settings, clock)
        at = await serve("identity", partial(add_LinkageServiceServicer_to_server, LinkageService(desk)))
        replicas.append(LinkageServiceStub(await dial(at, "identity")))
    calling_as("system", uuid4())

    for number in range(rounds):
        group = people(number)
        replies = await asyncio.gather(
            *(
                arrived(replicas[(rank + place) % 2], register(issuer, f"{number}-{rank}", **one))
                for place, issuer in enumerate((HOSPITAL, CLINIC, PRACTICE, HOME))
                for rank, one in enumerate(group)
            )
        )

        persons: dict[int, set[str]] = {}
        for at_place, reply in enumerate(replies):
            persons.setdefault(at_place % PEOPLE, set()).add(reply.person_id)
        assert all(len(ids) == 1 for ids in persons.values())
        assert len(set.union(*persons.values())) == PEOPLE
    async with database.reading() as connection:
        found = await connection.execute(text("select count(*) from person"))
        assert found.scalar_one() == PEOPLE * rounds
