"""Two administrators at once: what one of them does is never left half true by the other."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID
from zlib import crc32

from sqlalchemy import Select, func, select, text
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_directory.store.locking import KEY_BUCKETS, KEY_SPACE
from terresante_directory.store.tables import offer, structure
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from . import offering
from .desk import Desk
from .tree import Tree


async def outcomes(*calls: Awaitable[Any]) -> list[str]:
    """Of calls made at once: blank for one that was done, else its reason."""
    done = await asyncio.gather(*calls, return_exceptions=True)
    return sorted(one.reason if isinstance(one, Refusal) else "" for one in done)


async def test_two_moves_at_once_make_no_circle(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = (await tree.enrol()).structure_id
    one = await tree.enrol(level="internal", part_of=site, name="Un")
    two = await tree.enrol(level="internal", part_of=site, name="Deux")
    deep = await tree.enrol(level="internal", part_of=two.structure_id, name="Trois")
    tree.later()

    told = await outcomes(tree.change(one, part_of=deep.structure_id), tree.change(two, part_of=one.structure_id))

    assert told == ["", "STRUCTURE_PARENT_INVALID"]
    assert len((await tree.told(deep.structure_id)).ancestors) in (2, 3)


async def test_nobody_practises_in_a_structure_that_closes_meanwhile(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    tree.later()

    told = await outcomes(
        *(desk.professional(site.structure_id, family_name=name) for name in ("Adam", "Bernard", "Camus")),
        tree.close(site),
        *(desk.professional(site.structure_id, family_name=name) for name in ("Durand", "Evrard", "Fabre")),
    )

    assert set(told) <= {"", "STRUCTURE_CLOSED"}
    found = await tree.told(site.structure_id)
    assert found.sheet.closed
    assert found.professionals == 0


async def test_one_number_is_given_once(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")

    told = await outcomes(*(tree.enrol(finess="940110018", name=name) for name in ("Un", "Deux", "Trois")))

    assert told == ["", "STRUCTURE_ALREADY", "STRUCTURE_ALREADY"]


async def test_two_changes_of_the_same_version_are_told_apart(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    tree.later()

    told = await outcomes(tree.change(site, name="Un"), tree.change(site, name="Deux"))

    assert told == ["", "VERSION_STALE"]


async def waiting(database: Database, number: int) -> None:
    """Until so many wait for a lock in this database."""
    wanted = text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    async with asyncio.timeout(10), database.reading() as connection:
        while await connection.scalar(wanted) < number:
            await asyncio.sleep(0.01)


def bucket(key: str) -> int:
    """Of the lock on a number."""
    return crc32(key.encode()) % KEY_BUCKETS


async def in_turn(database: Database, held: Select[Any], *calls: Awaitable[Any]) -> list[str]:
    """Outcomes of calls that all wait, one after the other, for what a query holds."""
    async with database.transaction() as transaction:
        await transaction.execute(held)
        tasks = []
        for number, call in enumerate(calls, 1):
            tasks.append(asyncio.ensure_future(call))
            await waiting(database, number)
    return await outcomes(*tasks)


async def test_closing_a_structure_waits_for_a_change_of_a_unit_older_than_what_it_is_part_of(
    tree: Tree, desk: Desk, database: Database
) -> None:
    await desk.administrator("94-ouest")
    site = (await tree.enrol()).structure_id
    older = await tree.enrol(level="internal", part_of=site, name="Un")
    newer = await tree.enrol(level="internal", part_of=site, name="Deux")
    tree.later()
    older = await tree.change(older, part_of=newer.structure_id)
    tree.later()

    told = await in_turn(
        database,
        select(structure.c.id).where(structure.c.id == UUID(older.structure_id)).with_for_update(),
        tree.change(older, name="Un bis"),
        tree.close(newer),
    )

    assert told == ["", ""]
    found = (await tree.told(older.structure_id)).sheet
    assert (found.content.name, found.closed) == ("Un bis", True)


async def test_closing_a_structure_waits_for_a_change_of_its_offer(tree: Tree, desk: Desk, database: Database) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    given = await offering.enrol(tree, site.structure_id)
    tree.later()

    told = await in_turn(
        database,
        select(offer.c.id).where(offer.c.id == UUID(given.offer_id)).with_for_update(),
        offering.change(tree, given, name="Consultation bis"),
        tree.close(site),
    )

    assert told == ["", ""]
    (found,) = await offering.told(tree, given.offer_id, with_closed=True)
    assert (found.content.name, found.closed) == ("Consultation bis", True)


async def test_a_move_waits_for_the_people_of_a_structure_before_it_takes_its_number(
    tree: Tree, desk: Desk, database: Database
) -> None:
    await desk.administrator("94-ouest", "95-sud")
    elsewhere = (await tree.enrol(name="Ailleurs")).structure_id
    someone = await desk.professional(elsewhere)
    place = someone.places[0].place_id
    same = bucket(f"place:{someone.professional_id}:{elsewhere}")
    finess = next(one for one in map(str, range(940_000_000, 950_000_000)) if bucket(f"finess:{one}") == same)
    site = await tree.enrol(finess=finess)
    adding = pb.AddPlaceRequest(
        professional_id=someone.professional_id,
        place=pb.NewPlace(structure_id=site.structure_id),
        version=someone.version,
    )
    version = (await desk.stub.AddPlace(adding)).professional.version
    tree.later()
    ending = pb.EndPlaceRequest(professional_id=someone.professional_id, place_id=place, version=version)

    told = await in_turn(
        database,
        select(func.pg_advisory_xact_lock(KEY_SPACE * KEY_BUCKETS + same)),
        tree.change(site, territory_code="95-sud"),
        desk.stub.EndPlace(ending),
    )

    assert told == ["", "VERSION_STALE"]
