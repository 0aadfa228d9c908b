"""What stood in a territory at the end of each week, as known now.

Each fact is the range of weeks at whose end it holds, so that a statement costs for a hundred weeks what it does for
two: nothing is looked at once for each of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, DateTime, Interval, Text, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.care import Standing
from terresante_directory.domain.indicators import united
from terresante_directory.domain.weeks import PARIS

_MOMENTS = "cast(:moments as timestamptz[])"
_PARAMETERS = (
    bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
    bindparam("territory", type_=Text),
)


def _number(moment: str) -> str:
    """SQL: how many of the moments are before that one."""
    return f"width_bucket({moment} - interval '1 microsecond', {_MOMENTS})"


def _number_or_all(moment: str) -> str:
    return f"case when {moment} is null then cardinality({_MOMENTS}) else {_number(moment)} end"


def _meets(begins: str, ends: str) -> str:
    """SQL: what begins and ends then is there between the first moment and the last."""
    return f"""coalesce({begins} <= ({_MOMENTS})[cardinality({_MOMENTS})], true)
        and coalesce({ends} > ({_MOMENTS})[1], true)"""


def _statement(sql: str, *more: Any) -> TextClause:
    return text(sql).bindparams(*_PARAMETERS, *more)


_FACT = f"""
    case when f.valid_from is null then 0 else {_number("f.valid_from")} end as first,
    {_number_or_all("f.valid_to")} as past
"""
_STRUCTURES = _statement(
    f"""
    select cast(f.subject as uuid), '', {_FACT} from fact f
    where f.territory = :territory and f.kind = 'structure' and f.known_to is null
        and {_meets("f.valid_from", "f.valid_to")} and not cast(f.content ->> 'closed' as boolean)
    """  # noqa: S608  # only our own words are put together
)
_OFFERS = _statement(
    f"""
    select cast(f.subject as uuid), '', {_FACT},
        case when f.content ->> 'confirmed_at' is null then cardinality({_MOMENTS})
            else width_bucket(cast(f.content ->> 'confirmed_at' as timestamptz) + :stale, {_MOMENTS}) end as stale
    from structure s join fact f on f.parent = cast(s.id as text) and f.kind = 'offer' and f.known_to is null
    where s.territory = :territory and {_meets("f.valid_from", "f.valid_to")}
        and not cast(f.content ->> 'closed' as boolean)
    """,  # noqa: S608
    bindparam("stale", type_=Interval),
)
_PLACES = _statement(
    f"""
    select p.professional_id, o.profession, {_number("p.since")}, {_number_or_all("p.until")}
    from structure s join place p on p.structure_id = s.id join professional o on o.id = p.professional_id
    where s.territory = :territory and {_meets("p.since", "p.until")}
    """  # noqa: S608
)
_ACTIVE = text(
    """
    select a.week, count(*) from unnest(:ids, :begins, :ends) there(uid, begins, ends)
        join account_week a on a.uid = there.uid and a.week between there.begins and there.ends
    group by a.week
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("begins", type_=ARRAY(Date)),
    bindparam("ends", type_=ARRAY(Date)),
)
"""By an index alone, for each person: the users of a region are many more than those of a territory."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stood when. `places`: whose they are, by profession. `people`: the same, each once at a time.

    `active`: how many of them were seen, by the week's number.
    """

    structures: list[Standing]
    offers: list[Standing]
    stale: list[Standing]
    places: list[Standing]
    people: list[Standing]
    active: dict[int, int]


async def by_week(
    connection: AsyncConnection,
    territory: str,
    weeks: Sequence[datetime],
    moments: Sequence[datetime],
    stale: timedelta,
) -> Found:
    """Of a territory, at each of the `moments`, one in each of the `weeks`, ascending. `stale`: as in `Rules`."""
    here: dict[str, Any] = {"territory": territory, "moments": list(moments)}
    structures = await connection.execute(_STRUCTURES, here)
    offers = (await connection.execute(_OFFERS, {**here, "stale": stale})).all()
    places = _standing(await connection.execute(_PLACES, here))
    people = united(places)
    return Found(
        structures=_standing(structures),
        offers=_standing(row[:4] for row in offers),
        stale=_standing((id, label, max(first, since), past) for id, label, first, past, since in offers),
        places=places,
        people=people,
        active=await _active(connection, people, [week.astimezone(PARIS).date() for week in weeks]),
    )


async def _active(connection: AsyncConnection, people: Sequence[Standing], weeks: Sequence[date]) -> dict[int, int]:
    """How many of them were seen in each week at whose end they stand there, by its number."""
    there = {
        "ids": [one.id for one in people],
        "begins": [weeks[one.first] for one in people],
        "ends": [weeks[one.past - 1] for one in people],
    }
    numbers = {week: number for number, week in enumerate(weeks)}
    return {numbers[week]: amount for week, amount in await connection.execute(_ACTIVE, there)}


def _standing(rows: Iterable[Any]) -> list[Standing]:
    """Without what stood at none of the moments."""
    return [Standing(*row) for row in rows if row[2] < row[3]]
