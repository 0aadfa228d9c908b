"""What sources are looked up by: kept, moved, found by each key, capped; and how frequent names are."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from sqlalchemy import text
from terresante_dev.region.registry import Registry as Region
from terresante_dev.region.sets import queries
from terresante_identity.domain.evidence import Asked, Kept
from terresante_identity.matcher import Matcher
from terresante_identity.matching.frequencies import Frequencies, filled_up, frequencies
from terresante_identity.matching.index import OneLook
from terresante_identity.matching.keys import KEYS, cap, keys
from terresante_identity.matching.people import RawTraits, people
from terresante_identity.matching.probes import probes
from terresante_identity.matching.single import someone
from terresante_identity.matching.weights import shipped
from terresante_identity.store import features, rarity
from terresante_identity.store.direct import under
from terresante_identity.store.features import Found, Wanted
from terresante_platform.database import Database, DatabaseUnavailable

from .matching.kept import MONDAY, kept
from .matching.someone import YEAR

MARIE = RawTraits("LEFEBVRE", "MARIE ANNE", "1980-04-12", "F", "75113")


@pytest_asyncio.fixture
async def matcher(database: Database) -> AsyncIterator[Matcher]:
    yield await Matcher.loaded(database, lambda: MONDAY)


def asked_of(raw: RawTraits) -> Asked:
    return Asked(raw.birth_name, raw.first_names, raw.birth_date, raw.sex, raw.birth_place)


async def found(database: Database, *some: RawTraits) -> list[Found]:
    async with database.reading() as connection:
        return await features.candidates(await under(connection), [Wanted(someone(raw, YEAR), None) for raw in some])


async def test_the_tables_find_whom_the_index_in_memory_finds(database: Database, matcher: Matcher) -> None:
    region = Region(1_500, 707)
    registered = [RawTraits(*row[1:6]) for number in range(len(region)) for row in region.chunk(number).rows()]
    asked = [RawTraits(*row[1:6]) for row, _ in queries(region, 300, 77)]
    made = await kept(database, matcher, *map(asked_of, registered))
    wanted = OneLook(keys(people(registered, YEAR), KEYS)).candidates(probes(people(asked, YEAR), KEYS))

    answers = await found(database, *asked)

    sources = [one.sources[0] for one in made]
    for place, answer in enumerate(answers):
        expected = {sources[row] for row in wanted.registered[wanted.asked == place].tolist()}
        assert {one.source for one in answer.registered} == expected
        assert len(answer.registered) == len(expected)
    assert sum(len(answer.registered) for answer in answers) > 200


async def test_a_value_that_too_many_share_gives_nobody_and_is_told(database: Database, matcher: Matcher) -> None:
    names = ["".join(letters) for letters in product("BDGPRTZ", "AIOU", "BDGPRTZ", "AIO")]
    crowd = [replace(MARIE, birth_name=name, first_names=name[::-1]) for name in names[: cap("month_place") + 1]]
    cousin = replace(MARIE, first_names="ZOE", birth_date="1980-04-13", birth_place="13055")
    [*_, made] = await kept(database, matcher, *map(asked_of, crowd), asked_of(cousin))

    [answer] = await found(database, MARIE)

    assert set(answer.capped) == {"date_place", "month_place"}
    assert [one.source for one in answer.registered] == list(made.sources)


async def test_a_source_kept_again_is_found_by_its_new_traits_only(database: Database, matcher: Matcher) -> None:
    [marie] = await kept(database, matcher, asked_of(MARIE))
    changed = RawTraits("ZOLA", "EMILE", "1902-09-29", "M", "75102")

    async with database.transaction() as transaction:
        await matcher.keep(transaction, Kept(marie.sources[0], marie.person, asked_of(changed)))

    before, after = await found(database, MARIE, changed)
    assert before.registered == []
    assert [one.traits for one in after.registered] == [changed]


async def test_a_source_that_moved_is_its_new_persons(database: Database, matcher: Matcher) -> None:
    marie, paul = await kept(database, matcher, asked_of(MARIE), asked_of(replace(MARIE, first_names="PAUL")))

    async with database.transaction() as transaction:
        await matcher.move(transaction, marie.sources, paul.person)

    [answer] = await found(database, MARIE)
    assert {one.person for one in answer.registered} == {paul.person}


async def test_what_a_transaction_kept_is_found_in_it_before_others_see_it(
    database: Database, matcher: Matcher
) -> None:
    [marie] = await kept(database, matcher, asked_of(RawTraits("ZOLA")))

    async with database.transaction() as transaction:
        await matcher.keep(transaction, Kept(marie.sources[0], marie.person, asked_of(MARIE)))
        [inside] = await matcher.candidates(transaction, [asked_of(MARIE)])
        [outside] = await found(database, MARIE)

    assert [one.person for one in inside.found] == [marie.person]
    assert outside.registered == []


async def test_each_look_up_reads_indexes_only(database: Database, matcher: Matcher) -> None:
    """The plan is made while the table is empty, and must not be a scan for it."""
    async with database.reading() as connection:
        await matcher.candidates(connection, [asked_of(MARIE)] * 10)
        await connection.execute(text("select pg_stat_force_next_flush()"))
        before = (await connection.execute(SCANS)).scalar_one()
    await kept(database, matcher, *[asked_of(MARIE)] * 3)
    async with database.reading() as connection:
        [answer] = await matcher.candidates(connection, [asked_of(MARIE)])
        await connection.execute(text("select pg_stat_force_next_flush()"))
        after = (await connection.execute(SCANS)).scalar_one()

    assert len(answer.found) == 3
    assert after == before


SCANS = text("select seq_scan from pg_stat_user_tables where relname = 'source_features'")


async def test_names_are_as_frequent_as_they_would_be_counted_in_memory(database: Database, matcher: Matcher) -> None:
    registered = [
        *[RawTraits("MARTIN", "PAUL", "1951-04-12", "M", "75113")] * 3,
        RawTraits("QUELENNEC", "JEAN-PIERRE", "1951-04-12", "M", "29019"),
        RawTraits("ZOLA", "", "1902-09-29", "M", ""),
    ]
    await kept(database, matcher, *map(asked_of, registered))

    assert await rarity.count(database)

    counted, wanted = await rarity.known(database), filled_up(frequencies(people(registered, YEAR)))
    who = people([*registered, RawTraits("INCONNU", "INCONNUE", "", "", "13055")], YEAR)
    assert counted.people == wanted.people == 5
    for one, other, hashes in (
        (counted.birth_names, wanted.birth_names, who.birth_names.whole),
        (counted.first_names, wanted.first_names, who.first_names.unit),
        (counted.places, wanted.places, who.places.key),
    ):
        assert one.total == other.total
        # Of a name borne once only France's bearers are known: one in twenty thousand less.
        assert np.allclose(one.rarity(hashes), other.rarity(hashes), atol=0.03)


async def test_names_are_counted_at_intervals_by_one_of_several(database: Database, matcher: Matcher) -> None:
    await kept(database, matcher, asked_of(MARIE))

    assert await rarity.count(database, every_seconds=3600)
    assert not await rarity.count(database, every_seconds=3600)
    assert await rarity.count(database, every_seconds=0)


async def test_a_name_that_nobody_shares_any_more_is_forgotten(database: Database, matcher: Matcher) -> None:
    first, second = await kept(database, matcher, asked_of(MARIE), asked_of(MARIE))
    await rarity.count(database)
    async with database.transaction() as transaction:
        other = asked_of(RawTraits("ZOLA", "EMILE", "1902-09-29", "M", "75102"))
        await matcher.keep(transaction, Kept(second.sources[0], first.person, other))

    await rarity.count(database)

    async with database.reading() as connection:
        kinds = await connection.execute(text("select kind, bearers from name_frequency order by kind"))
        assert [tuple(row) for row in kinds] == [("birth_name", 2), ("first_name", 2), ("people", 1), ("place", 2)]


class Told:
    """What was told, and a wait for the next time."""

    def __init__(self) -> None:
        self.people: list[int] = []
        self.thrice = asyncio.Event()

    async def know(self, known: Frequencies) -> None:
        self.people.append(known.people)
        if len(self.people) == 3:
            self.thrice.set()


async def test_the_matcher_is_told_again_and_again_what_was_counted(database: Database, matcher: Matcher) -> None:
    await kept(database, matcher, *[asked_of(MARIE)] * 3)
    told = Told()

    async with rarity.refreshing(database, told, 0.01):
        await asyncio.wait_for(told.thrice.wait(), 10)

    assert told.people[:3] == [0, 3, 3]


class AwayAtFirst:
    """A database that cannot be reached until it was asked so many times."""

    def __init__(self, database: Database, times: int) -> None:
        self._database = database
        self._times = times

    def reading(self) -> Any:
        if self._times > 0:
            self._times -= 1
            raise ConnectionRefusedError
        return self._database.reading()

    def transaction(self) -> Any:
        return self._database.transaction()


async def test_while_the_database_is_away_nobody_is_matched_and_as_soon_as_it_is_back_they_are(
    database: Database, matcher: Matcher
) -> None:
    await kept(database, matcher, asked_of(MARIE))
    starting: Any = AwayAtFirst(database, 3)
    new = Matcher(shipped(), lambda: MONDAY)

    async def matched() -> int:
        async with database.reading() as connection:
            [answer] = await new.candidates(connection, [asked_of(MARIE)])
        return len(answer.found)

    async with rarity.refreshing(starting, new, 0.01):
        with pytest.raises(DatabaseUnavailable):
            await matched()
        async with asyncio.timeout(10):
            while not new.ready:
                await asyncio.sleep(0)
    assert await matched() == 1


async def test_a_name_that_became_frequent_weighs_less_once_the_matcher_knows(
    database: Database, matcher: Matcher
) -> None:
    await kept(database, matcher, asked_of(MARIE), *[asked_of(replace(MARIE, birth_date=""))] * 200)

    before = await name_weight(database, matcher)
    await rarity.count(database)
    await matcher.know(await rarity.known(database))

    assert await name_weight(database, matcher) < before


async def name_weight(database: Database, matcher: Matcher) -> float:
    """Of an equal birth name."""
    async with database.reading() as connection:
        [answer] = await matcher.candidates(connection, [asked_of(MARIE)])
    [weight] = [reason.weight for reason in answer.found[0].evidence.reasons if reason.of == "birth_name"]
    return weight
