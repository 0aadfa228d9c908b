"""Circles and consents counted at several moments, in one statement that costs for a hundred what it does for two.

Each membership is the range of moments at which it lasts; those of a patient are united, and only where the union
begins and ends counts. Which ids are one person, and whose consent stands then, is as known now (`domain.joined`).
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_consent.domain.counting import Asked
from terresante_consent.store.line import driver_of


def _lasts(begins: str, ends: str) -> str:
    """SQL: at which moments something lasts that begins and ends then."""
    before = "width_bucket({} - interval '1 microsecond', $4::timestamptz[])"
    return f"""int4range({before.format(begins)}, case when {ends} is null then cardinality($4::timestamptz[])
        else {before.format(ends)} end)"""


COUNTED = f"""
    with asked as materialized (
        select a.id, int4range(a.first, a.past) as moments
        from unnest($1::uuid[], $2::int[], $3::int[]) a(id, first, past)
    ), lasting as (
        select m.patient_id, a.moments * {_lasts("m.since", "m.until")} as moments
        from asked a join circle_member m on m.professional_id = a.id
        union all
        select m.patient_id, a.moments * {_lasts("m.since", "m.until")}
        from asked a join circle_member m on m.structure_id = a.id
    ), cared as materialized (
        select patient_id, range_agg(moments) as moments from lasting where not isempty(moments) group by patient_id
    ), same as materialized (
        select j.* from joined j where j.patient_id in (select patient_id from cared)
    ), agreed as materialized (
        select c.patient_id, range_agg({_lasts("c.given_at", "c.withdrawn_at")}) as moments from consent c
        where c.patient_id in (
            select patient_id from cared
            union select decisive from same
            union select unnest(others) from same
        )
        group by c.patient_id
    ), consented as (
        select c.patient_id as person, c.moments * a.moments as moments
        from cared c join agreed a on a.patient_id = c.patient_id
        where not exists (select from same s where s.patient_id = c.patient_id)
        union all
        select s.everyone[1], range_agg(c.moments * a.moments * coalesce(
            (select range_intersect_agg(o.moments) from agreed o where o.patient_id = any(s.others)),
            int4multirange(int4range(0, cardinality($4::timestamptz[])))
        ))
        from cared c join same s on s.patient_id = c.patient_id join agreed a on a.patient_id = s.decisive
        group by s.everyone[1]
    ), told as (
        select 'circles' as what, unnest(moments) as moments from cared
        union all
        select 'consents', unnest(moments) from consented
    )
    select what, moment, sum(number)::int as number
    from told, lateral (values (lower(moments), 1), (upper(moments), -1)) change(moment, number)
    group by what, moment
"""  # noqa: S608  # only our own words are put together


_BY_INDEX = text(
    """
    select set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
        set_config('jit', 'off', true)
    """
)
"""For this transaction: it only looks up by index, and is planned once."""


@dataclass(frozen=True, slots=True)
class Changes:
    """From which moment on, how many more or fewer there are."""

    circles: list[tuple[int, int]]
    consents: list[tuple[int, int]]


async def changes(transaction: AsyncConnection, asked: Asked) -> Changes:
    """Of circles with an active member among those asked about, and of their patients whose consent is in force."""
    await transaction.execute(_BY_INDEX)
    driver = await driver_of(transaction)
    members = ([one.member for one in asked.members], [one.first for one in asked.members])
    rows = await driver.fetch(COUNTED, *members, [one.past for one in asked.members], list(asked.moments))
    found: dict[str, list[tuple[int, int]]] = {"circles": [], "consents": []}
    for row in rows:
        found[row["what"]].append((row["moment"], row["number"]))
    return Changes(found["circles"], found["consents"])
