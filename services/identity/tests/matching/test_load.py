"""Filling an empty region: each line is kept as the service would have kept it, or left out with its reason."""

import asyncio
import csv
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from terresante_identity.cli import filling
from terresante_identity.cli.blocks import Block
from terresante_identity.cli.main import main
from terresante_identity.cli.rows import Making, Rows
from terresante_identity.cli.tables import Feed
from terresante_identity.domain.asking import asked_of
from terresante_identity.domain.births import Gazetteer
from terresante_identity.domain.evidence import Asked, Decision, Kept
from terresante_identity.domain.identity import PersonId
from terresante_identity.domain.ins import Environment
from terresante_identity.domain.received import claimed
from terresante_identity.domain.sources import Received
from terresante_identity.matcher import Matcher
from terresante_identity.matching.people import RawTraits
from terresante_identity.matching.single import someone
from terresante_identity.store import features, persons, rarity, sources
from terresante_platform.database import Database

from .kept import MONDAY
from .someone import YEAR

ISSUER = "1.2.250.1.71.4.2.7"
HEAD = "person_id,birth_name,first_names,birth_date,sex,birth_place"
MARIE = Received("LEFEBVRE", "MARIE ANNE", "1980-04-12", "F", birth_code="75113")
READ = {
    "P1": ("LEFEBVRE,MARIE ANNE,1980-04-12,F,75113", MARIE),
    "P2": (
        "Lefèvre-Œuf,Éloïse,1951-06-31,2,94100",
        Received("Lefèvre-Œuf", "Éloïse", "1951-06-31", "F", "FR", "94100"),
    ),
    "P\\3": ("D'ARC,JEAN-PIERRE PAUL,1951,,DZ", Received("D'ARC", "JEAN-PIERRE PAUL", "1951", "", "DZ")),
    "P4": ("NGUYEN,LEA,19950715,F,", Received("NGUYEN", "LEA", "1995-07-15", "F")),
    "P5": ("DOE,JOHN,1995-07,M,US:NY 10001", Received("DOE", "JOHN", "1995-07", "M", "US", "NY 10001")),
}
BAD = {
    "P6": ("MART1N,PAUL,1980-04-12,M,75113", "IDENTITY_NAME_CHARACTER"),
    "P7": ("MARTIN,,1980-04-12,M,75113", "IDENTITY_NAME_MISSING"),
    "P8": ("MARTIN,PAUL,12 avril,M,75113", "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
    "P9": ("MARTIN,PAUL,1780-04-12,M,75113", "IDENTITY_BIRTH_DATE_TOO_EARLY"),
    "P 10": ("MARTIN,PAUL,1980-04-12,M,75113", "LOCAL_ID_INVALID"),
    "P1": ("MARTIN,PAUL,1980-04-12,M,75113", "already used"),
    "P11": ("MARTIN,PAUL", "3 fields"),
}
FEED = Feed(ISSUER, None, "", UUID(int=0), MONDAY, MONDAY.isoformat())
DEFINITIONS = text("""
select indexdef from pg_indexes where schemaname = 'public'
union all
select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
where connamespace = 'public'::regnamespace
union all
select tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text from pg_trigger where not tgisinternal
order by 1
""")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """What can be read, and what cannot."""
    lines = [f"{id},{line}" for id, (line, _) in (*READ.items(), *BAD.items())]
    (tmp_path / "people.csv").write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    return tmp_path / "people.csv"


async def load(file: Path, url: str, *more: str) -> int:
    arguments = ["load", str(file), "--database-url", url, "--issuer", ISSUER, "--quiet", *more]
    return await asyncio.to_thread(main, arguments)


async def rows(database: Database, statement: Any) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(statement)]


def left_out(file: Path) -> list[dict[str, str]]:
    with file.with_suffix(".rejected.csv").open(encoding="utf-8", newline="") as told:
        return list(csv.DictReader(told))


async def test_each_line_is_kept_as_the_service_would_have_kept_it(
    database: Database, database_url: str, file: Path, places: Gazetteer
) -> None:
    structure = UUID(int=7)

    assert await load(file, database_url, "--structure", str(structure), "--territory", "R84") == 3

    for id, (_, received) in READ.items():
        claim = claimed(received, places, Environment.TEST, MONDAY.date())
        async with database.reading() as connection:
            source = await sources.by_number(connection, ISSUER, id)
            assert source is not None
            assert source.version.claim == claim, id
            assert (source.structure, source.territory, source.version.number) == (structure, "R84", 1)
            person = await persons.get(connection, source.person)
            assert (person.traits, person.standing, person.version) == (claim.traits, claim.standing, 1)
            found = await connection.execute(
                text("select * from source_features where source_id = :id"), {"id": source.id}
            )
            kept = found.one()._asdict()
        asked = asked_of(claim)
        who = someone(
            RawTraits(asked.birth_name, asked.first_names, asked.birth_date, asked.sex, asked.birth_place), YEAR
        )
        wanted = dict(zip(features.COLUMNS, features.row_of(Kept(source.id, source.person, asked), who), strict=True))
        assert kept == wanted


