"""Conversations: threads, messages, attachments, how far each has read; the log of what happened, in one order.

What grows is partitioned, so that what is past its time is dropped whole: messages by how long their kind of thread is
kept, then by month; the log by month. Ids are UUIDv7: a month is a range of ids.
"""

from alembic import op
from terresante_platform.migrations import statements

revision = "0003"
down_revision = "0002"

SCHEMA = """
create table owner_key (
    owner_id uuid primary key,
    master_key_id text not null,
    sealed bytea not null
);
create table thread (
    id uuid primary key,
    kind text not null,
    retention text not null,
    patient_id uuid,
    structure_id uuid,
    first_id uuid,
    second_id uuid,
    with_patient boolean not null,
    hidden_from_patient boolean not null,
    hidden_from_representatives boolean not null,
    title bytea,
    opened_by_realm text not null,
    opened_by_id uuid not null,
    opened_at timestamptz not null,
    version bigint not null,
    last_place bigint not null,
    last_at timestamptz not null
);
create unique index thread_of_circle on thread (patient_id, kind) where kind in ('CIRCLE', 'WITH_PATIENT');
create unique index thread_of_team on thread (structure_id) where kind = 'TEAM';
create unique index thread_of_two on thread (first_id, second_id) where kind = 'DIRECT';
create index thread_of_patient on thread (patient_id, last_at) where patient_id is not null;
create index thread_of_second on thread (second_id) where kind = 'DIRECT';
create table thread_member (
    id uuid primary key,
    thread_id uuid not null,
    professional_id uuid not null,
    since_place bigint not null,
    since timestamptz not null,
    until timestamptz,
    added_by uuid not null
);
create unique index member_now on thread_member (thread_id, professional_id) where until is null;
create index member_threads on thread_member (professional_id) where until is null;
create table message (
    id uuid not null,
    retention text not null,
    thread_id uuid not null,
    place bigint not null,
    author_realm text not null,
    author_id uuid not null,
    author_place_id uuid,
    sent_at timestamptz not null,
    body bytea,
    urgent boolean not null,
    quoted_id uuid,
    mentioned_professionals uuid[] not null,
    mentioned_persons uuid[] not null,
    attachments int not null,
    item boolean not null,
    origin text not null,
    version bigint not null,
    edited_at timestamptz,
    deleted_at timestamptz,
    primary key (retention, id)
) partition by list (retention);
create index message_place on message (thread_id, place);
create table message_text (
    retention text not null,
    message_id uuid not null,
    version bigint not null,
    body bytea not null,
    until timestamptz not null,
    primary key (retention, message_id, version)
) partition by list (retention);
create table item_act (
    retention text not null,
    message_id uuid not null,
    id uuid not null,
    actor_realm text not null,
    actor_id uuid not null,
    body bytea not null,
    at timestamptz not null,
    primary key (retention, message_id, id)
) partition by list (retention);
create table attachment (
    id uuid primary key,
    retention text not null,
    thread_id uuid not null,
    message_id uuid,
    position int,
    uploaded_by_realm text not null,
    uploaded_by_id uuid not null,
    uploaded_at timestamptz not null,
    described bytea not null,
    media_type text not null,
    size bigint not null,
    thumbnail_state text not null,
    thumbnail bytea
);
create index attachment_of_message on attachment (message_id) where message_id is not null;
create index attachment_free on attachment (uploaded_at) where message_id is null;
create index attachment_waiting on attachment (id) where thumbnail_state = 'WAITING';
create index attachment_age on attachment (retention, id);
create table mark (
    thread_id uuid not null,
    realm text not null,
    person_id uuid not null,
    received_up_to bigint not null,
    received_at timestamptz,
    read_up_to bigint not null,
    read_at timestamptz,
    read_sent_at timestamptz,
    primary key (thread_id, realm, person_id)
);
create index mark_of_person on mark (realm, person_id);
create table mark_step (
    thread_id uuid not null,
    realm text not null,
    person_id uuid not null,
    what text not null,
    up_to bigint not null,
    at timestamptz not null,
    primary key (thread_id, realm, person_id, what, up_to)
);
create index mark_step_age on mark_step (at);
create table visit (
    realm text not null,
    person_id uuid not null,
    patient_id uuid not null,
    at timestamptz not null,
    primary key (realm, person_id, patient_id)
);
create table log_entry (
    id uuid primary key,
    position bigint,
    kind text not null,
    at timestamptz not null,
    patient_id uuid,
    thread_id uuid,
    message_id uuid,
    place bigint,
    actor_id uuid,
    recipient_realm text,
    recipient_id uuid,
    notification_id uuid,
    attachment_id uuid,
    urgent boolean not null
) partition by range (id);
create index log_waiting on log_entry (id) where position is null;
create index log_position on log_entry (position) where position is not null;
create index log_of_thread on log_entry (thread_id, position) where thread_id is not null;
create index log_of_recipient on log_entry (recipient_id, position) where recipient_id is not null;
create index log_of_patient on log_entry (patient_id, position) where thread_id is null and recipient_id is null;
create table log_reader (name text primary key, position bigint not null);
"""

