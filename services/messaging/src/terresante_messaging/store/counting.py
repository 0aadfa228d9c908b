"""How many messages each professional wrote in each week."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Date, Integer, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.counting import Asked, Written, once_each
from terresante_messaging.domain.people import MessageId, Realm

_ADD = text(
    f"""
    insert into written (week, professional_id, messages)
    select posted.week, m.author_id, count(*)
    from unnest(:ids, :weeks) posted(id, week)
    join message m on m.id = posted.id and m.id between :low and :high
    where m.author_realm = '{Realm.PROFESSIONAL.value}'
    group by posted.week, m.author_id
    on conflict (week, professional_id) do update set messages = written.messages + excluded.messages
    """  # noqa: S608  # only our own word is put in
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("weeks", type_=ARRAY(Date)),
    bindparam("low", type_=Uuid),
    bindparam("high", type_=Uuid),
)
_FORGET = text("delete from written where week < :oldest").bindparams(bindparam("oldest", type_=Date))
_BY_WEEK = text(
    """
    select w.week, sum(w.messages)::bigint as messages, count(*) as writers
    from unnest(:ids, :firsts, :pasts) asked(id, first, past)
    join written w on w.professional_id = asked.id
        and w.week >= :monday + 7 * asked.first and w.week < :monday + 7 * asked.past
    where w.week >= :monday and w.week < :monday + 7 * :weeks
    group by w.week
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("firsts", type_=ARRAY(Integer)),
    bindparam("pasts", type_=ARRAY(Integer)),
    bindparam("monday", type_=Date),
    bindparam("weeks", type_=Integer),
)
_BY_INDEX = text("select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)")
"""For this transaction: whoever is asked about is looked up, for a territory has far fewer professionals than there are
rows.
"""


async def add(transaction: AsyncConnection, weeks: Mapping[MessageId, date]) -> None:
    """Counts those of these messages that professionals wrote, each in its week. Once for each message."""
    if weeks:
        given = {"ids": list(weeks), "weeks": list(weeks.values()), "low": min(weeks), "high": max(weeks)}
        await transaction.execute(_ADD, given)


async def forget(transaction: AsyncConnection, oldest: date) -> None:
    """Lets go of the weeks before that one."""
    await transaction.execute(_FORGET, {"oldest": oldest})


async def by_week(transaction: AsyncConnection, asked: Asked) -> list[Written]:
    """One for each week, in their order. Each professional once, however often they are asked about."""
    writers = once_each(asked.writers)
    given: dict[str, Any] = {
        "ids": [one.professional for one in writers],
        "firsts": [one.first for one in writers],
        "pasts": [one.past for one in writers],
        "monday": asked.monday,
        "weeks": asked.weeks,
    }
    await transaction.execute(_BY_INDEX)
    rows = await transaction.execute(_BY_WEEK, given)
    found = {row.week: Written(row.messages, row.writers) for row in rows}
    return [found.get(asked.monday + timedelta(weeks=number), Written()) for number in range(asked.weeks)]