async def test_each_line_is_an_act_and_its_move_in_order(database: Database, database_url: str, file: Path) -> None:
    await load(file, database_url)

    moves = await rows(
        database,
        text(
            "select a.kind, m.from_person_id, m.to_person_id = s.person_id, s.local_id from linkage_act a "
            "join linkage_move m on m.act_id = a.id and m.place = a.place join source s on s.id = m.source_id "
            "order by a.place"
        ),
    )
    assert moves == [("REGISTERED", None, True, id) for id in READ]


async def test_each_persons_history_begins_with_the_load(database: Database, database_url: str, file: Path) -> None:
    before = datetime.now(UTC)
    await load(file, database_url)

    ids = [PersonId(id) for (id,) in await rows(database, text("select id from person"))]
    assert len(ids) == len(READ)
    async with database.reading() as connection:
        for id in ids:
            assert await persons.as_of(connection, id, datetime.now(UTC)) == await persons.get(connection, id)
            assert await persons.as_of(connection, id, before) is None
    acts = text(
        "select distinct v.act, v.detail, v.acted_by = p.registered_by, v.acted_at = p.created_at "
        "from person_version v join person p on p.id = v.person_id"
    )
    assert await rows(database, acts) == [("registered", "", True, True)]
    states = text("select v.state = to_jsonb(p) from person_version v join person p on p.id = v.person_id")
    assert set(await rows(database, states)) == {(True,)}


async def test_lines_left_out_are_told_with_their_reason(database: Database, database_url: str, file: Path) -> None:
    assert await load(file, database_url) == 3

    rejected = left_out(file)
    assert [int(row["line"]) for row in rejected] == list(range(len(READ) + 2, len(READ) + len(BAD) + 2))
    for row, (_, reason) in zip(rejected, BAD.values(), strict=True):
        assert reason in row["reason"]


