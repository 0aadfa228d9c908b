"""Partitions are made beside their table and then attached: a table that is written in meanwhile is not locked, and
nothing can wait crosswise for it. (`create table … partition of` asks for the table alone, and held several at once.)
"""

from alembic import op

revision = "0007"
down_revision = "0006"

MAKE_PARTITION = """
create function make_partition(parent text, name text, bounds text, parted_by text) returns int
language plpgsql security definer set search_path = public as $$
begin
    if parent !~ '^(log_entry|(message|message_text|item_act)(_[a-z]+)?)$' or to_regclass(name) is not null then
        return 0;
    end if;
    execute format('create table %I (like %I including defaults including constraints including indexes) %s',
        name, parent, case when parted_by = '' then '' else format('partition by range (%I)', parted_by) end);
    execute format('alter table %I attach partition %I for values %s', parent, name, bounds);
    return 1;
end
$$
"""
"""Makes one partition, unless it is there. Gives how many that were."""

MAKE_PARTITIONS = """
create or replace function make_partitions(retentions text[], first_month date, months int) returns int
language plpgsql security definer set search_path = public as $$
declare
    parent text;
    class text;
    month date;
    bounds text;
    made int := 0;
begin
    perform pg_advisory_xact_lock(729365);
    for month in select (date_trunc('month', first_month) + make_interval(months => n))::date
        from generate_series(0, months - 1) n
    loop
        bounds := format('from (%L) to (%L)', first_id_of(month), first_id_of((month + interval '1 month')::date));
        made := made + make_partition('log_entry', format('log_entry_%s', to_char(month, 'YYYY_MM')), bounds, '');
        foreach class in array retentions loop
            foreach parent in array array['message', 'message_text', 'item_act'] loop
                perform make_partition(parent, format('%s_%s', parent, class), format('in (%L)', class),
                    case parent when 'message' then 'id' else 'message_id' end);
                made := made + make_partition(format('%s_%s', parent, class),
                    format('%s_%s_%s', parent, class, to_char(month, 'YYYY_MM')), bounds, '');
            end loop;
        end loop;
    end loop;
    return made;
end
$$
"""
"""Makes what is missing of the partitions of some months, for these classes of retention. By the owner's right, so that
the service itself owns no table. Gives how many were made."""


def upgrade() -> None:
    """Functions only."""
    op.execute(MAKE_PARTITION)
    op.execute("revoke all on function make_partition from public")
    op.execute(MAKE_PARTITIONS)
