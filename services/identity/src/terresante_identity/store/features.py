"""What each source is looked up by: its keys, its texts, whose it is; and who shares a key with those asked for.

All who are asked for in one call are looked up by one statement (`source_candidates`, migration 0004), planned once a
connection: planning a union of nineteen indexes costs more than running it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_identity.domain.evidence import Kept
from terresante_identity.matching.keys import KEYS, cap
from terresante_identity.matching.ranking import PersonStanding, Registered
from terresante_identity.matching.single import Someone, keys_of, place_key, probes_of, signed

NAMES = tuple(KEYS)
MOST = tuple([cap(name) for name in NAMES])
COLUMNS = (
    "source_id", "person_id", "birth_name", "first_names", "birth_date", "sex", "birth_place", "ins", "qualified",
    "flagged", "f_birth_name", "f_first_name", "f_place", *(f"k_{name}" for name in NAMES),
)  # fmt: skip
KEEP = (
    f"insert into source_features ({', '.join(COLUMNS)}) "  # noqa: S608 -- names of our own columns
    f"values ({', '.join(f'${place}' for place in range(1, len(COLUMNS) + 1))}) on conflict (source_id) do update set "
    + ", ".join(f"{column} = excluded.{column}" for column in COLUMNS[1:])
)
MOVE = "update source_features set person_id = $1 where source_id = any($2::uuid[])"
CANDIDATES = "select * from source_candidates($1, $2, $3, $4, $5, $6)"
ONE = (
    "select source_id, person_id, birth_name, first_names, birth_date, sex, birth_place, ins, qualified, flagged "
    "from source_features where source_id = any($1::uuid[])"
)
# Of each person: whether one of their sources is flagged, and the INS of those that are qualified.
STANDINGS = (
    "select person_id, bool_or(flagged), array_agg(distinct ins) filter (where qualified and ins is not null) "
    "from source_features where person_id = any($1::uuid[]) group by person_id"
)


@dataclass(slots=True)
class Found:
    """Who shares a key, or the INS, with somebody asked for, in no order; `capped`: keys that too many share."""

    registered: list[Registered] = field(default_factory=list)
    capped: list[str] = field(default_factory=list)


class Wanted(NamedTuple):
    """Somebody asked for, and their INS if known."""

    who: Someone
    ins: str | None


async def keep(transaction: AsyncConnection, kept: Kept, who: Someone) -> None:
    """Writes one source's row, or writes it again. `who`: of the same traits."""
    await transaction.exec_driver_sql(KEEP, row_of(kept, who))


def row_of(kept: Kept, who: Someone) -> tuple[object, ...]:
    """The values of `COLUMNS`."""
    asked = kept.asked
    texts = (asked.birth_name, asked.first_names, asked.birth_date, asked.sex, asked.birth_place)
    frequent = who.name.whole, who.first.unit, place_key(who.raw.birth_place)
    keys = keys_of(who, KEYS)
    return (
        kept.source,
        kept.person,
        *texts,
        asked.ins,
        asked.qualified,
        asked.flagged,
        *[signed(value) if value else None for value in frequent],
        *[signed(keys[name]) if keys[name] else None for name in NAMES],
    )


async def move(transaction: AsyncConnection, sources: Sequence[UUID], person: UUID) -> None:
    """These sources are that person's now."""
    await transaction.exec_driver_sql(MOVE, (person, list(sources)))


async def candidates(connection: AsyncConnection, wanted: Sequence[Wanted]) -> list[Found]:
    """One answer per look-up. A value of a key that more than `keys.cap` sources share gives nobody, and is told."""
    asked, key, value, most = [], [], [], []
    for place, one in enumerate(wanted):
        probes = probes_of(one.who, NAMES)
        for number, name in enumerate(NAMES):
            for probe in probes[name]:
                asked.append(place)
                key.append(number)
                value.append(signed(probe))
                most.append(MOST[number])
    known = [(place, one.ins) for place, one in enumerate(wanted) if one.ins is not None]
    ins_asked, ins = [place for place, _ in known], [text for _, text in known]
    rows = await _rows(connection, CANDIDATES, (asked, key, value, most, ins_asked, ins))
    found = [Found() for _ in wanted]
    for place, capped, *columns in rows:
        if capped is None:
            found[place].registered.append(Registered._make(columns))
        else:
            found[place].capped.append(NAMES[capped])
    return found


async def by_source(connection: AsyncConnection, sources: Iterable[UUID]) -> Mapping[UUID, Registered]:
    """Those of them that are looked up by something."""
    rows = await _rows(connection, ONE, (list(sources),))
    return {row[0]: Registered._make(row) for row in rows}


async def standings(connection: AsyncConnection, persons: Iterable[UUID]) -> Mapping[UUID, PersonStanding]:
    """Of each of these persons."""
    rows = await _rows(connection, STANDINGS, (list(persons),))
    return {person: PersonStanding(flagged, frozenset(ins or ())) for person, flagged, ins in rows}


async def _rows(connection: AsyncConnection, statement: str, values: tuple[object, ...]) -> Sequence[Any]:
    """As written for the driver: nothing is compiled, for the statement is the same each time."""
    return (await connection.exec_driver_sql(statement, values)).all()
