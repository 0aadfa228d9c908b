"""What a source says and the directory says otherwise, and what was decided of it: by kind and key, in SQL."""
# ruff: noqa: S608

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.imports.comparing import Settled
from terresante_directory.store.sources import settled
from terresante_directory.store.sources.statements import KEPT

RECONCILED = (SubjectKind.STRUCTURE, SubjectKind.PROFESSIONAL, SubjectKind.OFFER)
"""Kinds that are compared field by field: a place has its own territory's word."""
_HOME = """(select s.territory from place w join structure s on s.id = w.structure_id where w.professional_id = p.id
    order by w.until is not null, case when w.until is null then coalesce(w.continues_since, w.since) end,
        w.until desc, w.id limit 1)"""
"""Which territory answers for a professional, as `Professional.home` says."""
_DIFFERENT = f"""select r.source, r.kind, r.key, r.content, r.said_at, {KEPT} as kept, f.id as seen, f.content as here,
        f.subject, f.known_from,
        coalesce(st.territory, m.territory, o.territory, case when p.id is not null then {_HOME} end, r.territory)
            as territory
    from source_record r join fact f on f.known_to is null and f.kind = r.kind and f.subject = r.subject::text
    left join structure m on r.kind = 'structure' and m.id = r.subject and m.shown = f.id
    left join offer o on r.kind = 'offer' and o.id = r.subject and o.shown = f.id
    left join professional p on r.kind = 'professional' and p.id = r.subject and p.shown = f.id
    left join structure st on st.id = o.structure_id
    where r.source = :source and not r.gone and coalesce(m.stands, o.stands, p.stands)"""


_NOT_THE_SAME = "r.same_as is distinct from f.id"
_SETTLED = """exists (select 1 from settlement s
        where s.source = r.source and s.kind = r.kind and s.key = r.key)"""
_FROM_THERE_ON = """r.kind = any(:kinds) and (r.kind, r.key) >= (:kind, :key)
    and (:subject = '' or f.subject = :subject) order by r.kind, r.key limit :limit"""
FEW_TERRITORIES = 3


def _in_many(condition: str) -> TextClause:
    """Along all records of the source, most of which are in these territories."""
    return _asked(f"{_DIFFERENT} and {condition} and r.territory = any(:territories) and {_FROM_THERE_ON}")


def _in_few(condition: str) -> TextClause:
    """Along those of each territory: the index gives them in the order of kind and key."""
    return _asked(
        f"""select told.* from unnest(cast(:territories as text[])) as one(territory),
                lateral ({_DIFFERENT} and {condition} and r.territory = one.territory and {_FROM_THERE_ON}) as told
            order by told.kind, told.key limit :limit"""
    )


def _asked(sql: str) -> TextClause:
    return text(sql).bindparams(bindparam("territories", type_=ARRAY(Text)), bindparam("kinds", type_=ARRAY(Text)))


DIFFERENT, DIFFERENT_IN_FEW = _in_many(_NOT_THE_SAME), _in_few(_NOT_THE_SAME)
DECIDED, DECIDED_IN_FEW = _in_many(_SETTLED), _in_few(_SETTLED)
DIFFERENT_OF = text(f"""{_DIFFERENT} and r.subject = any(:subjects)""").bindparams(
    bindparam("subjects", type_=ARRAY(Uuid))
)
SETTLE = text(
    """insert into settlement (source, kind, key, field, source_value, local_value, by, at, why)
       values (:source, :kind, :key, :field, :source_value, :local_value, :by, :at, :why)
       on conflict (source, kind, key, field) do update set source_value = excluded.source_value,
           local_value = excluded.local_value, by = excluded.by, at = excluded.at, why = excluded.why"""
)
DECISIONS = text(
    """select s.kind, s.key, s.field, s.at, s.why, concat_ws(' ', a.given_name, a.family_name) as name
       from settlement s left join administrator a on a.id = s.by where s.source = :source and s.key = any(:keys)"""
).bindparams(bindparam("keys", type_=ARRAY(Text)))
UNSETTLE = text(
    """delete from settlement where source = :source and kind = :kind and key = :key and field = :field
       and source_value = :source_value and local_value = :local_value"""
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a source says of something that stands, and what stands: `here`, by the fact `seen`, known since then."""

    source: str
    kind: SubjectKind
    key: str
    content: Mapping[str, str]
    subject: str
    seen: str
    here: Mapping[str, object]
    territory: str
    kept: Mapping[str, Settled]
    said_at: datetime
    known_from: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which differences: of a source, in territories, of kinds; of one subject (its id), or of all (blank).

    `kept`: those of subjects of which something was decided, instead of those that are not known to agree.
    """

    source: str
    territories: Collection[str]
    kinds: Collection[SubjectKind] = RECONCILED
    subject: str = ""
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """That a local value is kept: by whom, when, why."""

    name: str
    at: datetime
    why: str


async def different(connection: AsyncConnection, wanted: Wanted, after: tuple[str, str], limit: int) -> list[Told]:
    """What the source says that is not known to be said here too, in the order of kind and key, `after` included."""
    asked = {
        "source": wanted.source,
        "territories": sorted(wanted.territories),
        "kinds": [one.value for one in wanted.kinds],
        "subject": wanted.subject,
    }
    few = len(wanted.territories) <= FEW_TERRITORIES
    decided, undecided = (DECIDED_IN_FEW, DIFFERENT_IN_FEW) if few else (DECIDED, DIFFERENT)
    statement = decided if wanted.kept else undecided
    rows = await connection.execute(statement, asked | {"kind": after[0], "key": after[1], "limit": limit})
    return [_told(row) for row in rows]


async def decisions(
    connection: AsyncConnection, source: str, keys: Collection[str]
) -> dict[tuple[str, str, str], Decision]:
    """What was decided of these keys, by kind, key and field."""
    rows = await connection.execute(DECISIONS, {"source": source, "keys": list(keys)})
    return {(row.kind, row.key, row.field): Decision(row.name, row.at, row.why) for row in rows}


async def told_of(connection: AsyncConnection, source: str, subjects: Collection[UUID]) -> list[Told]:
    """What the source says of these subjects."""
    rows = await connection.execute(DIFFERENT_OF, {"source": source, "subjects": list(subjects)})
    return [_told(row) for row in rows]


async def settle(transaction: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    """Remembers that local values are kept."""
    if rows:
        await transaction.execute(SETTLE, list(rows))


async def unsettle(transaction: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    """Forgets it: they are to be decided again."""
    if rows:
        await transaction.execute(UNSETTLE, list(rows))


def _told(row: Any) -> Told:
    return Told(
        source=row.source,
        kind=SubjectKind(row.kind),
        key=row.key,
        content=row.content,
        subject=row.subject,
        seen=str(row.seen),
        here=row.here,
        territory=row.territory,
        kept=settled(row.kept),
        said_at=row.said_at,
        known_from=row.known_from,
    )
