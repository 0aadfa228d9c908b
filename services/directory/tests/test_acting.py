"""What acts make true in a real database, against a plain model: a table of one content a day, kept after each act."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import NewType
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from terresante_directory.domain.acts import ActKind, ActOf
from terresante_directory.domain.facts import ActBuiltUpon, ActId, ActUndone, Content, Moment, Span, Statement, Subject
from terresante_directory.domain.identifiers import StructureId
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.subjects import of_structure
from terresante_directory.store import acting, acts, facts
from terresante_directory.store.acting import Done
from terresante_directory.turning import Given, Turning
from terresante_platform.database import Database

from .desk import Clock

DAYS = 8
Day = NewType("Day", int)
Said = dict[tuple[int, int], str]
"""Name by rank of the structure and day."""
Asked = tuple[int, tuple[int | None, int | None], str | None]
"""Rank of the structure, first day and day after the last one, name or None for nothing."""
eras = itertools.count()


def content(name: str) -> Content:
    return StructureContent(name, "site", "cabinet", "94-ouest").content()


def spans() -> st.SearchStrategy[tuple[int | None, int | None]]:
    edges = st.one_of(st.none(), st.integers(0, DAYS - 1))
    return st.tuples(edges, edges).filter(lambda pair: None in pair or pair[0] < pair[1])  # type: ignore[operator]


def asked() -> st.SearchStrategy[list[Asked]]:
    names = st.one_of(st.none(), st.sampled_from(["Un", "Deux", "Trois"]))
    return st.lists(st.tuples(st.integers(0, 1), spans(), names), min_size=1, max_size=3)


class Life:
    """Two structures through acts and days, and what a plain table says of them after each act."""

    def __init__(self, database: Database) -> None:
        self.first = datetime(2025, 1, 1, tzinfo=UTC) + next(eras) * timedelta(days=40)
        self.clock = Clock(self.first)
        self.ids = [StructureId(uuid4()) for _ in range(2)]
        self.known: list[tuple[datetime, Said]] = [(self.first, {})]
        self._database = database
        self._turning = Turning(database, Given(), self.clock.now)

    def day(self, number: int | None) -> datetime | None:
        return None if number is None else self.first + timedelta(days=number)

    async def act(self, said: list[Asked]) -> Done:
        statements = [
            Statement(
                of_structure(self.ids[rank]),
                Span(self.day(span[0]), self.day(span[1])),
                content(name) if name else None,
            )
            for rank, span, name in said
        ]
        at = self._later()
        async with self._database.transaction() as transaction:
            done = await acting.act(transaction, ActOf(ActKind.CHANGED, None), statements, at)
        table = dict(self.known[-1][1])
        for rank, (start, end), name in said:
            for number in range(start or 0, DAYS if end is None else end):
                table.pop((rank, number), None)
                if name is not None:
                    table[rank, number] = name
        self.known.append((at, table))
        return done

    async def undo(self, act: ActId, before: Said) -> Done:
        at = self._later()
        async with self._database.transaction() as transaction:
            present = await acts.get_for_update(transaction, act)
            done = await acting.undo(transaction, present, ActOf(ActKind.UNDONE, None), at)
        self.known.append((at, before))
        return done

    async def told(self, known_at: datetime | None) -> Said:
        subjects = {of_structure(id): rank for rank, id in enumerate(self.ids)}
        found: Said = {}
        async with self._database.reading() as connection:
            for number in range(DAYS):
                at = self.first + timedelta(days=number)
                for subject, told in (await facts.as_of(connection, subjects, Moment(at, known_at))).items():
                    found[subjects[subject], number] = str(told.fact.content["name"])
        return found

    async def shown(self) -> dict[int, str]:
        async with self._database.reading() as connection:
            rows = await connection.execute(
                text("select id, name from structure where stands and id = any(:ids)"), {"ids": self.ids}
            )
            return {self.ids.index(StructureId(row.id)): row.name for row in rows}

    async def turn_to(self, number: int) -> None:
        self.clock.at = self.first + timedelta(days=number, hours=1)
        await self._turning.round()

    def _later(self) -> datetime:
        self.clock.at += timedelta(minutes=1)
        return self.clock.at


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(asked(), min_size=1, max_size=4), st.booleans())
async def test_what_is_told_of_any_day_as_known_on_any_day_is_what_a_plain_table_says(
    database: Database, said: list[list[Asked]], undoes: bool
) -> None:
    life = Life(database)
    for one in said:
        done = await life.act(one)
    if undoes:
        undoing = await life.undo(done.act.id, life.known[-2][1])
        await life.undo(undoing.act.id, life.known[-2][1])

    for at, table in life.known:
        assert await life.told(at) == table
    assert await life.told(None) == life.known[-1][1]
    for number in range(DAYS):
        await life.turn_to(number)
        today = {rank: name for (rank, day), name in life.known[-1][1].items() if day == number}
        assert await life.shown() == today


async def test_turning_again_changes_no_version(database: Database) -> None:
    life = Life(database)
    await life.act([(0, (0, 2), "Un"), (0, (2, None), "Deux")])
    async with database.reading() as connection:
        version = text("select version from structure where id = :id")
        await life.turn_to(1)
        assert await connection.scalar(version, {"id": life.ids[0]}) == 1
        await life.turn_to(3)
        await life.turn_to(3)
        assert await connection.scalar(version, {"id": life.ids[0]}) == 2


async def test_an_act_is_undone_once_and_not_below_a_later_one(database: Database) -> None:
    life = Life(database)
    first = await life.act([(0, (0, None), "Un")])
    later = await life.act([(0, (3, None), "Deux")])

    refused = []
    for act in (first, later, later):
        try:
            await life.undo(act.act.id, life.known[1][1])
        except (ActBuiltUpon, ActUndone) as refusal:
            refused.append((refusal.reason, refusal.details.get("act_id")))

    assert refused == [("ACT_BUILT_UPON", str(later.act.id)), ("ACT_UNDONE", None)]
    assert await life.told(None) == life.known[1][1]


async def test_what_was_said_anew_meanwhile_is_not_said_twice_by_undoing_an_end(database: Database) -> None:
    life = Life(database)
    await life.act([(0, (0, None), "Un")])
    ended = await life.act([(0, (4, None), None)])
    anew = await life.act([(0, (5, None), "Deux")])

    try:
        await life.undo(ended.act.id, {})
    except ActBuiltUpon as refusal:
        assert refusal.details == {"act_id": str(anew.act.id)}
    assert await life.told(None) == life.known[-1][1]


async def test_rows_of_the_version_before_are_taken_over_as_facts(database: Database) -> None:
    structure, professional, lasting, ended = (uuid4() for _ in range(4))
    await _rows_without_facts(database, structure, professional, lasting, ended)
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    turning = Turning(database, Given(), clock.now)

    assert await turning.take_over() == 4
    assert await turning.take_over() == 0

    async with database.reading() as connection:
        rows = await connection.execute(
            text("select kind, subject, valid_from, valid_to, known_from, known_to from fact order by known_from, kind")
        )
        told = [(row.kind, *(at and at.year for at in row[2:])) for row in rows]
    assert told == [
        ("professional", 2021, None, 2021, None),
        ("structure", 2021, None, 2021, None),
        ("place", 2022, None, 2022, None),
        ("place", 2023, None, 2023, 2024),
        ("place", 2023, 2024, 2024, None),
    ]


async def test_an_act_takes_over_what_it_touches_first(database: Database) -> None:
    structure = uuid4()
    await _rows_without_facts(database, structure, *(uuid4() for _ in range(3)))
    subject: Subject = of_structure(StructureId(structure))
    at = datetime(2026, 1, 1, tzinfo=UTC)

    async with database.transaction() as transaction:
        said = [Statement(subject, Span(at), content("Nouveau"))]
        await acting.act(transaction, ActOf(ActKind.CHANGED, None), said, at)

    async with database.reading() as connection:
        before = await facts.as_of(connection, [subject], Moment(at - timedelta(days=1)))
        after = await facts.as_of(connection, [subject], Moment(at))
    assert (before[subject].fact.content["name"], after[subject].fact.content["name"]) == ("Ancien", "Nouveau")


async def _rows_without_facts(database: Database, structure: UUID, someone: UUID, lasting: UUID, ended: UUID) -> None:
    """As the version before writes them."""
    async with database.transaction() as transaction:
        await transaction.execute(
            text(
                "insert into structure (id, name, kind, territory, postal_code, commune, search, created_at)"
                " values (:id, 'Ancien', 'cabinet', '94-ouest', '', '', ' ancien', '2021-01-01Z')"
            ),
            {"id": structure},
        )
        await transaction.execute(
            text(
                "insert into professional (id, family_name, given_name, profession, search, created_at)"
                " values (:id, 'Lemaire', 'Anne', '10', ' lemaire anne', '2021-01-01Z')"
            ),
            {"id": someone},
        )
        await transaction.execute(
            text(
                "insert into place (id, professional_id, structure_id, role, since, until) values"
                " (:lasting, :who, :where, '', '2022-02-01Z', null),"
                " (:ended, :who, :where, '', '2023-02-01Z', '2024-02-01Z')"
            ),
            {"lasting": lasting, "ended": ended, "who": someone, "where": structure},
        )
