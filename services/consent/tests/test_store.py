"""What the database itself holds to, whatever the service does; and that the hot statements only look up by index."""

import json
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from terresante_consent.domain.consents import Consent, ConsentId, Form
from terresante_consent.domain.vocabulary import PersonId
from terresante_consent.journal import writer
from terresante_consent.store import consents, counting, mine, readers, standing
from terresante_consent.store.line import Line
from terresante_consent.store.standing import Pair
from terresante_platform.database import Database, DatabaseUnavailable
from terresante_platform.ids import new_id

from .house import MONDAY

CONSENT = "insert into consent values ($1, $2, 'oral', $3, $2, null, 'a', 'b', null, 1)"
MEMBER = "insert into circle_member values ($1, $2, $3, $4, $5, null, $2, true, 'oral')"
BLOCK = "insert into block values ($1, $2, $3, $4, null)"


async def test_there_is_one_consent_in_force_one_lasting_membership_and_one_block(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    patient, other = new_id(), new_id()
    await connection.execute("insert into circle values ($1, 1)", patient)
    for statement, arguments in (
        (CONSENT, (patient, MONDAY)),
        (MEMBER, (patient, other, None, MONDAY)),
        (MEMBER, (patient, None, other, MONDAY)),
        (BLOCK, (patient, other, MONDAY)),
    ):
        await connection.execute(statement, new_id(), *arguments)
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(statement, new_id(), *arguments)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(MEMBER, new_id(), patient, other, other, MONDAY)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await connection.execute(MEMBER, new_id(), new_id(), other, None, MONDAY)
    await connection.close()


async def test_a_consent_comes_back_as_it_was_kept(database: Database) -> None:
    patient = PersonId(new_id())
    kept = Consent(ConsentId(new_id()), patient, Form.WRITTEN, MONDAY, patient, None, "2026-1", "Notice remise")
    async with database.transaction() as transaction:
        assert await consents.open_circle(transaction, patient)
        assert not await consents.open_circle(transaction, patient)
        await consents.keep(transaction, kept)

    async with database.reading() as connection:
        assert await consents.of_patient(connection, patient) == [kept]
        assert (await consents.circle_of(connection, patient)).consent_in_force


async def test_a_consent_dated_later_is_not_in_force_yet(database: Database, database_url: str) -> None:
    patient, caller = new_id(), new_id()
    connection = await asyncpg.connect(database_url)
    await connection.execute(CONSENT, new_id(), patient, MONDAY)
    pair = [Pair(caller, patient)]

    before = await standing.of_persons(connection, pair, MONDAY - timedelta(microseconds=1))
    after = await standing.of_persons(connection, pair, MONDAY)

    assert (before[0].consent_in_force, after[0].consent_in_force) == (False, True)
    await connection.close()


async def test_the_statements_of_every_request_never_read_a_whole_table(database_url: str) -> None:
    line = Line(database_url, "test")

    async def plans(driver: Any) -> str:
        texts = []
        for name, statement, arguments in (
            ("professionals", standing.OF_PROFESSIONALS, "null, null, null, null"),
            ("persons", standing.OF_PERSONS, "null, null, null"),
            ("tails", writer._PATIENT_TAILS, "null"),
            ("tail", writer._TAIL, ""),
            ("counts", counting.COUNTED, "null, null, null, null"),
            ("readers", readers.AROUND, "null, null"),
            ("others", readers.OTHERS, "null, null, null, null, null"),
            ("mine", mine.OF_PROFESSIONAL, "null, null, null, null"),
            ("represented", mine.OF_PERSON, "null, null, null"),
        ):
            await driver.execute(f"prepare {name} as {statement}")
            run = f"explain (format json) execute {name}" + (f"({arguments})" if arguments else "")
            texts.append(json.dumps(await driver.fetchval(run)))
        return "".join(texts)

    found = await line.run(plans)
    await line.close()

    assert "Index" in found
    assert "member_around" in found
    assert "Seq Scan" not in found
    assert "member_counted_by_professional" in found
    assert "member_counted_by_structure" in found


async def test_a_line_that_cannot_be_opened_is_unavailable_and_opens_later(database_url: str) -> None:
    away = Line("postgresql://postgres@127.0.0.1:1/nothing", "test")
    with pytest.raises(DatabaseUnavailable):
        await away.run(lambda driver: driver.fetchval("select 1"))

    line = Line(database_url, "test")
    assert await line.run(lambda driver: driver.fetchval("select 1")) == 1
    with pytest.raises(DatabaseUnavailable):
        await line.run(lambda driver: driver.execute("select pg_terminate_backend(pg_backend_pid())"))
    assert await line.run(lambda driver: driver.fetchval("select 2")) == 2
    await line.close()
