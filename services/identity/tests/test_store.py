"""What is kept: persons come back as they were, every version is remembered, histories cannot be rewritten."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from terresante_identity.domain.account import Activation, ActivationId
from terresante_identity.domain.identity import (
    InsiAnswer,
    Person,
    PersonId,
    PersonUnknown,
    ProfessionalId,
    flag,
    record_insi_answer,
    registered,
)
from terresante_identity.domain.ins import Environment, received_ins
from terresante_identity.domain.search_budget import Allowance, SearchRateLimited, full, spend
from terresante_identity.domain.status import Flag, Standing
from terresante_identity.domain.traits import Traits
from terresante_identity.store import activations, budgets, persons
from terresante_identity.store.persons import Act
from terresante_platform.database import Database

Checked = Callable[..., Traits]
DOCTOR = ProfessionalId(UUID(int=7))
NUMBER = "251059406801264"


@pytest.fixture
def act(monday: datetime) -> Act:
    return Act("registered", DOCTOR, monday)


@pytest.fixture
def keep(database: Database, traits: Checked, act: Act) -> Callable[..., Any]:
    """Registers somebody with Louise's traits, with what a test changes."""

    async def registered_one(**changes: Any) -> Person:
        person = registered(PersonId(uuid4()), traits(**changes), Standing(), None, DOCTOR, act.at)
        async with database.transaction() as transaction:
            await persons.add(transaction, person, act)
        return person

    return registered_one


async def count(database: Database, table: str) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(text(f"select count(*) from {table}"))).scalar_one())  # noqa: S608


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"given_names": "Louise Anne", "used_name": "Martin", "used_first_name": "Lou"},
        {"birth_day": 0},
        {"birth_month": 0},
        {"birth_day": 0, "birth_month": 0},
        {"birth_country": "DZ", "birth_postal_code": ""},
        {"birth_country": "ZZ", "birth_postal_code": ""},
        {"birth_name": "Lefe\u0300vre"},
    ],
)
async def test_a_person_comes_back_as_they_were_kept(
    database: Database, keep: Callable[..., Any], changes: dict[str, Any]
) -> None:
    person = await keep(**changes)

    async with database.reading() as connection:
        assert await persons.get(connection, person.id) == person


async def test_nobody_is_refused(database: Database) -> None:
    async with database.reading() as connection:
        with pytest.raises(PersonUnknown):
            await persons.get(connection, PersonId(uuid4()))


async def test_everybody_born_that_day_is_found_and_nobody_else(database: Database, keep: Callable[..., Any]) -> None:
    louise, paul = await keep(), await keep(birth_name="Zidane", first_name="Paul")
    await keep(birth_day=13)
    about = await keep(birth_day=0, birth_month=5)
    await keep(birth_day=1, birth_month=5)

    async with database.reading() as connection:
        that_day = await persons.born_on(connection, louise.traits.birth_date)
        that_month = await persons.born_on(connection, about.traits.birth_date)

    assert {person.id for person in that_day} == {louise.id, paul.id}
    assert [person.id for person in that_month] == [about.id]


async def test_each_version_is_remembered_with_its_reason(
    database: Database, keep: Callable[..., Any], monday: datetime
) -> None:
    person = await keep()
    doubted = flag(person, {Flag.DOUBTFUL})
    async with database.transaction() as transaction:
        await persons.get_for_update(transaction, person.id)
        await persons.save(transaction, doubted, Act("flagged", DOCTOR, monday, "douteuse"))

    async with database.reading() as connection:
        rows = (
            await connection.execute(
                text(
                    "select version, act, detail, state ->> 'birth_name' as name, state -> 'flags' as flags,"
                    " acted_by from person_version order by version"
                )
            )
        ).all()
        assert await persons.get(connection, person.id) == doubted
    assert [(row.version, row.act, row.detail) for row in rows] == [(1, "registered", ""), (2, "flagged", "douteuse")]
    assert [row.flags for row in rows] == [[], ["douteuse"]]
    assert {row.name for row in rows} == {"Lefèvre"}
    assert {row.acted_by for row in rows} == {DOCTOR}


async def test_a_version_that_was_not_locked_cannot_be_saved(
    database: Database, keep: Callable[..., Any], act: Act
) -> None:
    person = await keep()
    once = flag(person, {Flag.DOUBTFUL})
    async with database.transaction() as transaction:
        await persons.save(transaction, once, act)

    with pytest.raises(LookupError):
        async with database.transaction() as transaction:
            await persons.save(transaction, flag(person, {Flag.HOMONYM}), act)
    assert await count(database, "person_version") == 2


