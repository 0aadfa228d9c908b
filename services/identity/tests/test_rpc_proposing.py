"""Whenever two persons come to look alike a human is asked: by a correction, by undoing, by arriving at once."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_platform.database import Database

from . import fed
from .fed import CLINIC, CREATED, HOSPITAL, IN_DOUBT, LINKED, register
from .officer import Officer

LOUISE = pb.Traits(
    birth_name="LEFEVRE",
    first_name="LOUISE",
    given_names="LOUISE ANNE",
    birth_date=pb.BirthDate(year=1951, month=5, day=12),
    sex=pb.SEX_FEMALE,
    birth_country="FR",
    birth_postal_code="94100",
    birth_place_codes=["94068"],
)


@pytest.fixture
def waiting(database: Database) -> Callable[..., Any]:
    """Persons of each pair that waits."""
    wanted = text(
        "select one.person_id, other.person_id from review join source one on one.id = review.source_id "
        "join source other on other.id = review.other_source_id where review.state = 'WAITING'"
    )

    async def pairs() -> list[set[str]]:
        async with database.reading() as connection:
            return [{str(one), str(other)} for one, other in await connection.execute(wanted)]

    return pairs


async def registered_by_hand(service: Any) -> pb.Person:
    typed = pb.Traits(
        birth_name="Morvan",
        first_name="Léa",
        birth_date=pb.BirthDate(year=1988, month=2, day=27),
        sex=pb.SEX_FEMALE,
        birth_country="FR",
        birth_postal_code="29200",
    )
    made: pb.Person = (await service.CreatePerson(pb.CreatePersonRequest(traits=typed))).person
    return made


def told_by_insi(person: pb.Person) -> pb.RecordInsiAnswerRequest:
    """INSi says that they are Louise, and a human accepts it."""
    return pb.RecordInsiAnswerRequest(
        person_id=person.person_id,
        version=person.version,
        code="00",
        ins_matricule=fed.NIR,
        ins_oid=fed.OID,
        traits=LOUISE,
        accepted=True,
    )


async def test_a_correction_that_makes_two_people_alike_asks_a_human(
    service: Any, officer: Officer, louise: Any, doctor: UUID, waiting: Any, published: Any
) -> None:
    person = await registered_by_hand(service)
    before = await waiting()

    await service.RecordInsiAnswer(told_by_insi(person))

    assert before == []
    assert await waiting() == [{louise.person_id, person.person_id}]
    assert (await published())[-1] == "identity.v1.review_opened"


async def test_traits_of_a_fed_person_corrected_by_hand_ask_a_human_too(
    service: Any, officer: Officer, louise: Any, doctor: UUID, waiting: Any, calling_as: Any, read: Any
) -> None:
    paul = await officer.sent(CLINIC, **fed.PAUL)
    calling_as("professional", doctor)

    await service.RecordInsiAnswer(told_by_insi(await read(paul.person_id)))

    assert await waiting() == [{louise.person_id, paul.person_id}]


async def test_what_changes_no_trait_leaves_a_pair_waiting_and_asks_nothing_anew(
    service: Any, officer: Officer, louise: Any, doctor: UUID, waiting: Any, calling_as: Any, read: Any
) -> None:
    person = await registered_by_hand(service)
    await service.RecordInsiAnswer(told_by_insi(person))
    checked = await read(person.person_id)

    await service.FlagIdentity(
        pb.FlagIdentityRequest(person_id=checked.person_id, version=checked.version, flags=[pb.IDENTITY_FLAG_HOMONYM])
    )
    again = await officer.sent(HOSPITAL, "1", used_name="Moreau")

    assert await waiting() == [{louise.person_id, person.person_id}]
    assert list(again.review_ids) == []


async def test_two_persons_whom_nobody_had_compared_wait_for_a_human_once_their_merge_is_undone(
    officer: Officer, louise: Any, morel: Any, waiting: Any, database: Database, published: Any
) -> None:
    async with database.transaction() as transaction:  # as a region that was loaded from a file
        await transaction.execute(text("delete from review"))
    merge = (await officer.merged(morel.person_id, louise.person_id)).act
    together = await waiting()

    await officer.undo(merge.act_id)

    assert together == []
    assert await waiting() == [{louise.person_id, morel.person_id}]
    assert (await published())[-1] == "identity.v1.review_opened"


async def test_one_person_who_arrives_with_two_birth_dates_at_once_is_linked_or_waits_for_a_human(
    linkage: Any, calling_as: Any
) -> None:
    calling_as("system", uuid4())
    chance = Random(9)  # noqa: S311 -- made-up people, no secret

    def name() -> str:
        return "".join(chance.choices("BDFGKLMNPRSTVZ", k=1) + chance.choices("AEIOUBDFGKLMNPRSTVZ", k=9))

    async def at_once(year: int) -> list[int]:
        known: dict[str, Any] = {"birth_name": name(), "first_names": name(), "sex": pb.SEX_MALE}
        dates = {HOSPITAL: f"{year}-05-12", CLINIC: f"{year}-05-21"}
        requests = [register(issuer, f"{year}", birth_date=born, **known) for issuer, born in dates.items()]
        replies = await asyncio.gather(*(linkage.RegisterIdentity(one, seconds=20.0) for one in requests))
        return sorted(reply.outcome for reply in replies)

    outcomes = [await at_once(year) for year in range(1930, 1990, 4)]

    assert all(one == CREATED and other in {LINKED, IN_DOUBT} for one, other in outcomes), outcomes