async def test_what_feeders_break_costs_one_line_each_and_never_the_file(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    broken = [
        ("Q1,BÉNARD,PAUL,1980-04-12,M,75113".encode("latin-1"), "latin-1"),
        (b'Q2,"MARTIN,PAUL,1980-04-12,M,75113', "a stray quote"),
        (b'Q3,MARTIN "DIT PAUL",PAUL,1980-04-12,M,75113', "IDENTITY_NAME_CHARACTER"),
        (b"P1,MARTIN,PAUL,1980-04-12,M,75113", "already used"),
        (b",MARTIN,PAUL,1980-04-12,M,75113", "no identifier"),
        (b",,,,,", "no identifier"),
        (b"Q4,,,,,", "IDENTITY_NAME_MISSING"),
        (b"Q5,MARTIN,PAUL,,M,75113", "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        (b"Q6,MARTIN,PAUL,1850-04-12,M,75113", "IDENTITY_BIRTH_DATE_TOO_EARLY"),
        (f"Q7,MARTIN,PAUL,{tomorrow},M,75113".encode(), "IDENTITY_BIRTH_DATE_IN_FUTURE"),
        (b"Q8,MAR\x00TIN,PAUL,1980-04-12,M,75113", "IDENTITY_NAME_INVISIBLE_CHARACTER"),
        (b"Q9,MARTIN,PAUL,1980-04-12,M,US:NY\t1", "IDENTITY_BIRTH_PLACE_INVALID"),
        (b"Q10,MARTIN,PAUL,1980-04-12,M,XX:1", "IDENTITY_BIRTH_COUNTRY_UNKNOWN"),
        (b"Q11,MARTIN,PAUL,1980-04-12,M,75113,more", "7 fields"),
    ]
    odd = [b"O1,MARTIN,PAUL,1980-04-12,M,US:NY\\N", b"O2\\.,MARTIN,PAUL,1980-04-12,?,nowhere", b"   "]
    kept = [line.encode() for line in (f"P1,{READ['P1'][0]}", f"P2,{READ['P2'][0]}")]
    lines = [HEAD.encode(), kept[0], *(line for line, _ in broken), *odd, kept[1], b""]
    (tmp_path / "people.csv").write_bytes(b"\r\n".join(lines))

    assert await load(tmp_path / "people.csv", database_url) == 3

    told = left_out(tmp_path / "people.csv")
    assert [row["line"] for row in told] == [str(line) for line in range(3, len(broken) + 3)]
    for row, (_, reason) in zip(told, broken, strict=True):
        assert reason in row["reason"]
    assert await rows(database, text("select local_id from source order by local_id")) == [
        ("O1",), ("O2\\.",), ("P1",), ("P2",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\r\n", "empty"),
        ("prénom,identité\n".encode("latin-1"), "the header is not utf-8"),
        (b"ipp,birth_name\nP1,MARTIN\n", "no column person_id"),
    ],
)
async def test_a_file_that_is_no_list_of_people_is_refused_as_a_whole(
    database: Database, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes,
    sentence: str,
) -> None:  # fmt: skip
    (tmp_path / "people.csv").write_bytes(content)

    assert await load(tmp_path / "people.csv", database_url) == 1

    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "people.rejected.csv").exists()
    assert await rows(database, text("select count(*) from person")) == [(0,)]


async def test_names_are_counted_with_the_load(database: Database, database_url: str, tmp_path: Path) -> None:
    lines = [f"P{number},ZOLA,EMILE,1902-09-{number:02},M,75102" for number in range(1, 8)]
    (tmp_path / "people.csv").write_text("\n".join([HEAD, *lines]), encoding="utf-8")

    assert await load(tmp_path / "people.csv", database_url) == 0

    assert (await rarity.known(database)).people == 7
    kinds = text("select kind, bearers from name_frequency where hash <> 0 order by kind")
    assert await rows(database, kinds) == [("birth_name", 7), ("first_name", 7), ("place", 7)]


async def test_who_was_loaded_is_found_and_the_next_follow(database: Database, database_url: str, file: Path) -> None:
    await load(file, database_url)
    matcher = await Matcher.loaded(database)

    async with database.transaction() as transaction:
        [answer] = await matcher.candidates(transaction, [Asked("LEFEBVRE", "MARIE", "1980-04-12", "F", "75113")])
        place = await transaction.execute(
            text("insert into linkage_act (id, kind, at, by_id) values (:id, 'REFUSED', now(), :id) returning place"),
            {"id": UUID(int=1)},
        )

    assert answer.found[0].evidence.decision is Decision.AUTO
    assert place.scalar_one() > len(READ)


async def test_indexes_and_constraints_are_what_they_were(database: Database, database_url: str, file: Path) -> None:
    before = await rows(database, DEFINITIONS)

    await load(file, database_url)

    assert await rows(database, DEFINITIONS) == before
    assert len(before) > 60


async def test_a_region_that_has_people_is_left_as_it_is(
    database: Database, database_url: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await load(file, database_url)
    before = await rows(database, text("select id from source order by id"))
    (file.parent / "more.csv").write_text(f"{HEAD}\nQ1,ZOLA,EMILE,1902-09-29,M,75102\n", encoding="utf-8")

    assert await load(file.parent / "more.csv", database_url) == 1

    assert "has people already" in capsys.readouterr().err
    assert await rows(database, text("select id from source order by id")) == before
    assert await rows(database, DEFINITIONS)


async def test_a_load_that_is_cut_off_leaves_nothing(database: Database, database_url: str) -> None:
    before = await rows(database, DEFINITIONS)
    making = Making(FEED, 6, [[place] for place in range(6)], 1)

    async def cut_off() -> AsyncIterator[Rows]:
        yield making.rows(Block(2, 1, b"P1,LEFEBVRE,MARIE,1980-04-12,F,75113\n"))
        raise OSError("the disk is gone")

    async with filling.connected(database_url) as connection:
        with pytest.raises(OSError, match="the disk"):
            await filling.filled(connection, cut_off(), lambda *_: None)

    assert await rows(database, text("select count(*) from person")) == [(0,)]
    assert await rows(database, DEFINITIONS) == before


async def test_a_file_that_cannot_be_read_or_a_database_that_is_not_there_is_said(
    database_url: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file.parent / "x.parquet").write_bytes(b"no parquet")

    assert await load(file.parent / "x.parquet", database_url) == 1
    assert "not a Parquet file" in capsys.readouterr().err
    assert await load(file, f"{database_url}_elsewhere") == 1
    assert "the database cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize("issuer", ["urn:oid:1.2.3", "", "hospital"])
def test_an_issuer_that_is_no_oid_is_refused(issuer: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["load", str(file), "--database-url", "postgresql://nowhere", "--issuer", issuer])

    assert "OID" in capsys.readouterr().err