@pytest.mark.parametrize("table", ["person_version", "insi_answer"])
@pytest.mark.parametrize("statement", ["delete from {}", "update {} set person_id = person_id"])
async def test_histories_cannot_be_rewritten(
    database: Database, keep: Callable[..., Any], act: Act, table: str, statement: str
) -> None:
    person = await keep()
    async with database.transaction() as transaction:
        answer = InsiAnswer("01")
        await persons.keep_answer(transaction, answer, record_insi_answer(person, answer), act)

    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction() as transaction:
            await transaction.execute(text(statement.format(table)))
    assert await count(database, table) == 1


async def test_the_database_itself_refuses_a_number_held_twice_and_one_that_was_not_retrieved(
    database: Database, keep: Callable[..., Any]
) -> None:
    one, other = await keep(), await keep(first_name="Anne")
    number = "ins_matricule = '2510594068012', ins_key = '64', ins_oid = '1.2.250.1.213.1.4.10'"
    async with database.transaction() as transaction:
        await transaction.execute(text(f"update person set retrieved = true, {number} where id = '{one.id}'"))  # noqa: S608

    for unlawful in (
        f"update person set retrieved = true, {number} where id = '{other.id}'",  # noqa: S608
        f"update person set {number.replace('012', '013')} where id = '{other.id}'",  # noqa: S608
        f"update person set retrieved = true where id = '{other.id}'",  # noqa: S608
    ):
        with pytest.raises(IntegrityError):
            async with database.transaction() as transaction:
                await transaction.execute(text(unlawful))


async def test_the_holder_of_a_number_is_found(database: Database, keep: Callable[..., Any], act: Act) -> None:
    person = await keep()
    ins = received_ins(NUMBER, "1.2.250.1.213.1.4.10", Environment.TEST)
    async with database.transaction() as transaction:
        assert await persons.find_holder(transaction, ins) is None
        outcome = record_insi_answer(person, InsiAnswer("00", ins, person.traits))
        await persons.save(transaction, outcome.person, act)
        assert await persons.find_holder(transaction, ins) == person.id


async def test_who_registers_somebody_born_that_day_makes_the_others_wait(database: Database, traits: Checked) -> None:
    order: list[str] = []
    entered = asyncio.Event()

    async def first() -> None:
        async with database.transaction() as transaction:
            await persons.lock_names(transaction, [persons.named_birth_date(traits().birth_date)])
            entered.set()
            while await waiting(database) == 0:
                await asyncio.sleep(0.01)
            order.append("first")

    async def second() -> None:
        await entered.wait()
        async with database.transaction() as transaction:
            await persons.lock_names(transaction, [persons.named_birth_date(traits().birth_date)])
            order.append("second")

    await asyncio.gather(first(), second())

    assert order == ["first", "second"]


async def waiting(database: Database) -> int:
    async with database.reading() as connection:
        found = await connection.execute(
            text(
                "select count(*) from pg_locks l join pg_database d on d.oid = l.database"
                " where d.datname = current_database() and l.locktype = 'advisory' and not l.granted"
            )
        )
        return int(found.scalar_one())


async def test_activations_are_reserved_confirmed_and_end(
    database: Database, keep: Callable[..., Any], monday: datetime
) -> None:
    person = await keep()

    def activation(hour: int) -> Activation:
        at = monday + timedelta(hours=hour)
        return Activation(ActivationId(uuid4()), person.id, at, at + timedelta(hours=72), DOCTOR)

    first, second, never = activation(0), activation(1), activation(2)
    async with database.transaction() as transaction:
        for one in (first, second, never):
            await activations.add(transaction, one)
        await activations.confirm(transaction, first, first.issued_at)
        await activations.confirm(transaction, second, second.issued_at)
        await activations.forget(transaction, never)
        kept = await activations.of_person(transaction, person.id)

    assert [one.id for one in kept] == [first.id, second.id]
    assert [one.ended_at for one in kept] == [second.issued_at, None]
    async with database.transaction() as transaction:
        assert await activations.expired(transaction, second.expires_at - timedelta(seconds=1)) == []
        assert [one.id for one in await activations.expired(transaction, second.expires_at)] == [second.id]
        await activations.end(transaction, second.id, second.expires_at)
        assert await activations.expired(transaction, second.expires_at) == []


async def test_ten_searches_at_once_spend_ten(database: Database, monday: datetime) -> None:
    allowance = Allowance(burst=10, per_hour=1)

    async def search() -> bool:
        try:
            async with database.transaction() as transaction:
                budget = await budgets.get_for_update(transaction, DOCTOR, full(allowance, monday))
                await budgets.save(transaction, DOCTOR, spend(budget, allowance, monday))
        except SearchRateLimited:
            return False
        return True

    assert sorted(await asyncio.gather(*(search() for _ in range(12)))) == [False] * 2 + [True] * 10
