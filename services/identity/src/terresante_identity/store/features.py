"""What each source is looked up by: its keys, its texts, whose it is; and who shares a key with those asked for.

All who are asked for in one call are looked up by one statement (`source_candidates`, migration 0004), planned once a
connection: planning a union of nineteen indexes costs more than running it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_identity.domain.evidence import Kept
from terresante_identity.domain.identity import Person
from terresante_identity.matching.keys import KEYS, cap
from terresante_identity.matching.ranking import PersonStanding, Registered
from terresante_identity.matching.single import Someone, keys_of, place_key, probes_of, signed
from terresante_identity.store import lately
from terresante_identity.store.direct import Direct, under
from terresante_identity.store.rows import person_of
from terresante_identity.store.tables import person

NAMES = tuple(KEYS)
MOST = tuple([cap(name) for name in NAMES])
COLUMNS = (
    "source_id", "person_id", "birth_name", "first_names", "birth_date", "sex", "birth_place", "ins", "qualified",
    "flagged", "f_birth_name", "f_first_name", "f_place", *(f"k_{name}" for name in NAMES),
)  # fmt: skip
KEEP = lately.noting(
    f"insert into source_features ({', '.join(COLUMNS)}) "  # noqa: S608 -- names of our own columns
    f"values ({', '.join(f'${place}' for place in range(1, len(COLUMNS) + 1))}) on conflict (source_id) do update set "
    + ", ".join(f"{column} = excluded.{column}" for column in COLUMNS[1:])
)
MOVE = "update source_features set person_id = $1 where source_id = any($2::uuid[])"
CANDIDATES = "select * from source_candidates($1, $2, $3, $4, $5, $6)"
# Of each person: whether one of their sources is flagged, and the INS of those that are qualified.
STANDINGS = (
    "select person_id, bool_or(flagged), array_agg(distinct ins) filter (where qualified and ins is not null) "
    "from source_features where person_id = any($1::uuid[]) group by person_id"
)
SHOWN = (
    f"select f.flagged, f.ins, {', '.join(f'p.{column.name}' for column in person.c)} from person p "  # noqa: S608
    "left join lateral (select bool_or(flagged) as flagged, array_agg(distinct ins) "
    "filter (where qualified and ins is not null) as ins from source_features where person_id = p.id) f on true "
    "where p.id = any($1::uuid[])"
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
    """Writes one source's row, or writes it again, and notes that it was (`lately`). `who`: of the same traits."""
    await (await under(transaction)).rows(KEEP, *row_of(kept, who))


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
    await (await under(transaction)).rows(MOVE, person, list(sources))


async def candidates(direct: Direct, wanted: Sequence[Wanted]) -> list[Found]:
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
    rows = await direct.rows(CANDIDATES, asked, key, value, most, ins_asked, ins)
    found = [Found() for _ in wanted]
    for place, capped, *columns in rows:
        if capped is None:
            found[place].registered.append(Registered._make(columns))
        else:
            found[place].capped.append(NAMES[capped])
    return found


async def standings(direct: Direct, persons: Collection[UUID]) -> Mapping[UUID, PersonStanding]:
    """Of each of these persons."""
    rows = await direct.rows(STANDINGS, list(persons)) if persons else ()
    return {person: PersonStanding(flagged, frozenset(ins or ())) for person, flagged, ins in rows}


async def shown(direct: Direct, persons: Collection[UUID]) -> dict[UUID, tuple[Person, PersonStanding]]:
    """Each of these persons as the region shows them, and what all their sources say."""
    rows = await direct.rows(SHOWN, list(persons)) if persons else ()
    found: dict[UUID, tuple[Person, PersonStanding]] = {}
    for flagged, ins, *columns in rows:
        one = person_of(columns)
        found[one.id] = one, PersonStanding(bool(flagged), frozenset(ins or ()))
    return found
