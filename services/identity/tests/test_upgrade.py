"""From the version before this one, and beside it while both run: its persons are sources, and are found."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_identity.catching_up import catch_up
from terresante_identity.domain.asking import asked_of_typed
from terresante_identity.domain.identity import PersonId
from terresante_identity.domain.ins import Environment, received_ins
from terresante_identity.domain.status import Flag, Status
from terresante_identity.domain.survivorship import shown
from terresante_identity.domain.traits import Traits, TypedTraits
from terresante_identity.matcher import Matcher
from terresante_identity.store import persons, sources
from terresante_identity.store.rows import trait_columns, trait_document
from terresante_platform import database as platform_database
from terresante_platform import migrations
from terresante_platform.database import Database

from .by_hand import traits as typed_traits
from .fed import NIR, OID, register

DOCTOR = UUID(int=7)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Before:
    """What the version before this one writes, in its order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def registers(self, traits: Traits) -> PersonId:
        id = PersonId(uuid4())
        async with self._database.transaction() as transaction:
            columns = {
                **trait_columns(traits),
                "id": id,
                "version": 1,
                "created_at": MONDAY,
                "registered_by": DOCTOR,
                "retrieved": False,
                "checked": False,
                "flags": [],
            }
            names = ", ".join(columns)
            values = ", ".join(f":{name}" for name in columns)
            await transaction.execute(text(f"insert into person ({names}) values ({values})"), columns)  # noqa: S608
            await transaction.execute(
                text(
                    "insert into source_identity values ('urn:terresante:identity', cast(:id as text),"
                    " cast(:id as uuid), cast(:traits as jsonb), :at)"
                ),
                {"id": str(id), "traits": json.dumps(trait_document(traits)), "at": MONDAY},
            )
            await self._remember(transaction, id, "registered", MONDAY)
        return id

    async def changes(self, id: PersonId, act: str, to: str) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                text(f"update person set version = version + 1, {to} where id = :id"),  # noqa: S608
                {"id": id},
            )
            await self._remember(transaction, id, act, MONDAY + timedelta(hours=1))

    async def _remember(self, transaction: Any, id: PersonId, act: str, at: datetime) -> None:
        await transaction.execute(
            text(
                "insert into person_version select id, version, :act, '', :by, :at, to_jsonb(person) from person"
                " where id = :id"
            ),
            {"id": id, "act": act, "by": DOCTOR, "at": at},
        )


@pytest.fixture
def old_url(postgres: Any) -> Iterator[str]:
    """A database at the version before this one."""
    name = f"old_{uuid4().hex[:12]}"
    postgres.sql(f'create database "{name}"')
    yield postgres.url(name)
    postgres.sql(f'drop database "{name}" with (force)')


@pytest_asyncio.fixture
async def old(old_url: str) -> AsyncIterator[Database]:
    await asyncio.to_thread(migrations.upgrade, "terresante_identity", old_url, "0002")
    async with platform_database.connected(old_url, pool=4) as connected:
        yield connected


QUALIFIED = f"retrieved = true, checked = true, ins_matricule = '{NIR[:13]}', ins_key = '{NIR[13:]}', ins_oid = '{OID}'"


