"""What years of use leave beside the directory itself: accounts, logins, requests, correspondents, and what the national
directory said last of who is enrolled (one in two hundred differs).

Drawn from the ids, so that the same region gives the same rows. Three in five professionals have an account, half of
those logged in in any week; one structure in ten has a correspondent.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.domain.territories import Administrator
from terresante_directory.store import administrators
from terresante_platform.database import Database

ADMINISTRATOR = AdministratorId(UUID("00000000-0000-4000-8000-00000000a001"))
"""Of all territories; who makes the calls that are measured."""
LOCAL = AdministratorId(UUID("00000000-0000-4000-8000-00000000a002"))
"""Of the largest territory alone."""
DRAW = """
create function drawn(id uuid, salt text) returns integer language sql immutable as
$$ select ('x' || substr(md5(id::text || salt), 1, 6))::bit(24)::integer % 1000 $$;
"""
ROWS = (
    """
    insert into account (uid, kind, username, id_nat, means, state, settled, turn)
    select id, 'professional', 'u' || md5(id::text), case when card then '8' || rpps end,
        case when card then 'card' else 'password_and_code' end,
        case when drawn(id, 'state') < 30 then 'suspended' when drawn(id, 'state') < 80 then 'pending' else 'open' end,
        drawn(id, 'settled') > 1, 1
    from (select id, rpps, rpps is not null and drawn(id, 'card') < 700 as card from professional where stands) as one
    where drawn(id, 'account') < 600
    """,
    """
    insert into account_seen (uid, last_login, locked, seen_at)
    select uid, case when drawn(uid, 'never') > 100 then cast(:now as timestamptz) - make_interval(hours => drawn(uid, 'login') * 9) end,
        drawn(uid, 'locked') < 5, cast(:now as timestamptz) - interval '1 hour'
    from account where state <> 'pending'
    """,
    """
    insert into account_week (week, uid)
    select monday, uid from account,
        generate_series(date_trunc('week', cast(:now as timestamptz))::date - 7 * 104, date_trunc('week', cast(:now as timestamptz))::date, interval '7 days')
            as monday
    where state = 'open' and drawn(uid, monday::date::text) < 500
    """,
    """
    insert into account_act (id, uid, kind, at, by, why, evidence, territories)
    select gen_random_uuid(), uid, 'opened', cast(:now as timestamptz) - make_interval(days => drawn(uid, 'opened') * 3), cast(:by as uuid), '', '', '{}'
    from account
    """,
    """
    insert into account_difference (id, uid, kind, since, seen_at)
    select 'state:' || uid, uid, 'state', cast(:now as timestamptz) - interval '3 days', cast(:now as timestamptz) from account where drawn(uid, 'drift') < 2
    """,
    """
    insert into self_enrolment (uid, rpps, asked_at, until, terms_version, done_at)
    select id, rpps, cast(:now as timestamptz) - interval '9 days', cast(:now as timestamptz) + interval '9 days', '1', cast(:now as timestamptz) - interval '8 days'
    from professional join account on uid = id where rpps is not null and drawn(id, 'self') < 3
    """,
    """
    insert into correspondent (structure_id, professional_id, since, named_by)
    select distinct on (structure_id) structure_id, professional_id, cast(:now as timestamptz) - interval '1 year', cast(:by as uuid)
    from place join structure on structure.id = structure_id
    where until is null and not closed and drawn(structure_id, 'correspondent') < 100
    order by structure_id, place.id
    """,
    """
    insert into change_request (id, structure_id, kind, change, why, asked_by, at, state, decided_by, decided_at)
    select gen_random_uuid(), structure_id, 'CloseOffer',
        jsonb_build_object('offer_id', offer.id, 'version', 1, 'closing_kind', 'DEF'), 'Fermeture', professional_id,
        cast(:now as timestamptz) - make_interval(days => number * 20 + drawn(offer.id, 'request') / 50),
        case when number = 0 then 'open' else 'refused' end, case when number > 0 then cast(:by as uuid) end,
        case when number > 0 then cast(:now as timestamptz) - make_interval(days => number * 20 - 5) end
    from correspondent join offer using (structure_id), generate_series(0, 3) as number
    where offer.open
    """,
    """
    insert into request_comment (id, request_id, author, author_name, at, text)
    select gen_random_uuid(), id, cast(:by as uuid), 'Claire Durand', at + make_interval(hours => number), 'Merci de préciser la date.'
    from change_request, generate_series(1, 5) as number
    """,
    """
    insert into source_record (source, kind, key, content, import, line, said_at, territory, subject, same_as)
    select 'annuaire', 'professional', 'rpps:' || rpps, jsonb_build_object('rpps', rpps, 'profession', profession,
            'given_name', given_name, 'family_name', case when differs then 'X' || family_name else family_name end),
        gen_random_uuid(), 1, cast(:now as timestamptz) - interval '2 days', home.territory, one.id,
        case when not differs then shown end
    from (select *, drawn(id, 'differs') < 5 as differs from professional where stands and rpps is not null) as one,
        lateral (select territory from place join structure on structure.id = structure_id
            where professional_id = one.id order by until is not null, since limit 1) as home
    on conflict do nothing
    """,
)


async def seat(database: Database, code: TerritoryCode) -> None:
    """The largest territory's own administrator, if they are not there yet."""
    async with database.transaction() as transaction:
        there = text("select 1 from administrator where id = :id")
        if not await transaction.scalar(there, {"id": LOCAL}):
            await administrators.add(transaction, Administrator(LOCAL, "Paul", "Morin", frozenset({code})))


async def leave(database: Database, codes: list[TerritoryCode], now: datetime) -> None:
    """Makes the administrator and all of these rows."""
    async with database.transaction() as transaction:
        await administrators.add(transaction, Administrator(ADMINISTRATOR, "Claire", "Durand", frozenset(codes)))
        await transaction.exec_driver_sql("set local statement_timeout = '600s'")
        await transaction.exec_driver_sql(DRAW)
        for statement in ROWS:
            await transaction.execute(text(statement), {"now": now, "by": ADMINISTRATOR})
        await transaction.exec_driver_sql("drop function drawn")