FIRST_ID = """
create function first_id_of(month date) returns uuid language sql immutable as $$
    select (lpad(to_hex((extract(epoch from month::timestamp at time zone 'UTC') * 1000)::bigint), 12, '0')
        || repeat('0', 20))::uuid
$$
"""
"""The least UUIDv7 of a month's first moment (RFC 9562, 5.7), in UTC."""

MAKE_PARTITIONS = """
create function make_partitions(retentions text[], first_month date, months int) returns int
language plpgsql security definer set search_path = public as $$
declare
    parent text;
    class text;
    month date;
    name text;
    made int := 0;
begin
    perform pg_advisory_xact_lock(729365);
    for month in select (date_trunc('month', first_month) + make_interval(months => n))::date
        from generate_series(0, months - 1) n
    loop
        name := format('log_entry_%s', to_char(month, 'YYYY_MM'));
        if to_regclass(name) is null then
            execute format('create table %I partition of log_entry for values from (%L) to (%L)',
                name, first_id_of(month), first_id_of((month + interval '1 month')::date));
            made := made + 1;
        end if;
        foreach class in array retentions loop
            foreach parent in array array['message', 'message_text', 'item_act'] loop
                name := format('%s_%s', parent, class);
                if to_regclass(name) is null then
                    execute format('create table %I partition of %I for values in (%L) partition by range (%I)',
                        name, parent, class, case parent when 'message' then 'id' else 'message_id' end);
                end if;
                if to_regclass(format('%s_%s', name, to_char(month, 'YYYY_MM'))) is null then
                    execute format('create table %I partition of %I for values from (%L) to (%L)',
                        format('%s_%s', name, to_char(month, 'YYYY_MM')), name,
                        first_id_of(month), first_id_of((month + interval '1 month')::date));
                    made := made + 1;
                end if;
            end loop;
        end loop;
    end loop;
    return made;
end
$$
"""
"""Makes what is missing of the partitions of some months, for these classes of retention. By the owner's right, so that
the service itself owns no table. Gives how many were made."""

DROP_PARTITIONS = """
create function drop_partitions(parent text, before date) returns setof text
language plpgsql security definer set search_path = public as $$
declare
    name text;
begin
    if parent !~ '^(log_entry|(message|message_text|item_act)_[a-z]+)$' then
        raise exception 'no such table is dropped by age';
    end if;
    for name in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = to_regclass(parent) and c.relname ~ '_[0-9]{4}_[0-9]{2}$'
            and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= before
        order by c.relname
    loop
        execute format('drop table %I', name);
        return next name;
    end loop;
end
$$
"""
"""Drops the partitions of months that ended before a day. Gives their names."""

FIRST_PARTITIONS = """
select make_partitions(array['patient', 'direct', 'team'], (now() - interval '2 months')::date, 9)
"""

NOTIFICATIONS = """
alter table notification add column thread_id uuid;
alter table notification add column instead_of_id uuid;
"""


def upgrade() -> None:
    """Makes everything, and the partitions of the months around now."""
    for statement in statements(SCHEMA + NOTIFICATIONS):
        op.execute(statement)
    for function in (FIRST_ID, MAKE_PARTITIONS, DROP_PARTITIONS, FIRST_PARTITIONS):
        op.execute(function)
