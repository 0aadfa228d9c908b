"""How many pairs wait, and how well matching does, by the structure that feeds identities. Numbers only."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_identity.domain.quality import TRAIT_OF, Count, Quality
from terresante_identity.domain.reviews import Mandate
from terresante_identity.domain.sources import SourceWarning

# A pair counts once for each structure it comes from that is in the mandate.
WAITING = """
    select distinct r.id, r.created_at, s.structure_id, s.territory_code
    from review r join source s on s.id in (r.source_id, r.other_source_id)
    where r.state = 'WAITING'
      and (r.structure_ids && cast(:structures as uuid[]) or r.territory_codes && cast(:territories as text[]))
      and (s.structure_id = any(cast(:structures as uuid[])) or s.territory_code = any(cast(:territories as text[])))
"""
COUNTS = text(
    f"""
    select structure_id, territory_code,
        count(*) filter (where created_at > :today) as today,
        count(*) filter (where created_at <= :today and created_at > :week) as this_week,
        count(*) filter (where created_at <= :week and created_at > :month) as this_month,
        count(*) filter (where created_at <= :month) as older,
        min(created_at) as oldest
    from ({WAITING}) waiting group by 1, 2 order by 2, 1
    """  # noqa: S608 -- no value is in it
)
OURS = """
    select id, structure_id from source
    where structure_id = any(cast(:structures as uuid[])) or territory_code = any(cast(:territories as text[]))
"""
FED = text(
    f"""
    with ours as ({OURS}),
    arrived as (
        select o.structure_id, a.id, a.kind, a.at, m.source_id from ours o
        join linkage_move m on m.source_id = o.id and m.from_person_id is null
        join linkage_act a on a.id = m.act_id where a.at >= :since
    )
    select o.structure_id,
        (select count(*) from source_version v join ours s on s.id = v.source_id
            where s.structure_id is not distinct from o.structure_id and v.received_at >= :since) as received,
        (select count(*) from arrived a where a.structure_id is not distinct from o.structure_id
            and a.kind = 'REGISTERED') as created,
        (select count(*) from arrived a where a.structure_id is not distinct from o.structure_id
            and a.kind = 'LINKED') as linked,
        (select count(*) from arrived a where a.structure_id is not distinct from o.structure_id
            and a.kind = 'REGISTERED' and exists (select from review r
                where a.source_id in (r.source_id, r.other_source_id) and r.created_at = a.at)) as doubtful,
        (select count(*) from arrived a where a.structure_id is not distinct from o.structure_id
            and a.kind = 'LINKED' and exists (select from linkage_act u where u.undoes = a.id)) as undone
    from (select distinct structure_id from ours) o order by 1
    """  # noqa: S608 -- no value is in it
)
FLAWS = text(
    f"""
    select o.structure_id, w.warning, count(*) as times from ({OURS}) o
    join source_version v on v.source_id = o.id and v.received_at >= :since
    cross join unnest(v.warnings) as w(warning) group by 1, 2
    """  # noqa: S608 -- no value is in it
)
STILL = text(
    f"select structure_id, count(*) as waiting, min(created_at) as oldest from ({WAITING}) waiting group by 1"  # noqa: S608
)


async def counts(connection: AsyncConnection, mandate: Mandate, now: datetime) -> list[Count]:
    """How many wait, by structure and age."""
    ages = {"today": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
    rows = await connection.execute(COUNTS, _of(mandate) | {name: now - age for name, age in ages.items()})
    return [
        Count(row.structure_id, row.territory_code, row.today, row.this_week, row.this_month, row.older, row.oldest)
        for row in rows
    ]


async def quality(connection: AsyncConnection, mandate: Mandate, since: datetime) -> list[Quality]:
    """How matching did, by structure."""
    given = _of(mandate) | {"since": since}
    still = {row.structure_id: row for row in await connection.execute(STILL, _of(mandate))}
    flawed: dict[UUID | None, dict[str, int]] = {}
    for row in await connection.execute(FLAWS, given):
        traits = flawed.setdefault(row.structure_id, {})
        trait = TRAIT_OF[SourceWarning(row.warning)]
        traits[trait] = traits.get(trait, 0) + row.times
    return [
        Quality(
            structure=row.structure_id,
            received=row.received,
            created=row.created,
            linked=row.linked,
            doubtful=row.doubtful,
            undone=row.undone,
            waiting=still[row.structure_id].waiting if row.structure_id in still else 0,
            oldest_waiting=still[row.structure_id].oldest if row.structure_id in still else None,
            flawed=flawed.get(row.structure_id, {}),
        )
        for row in await connection.execute(FED, given)
    ]


def _of(mandate: Mandate) -> dict[str, object]:
    return {"structures": list(mandate.structures), "territories": list(mandate.territories)}
