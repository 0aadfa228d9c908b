"""Looking up by keys in one call planned once, and how frequent names are, counted at intervals."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0004"
down_revision = "0003"

KEYS = (
    "date_name", "date_first", "date_prefix", "date_place", "names", "names_year", "name_day", "name_month",
    "name_year_day", "first_day", "first_month", "first_year_day", "prefixes_year", "name_place", "first_day_place",
    "first_year_place", "month_place", "day_place", "year_place",
)  # fmt: skip
"""The keys of `matching.keys.KEYS`, in order, when this migration was written: `store.features` names them by place."""

SCHEMA = """
alter table source_features add column f_birth_name bigint;
alter table source_features add column f_first_name bigint;
alter table source_features add column f_place bigint;

create table name_frequency (
    kind text not null,
    hash bigint not null,
    bearers bigint not null,
    counted_at timestamptz not null,
    primary key (kind, hash)
);
"""
# Each probe reads one index and stops at `most` + 1 rows. The plan does not depend on the values: it is made once a
# connection (planning costs more than running), and never reads the table from end to end, whatever the statistics say.
FUNCTION = """
create function source_candidates(
    probe_asked integer[], probe_key integer[], probe_value bigint[], probe_most integer[],
    ins_asked integer[], ins_value text[]
) returns table (
    asked integer, capped integer, source_id uuid, person_id uuid, birth_name text, first_names text, birth_date text,
    sex text, birth_place text, ins text, qualified boolean, flagged boolean
)
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $body$
begin
    return query
    with hits as materialized (
        select p.asked, p.key, p.most, case p.key
            %(branches)s
        end as places
        from unnest(probe_asked, probe_key, probe_value, probe_most) as p (asked, key, value, most)
    ), pairs as (
        select h.asked, t.place from hits h cross join lateral unnest(h.places) as t (place)
        where cardinality(h.places) <= h.most
        union
        select i.asked, f.ctid from unnest(ins_asked, ins_value) as i (asked, ins)
        join source_features f on f.ins = i.ins
    )
    select distinct h.asked, h.key, null::uuid, null::uuid, null::text, null::text, null::text,
        null::text, null::text, null::text, null::boolean, null::boolean
    from hits h where cardinality(h.places) > h.most
    union all
    select pairs.asked, null::integer, f.source_id, f.person_id, f.birth_name, f.first_names, f.birth_date,
        f.sex, f.birth_place, f.ins, f.qualified, f.flagged
    from pairs join source_features f on f.ctid = pairs.place;
end
$body$
"""
BRANCH = "when {number} then array(select c.ctid from source_features c where c.k_{key} = p.value limit p.most + 1)"


def upgrade() -> None:
    """Changes them."""
    for statement in statements(SCHEMA):
        op.execute(statement)
    branches = "\n            ".join(BRANCH.format(number=number, key=key) for number, key in enumerate(KEYS))
    op.execute(FUNCTION % {"branches": branches})