async def test_persons_of_before_are_sources_with_all_their_versions_and_look_the_same(
    old: Database, old_url: str, traits: Callable[..., Traits]
) -> None:
    before = Before(old)
    plain = await before.registers(traits(given_names="Louise Anne", birth_day=0))
    changed = await before.registers(traits(birth_name="Morel"))
    await before.changes(changed, "insi answer", QUALIFIED)
    await asyncio.to_thread(migrations.upgrade, "terresante_identity", old_url)

    async with old.reading() as connection:
        known = await persons.get_many(connection, [plain, changed])
        linked = await sources.of_persons(connection, [plain, changed])
        acts = await connection.execute(
            text(
                "select a.kind, a.by_id, m.to_person_id from linkage_act a join linkage_move m on m.act_id = a.id"
                " where m.from_person_id is null"
            )
        )
        assert {tuple(row) for row in acts} == {("REGISTERED", DOCTOR, plain), ("REGISTERED", DOCTOR, changed)}
        first = await sources.as_of(connection, [linked[changed][0].id], MONDAY)

    for id in (plain, changed):
        [own] = linked[id]
        view = shown([own])
        assert own.own
        assert (view.traits, view.standing, view.ins) == (known[id].traits, known[id].standing, known[id].ins)
        assert own.version.number == known[id].version
    [plain_source] = linked[plain]
    assert plain_source.version.claim.received.birth_date == "1951-05"
    assert plain_source.version.claim.received.first_names == "Louise Anne"
    assert linked[changed][0].version.claim.received.status is Status.QUALIFIED
    assert [one.version.claim.standing.status for one in first] == [Status.PROVISIONAL]
    assert known[changed].ins == received_ins(NIR, OID, Environment.TEST)


async def test_what_the_version_before_writes_while_both_run_is_a_source_and_is_found(
    database: Database, traits: Callable[..., Traits], typed: Callable[..., TypedTraits]
) -> None:
    before, matcher = Before(database), await Matcher.loaded(database)
    id = await before.registers(traits())
    await before.changes(id, "flagged", "flags = array['homonyme']")
    asked = asked_of_typed(typed())
    assert asked is not None
    async with database.reading() as connection:
        [source] = await sources.of_person(connection, id)
        unfound = await matcher.candidates(connection, [asked])
    caught_up = await catch_up(database, matcher)
    async with database.reading() as connection:
        found = await matcher.candidates(connection, [asked])

    assert (source.version.number, source.version.claim.standing.flags) == (2, frozenset({Flag.HOMONYM}))
    assert unfound[0].found == ()
    assert caught_up == 1
    assert [one.person for one in found[0].found] == [id]
    assert await catch_up(database, matcher) == 0


async def test_what_this_version_writes_is_not_copied_again(service: Any, doctor: UUID, database: Database) -> None:
    louise = (await service.CreatePerson(pb.CreatePersonRequest(traits=typed_traits()))).person
    await service.FlagIdentity(
        pb.FlagIdentityRequest(person_id=louise.person_id, version=1, flags=[pb.IDENTITY_FLAG_DOUBTFUL])
    )

    async with database.reading() as connection:
        counted = await connection.execute(
            text(
                "select (select count(*) from source), (select count(*) from source_version),"
                " (select count(*) from source_unkeyed), (select count(*) from source_features)"
            )
        )
        assert tuple(counted.one()) == (1, 2, 0, 1)


async def test_a_change_by_the_version_before_of_somebody_fed_by_others_is_not_copied_over_them(
    database: Database, service: Any, linkage: Any, calling_as: Any
) -> None:
    """It would be undone by the next identity that arrives; nobody is fed before both have been upgraded."""
    calling_as("professional", uuid4())
    made = (await service.CreatePerson(pb.CreatePersonRequest(traits=typed_traits()))).person
    calling_as("system", uuid4())
    fed_one = await linkage.RegisterIdentity(register())
    await Before(database).changes(PersonId(UUID(made.person_id)), "flagged", "flags = array['homonyme']")

    async with database.reading() as connection:
        linked = await sources.of_person(connection, PersonId(UUID(made.person_id)))
    assert fed_one.person_id == made.person_id
    assert {(one.own, one.version.number) for one in linked} == {(True, 1), (False, 1)}


@pytest.mark.parametrize("table", ["source_version", "linkage_act", "linkage_move"])
@pytest.mark.parametrize("statement", ["delete from {}", "update {} set {} = {}"])
async def test_versions_and_acts_cannot_be_rewritten(
    database: Database, linkage: Any, calling_as: Any, table: str, statement: str
) -> None:
    calling_as("system", uuid4())
    await linkage.RegisterIdentity(register())
    column = {"source_version": "received_at", "linkage_act": "comment", "linkage_move": "place"}[table]

    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction() as transaction:
            await transaction.execute(text(statement.format(table, column, column)))
