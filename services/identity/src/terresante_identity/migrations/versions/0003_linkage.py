"""Source identities in versions, the acts that link them, reviews, and what candidates are looked up by.

Expands only: `source_identity` stays for the version before this one, whose rows triggers copy; a later migration ends
it. What is copied cannot be looked up by its features until the service has written them (`source_unkeyed`).
"""

from alembic import op
from terresante_platform.migrations import statements

revision = "0003"
down_revision = "0002"

KEYS = (
    "date_name", "date_first", "date_prefix", "date_place", "names", "names_year", "name_day", "name_month",
    "name_year_day", "first_day", "first_month", "first_year_day", "prefixes_year", "name_place", "first_day_place",
    "first_year_place", "month_place", "day_place", "year_place",
)  # fmt: skip
"""The keys of `matching.keys.KEYS` when this migration was written."""

SCHEMA = """
alter table person add column merged_into uuid references person (id) deferrable initially deferred;
alter table person add constraint merged_into_another check (merged_into <> id);
create index person_merged_into on person (merged_into) where merged_into is not null;

drop index person_ins;
create unique index person_ins on person (ins_matricule, ins_oid)
    where ins_matricule is not null and merged_into is null;

create table source (
    id uuid primary key,
    issuer text not null,
    local_id text not null,
    person_id uuid not null references person (id),
    version bigint not null check (version > 0),
    structure_id uuid,
    territory_code text not null default '',
    fed_by uuid not null,
    registered_at timestamptz not null,
    unique (issuer, local_id)
);
create index source_by_person on source (person_id);
create index source_by_feeder on source (fed_by);

create table source_unkeyed (source_id uuid primary key references source (id));

create table source_version (
    source_id uuid not null references source (id),
    version bigint not null,
    received jsonb not null,
    traits jsonb not null,
    retrieved boolean not null,
    checked boolean not null,
    flags text[] not null,
    ins_matricule text,
    ins_key text,
    ins_oid text,
    warnings text[] not null,
    valid_from timestamptz not null,
    received_at timestamptz not null,
    received_from uuid not null,
    primary key (source_id, version)
);
create index source_version_by_ins on source_version (ins_matricule) where ins_matricule is not null;

create table linkage_act (
    id uuid primary key,
    place bigint generated always as identity unique,
    kind text not null check (kind in ('REGISTERED', 'LINKED', 'UNLINKED', 'MERGED', 'SPLIT', 'REFUSED', 'UNDONE')),
    at timestamptz not null,
    by_id uuid not null,
    undoes uuid unique references linkage_act (id),
    review_id uuid,
    absorbed_id uuid references person (id),
    surviving_id uuid references person (id),
    comment text not null default '',
    evidence jsonb
);
create table linkage_move (
    act_id uuid not null references linkage_act (id),
    place bigint not null,
    source_id uuid not null references source (id),
    from_person_id uuid references person (id),
    to_person_id uuid not null references person (id),
    primary key (act_id, source_id)
);
create index linkage_move_by_source on linkage_move (source_id, place);
create index linkage_move_from on linkage_move (from_person_id, place) where from_person_id is not null;
create index linkage_move_to on linkage_move (to_person_id, place);

create table review (
    id uuid primary key,
    source_id uuid not null references source (id),
    source_version bigint not null,
    other_source_id uuid not null references source (id),
    other_source_version bigint not null,
    state text not null check (state in ('WAITING', 'CONFIRMED', 'REFUSED', 'OVERTAKEN')),
    risk integer not null check (risk between 1 and 3),
    evidence jsonb not null,
    structure_ids uuid[] not null,
    territory_codes text[] not null,
    created_at timestamptz not null,
    assigned_to uuid,
    decided_by uuid,
    decided_at timestamptz,
    comment text not null default '',
    act_id uuid references linkage_act (id),
    constraint review_in_order check (source_id < other_source_id),
    unique (source_id, source_version, other_source_id, other_source_version)
);
create index review_waiting on review (risk desc, created_at, id) where state = 'WAITING';
create index review_of_other on review (other_source_id);
create index review_waiting_structures on review using gin (structure_ids) where state = 'WAITING';
create index review_waiting_territories on review using gin (territory_codes) where state = 'WAITING';

create table source_features (
    source_id uuid primary key references source (id),
    person_id uuid not null references person (id),
    birth_name text not null,
    first_names text not null,
    birth_date text not null,
    sex text not null,
    birth_place text not null,
    ins text,
    qualified boolean not null,
    flagged boolean not null,
    %(columns)s
);
create index source_features_by_person on source_features (person_id);
create index source_features_by_ins on source_features (ins) where ins is not null;

create trigger never_rewritten before update or delete on source_version
    for each row execute function never_rewritten();
create trigger never_rewritten before update or delete on linkage_act
    for each row execute function never_rewritten();
create trigger never_rewritten before update or delete on linkage_move
    for each row execute function never_rewritten();
"""


# What one version of a person, as `person_version` remembers it, looks like as a version of a source identity.
FUNCTIONS = (
    """
create function source_traits(state jsonb) returns jsonb language sql immutable as $$
    select state - array['id', 'version', 'created_at', 'registered_by', 'retrieved', 'checked', 'flags',
        'ins_matricule', 'ins_key', 'ins_oid', 'merged_into'] $$
""",
    """
create function source_flags(state jsonb) returns text[] language sql immutable as $$
    select array(select jsonb_array_elements_text(state -> 'flags')) $$
""",
    """
create function source_received(state jsonb) returns jsonb language sql immutable as $$
    select jsonb_build_object(
        'birth_name', state -> 'birth_name',
        'first_names', coalesce(state ->> 'given_names', state ->> 'first_name'),
        'birth_date', left(state ->> 'birth_date',
            case state ->> 'birth_precision' when 'exact' then 10 when 'day_unknown' then 7 else 4 end),
        'sex', state -> 'sex',
        'birth_country', state -> 'birth_country',
        'birth_postal_code', state -> 'birth_postal_code',
        'birth_code', case jsonb_array_length(state -> 'birth_codes') when 1
            then state -> 'birth_codes' ->> 0 else '' end,
        'used_name', coalesce(state ->> 'used_name', ''),
        'used_first_name', coalesce(state ->> 'used_first_name', ''),
        'status', case when (state ->> 'retrieved')::boolean
            then case when (state ->> 'checked')::boolean then 'QUAL' else 'RECUP' end
            else case when (state ->> 'checked')::boolean then 'VALI' else 'PROV' end end,
        'flags', state -> 'flags',
        'ins_matricule', coalesce((state ->> 'ins_matricule') || (state ->> 'ins_key'), ''),
        'ins_oid', coalesce(state ->> 'ins_oid', '')) $$
""",
    """
create function add_source_version(source uuid, number bigint, v person_version) returns void language sql as $$
    insert into source_version select source, number, source_received(v.state), source_traits(v.state),
        (v.state ->> 'retrieved')::boolean, (v.state ->> 'checked')::boolean, source_flags(v.state),
        v.state ->> 'ins_matricule', v.state ->> 'ins_key', v.state ->> 'ins_oid', array[]::text[],
        v.acted_at, v.acted_at, v.acted_by $$
""",
    """
create function add_source(s source_identity) returns void language plpgsql as $$
declare
    new_id uuid := gen_random_uuid();
    act uuid := gen_random_uuid();
    place_of_act bigint;
begin
    insert into source select new_id, s.issuer, s.local_id, s.person_id, 1, null, '', p.registered_by, s.received_at
        from person p where p.id = s.person_id;
    insert into linkage_act (id, kind, at, by_id) select act, 'REGISTERED', s.received_at, p.registered_by
        from person p where p.id = s.person_id returning place into place_of_act;
    insert into linkage_move values (act, place_of_act, new_id, null, s.person_id);
    insert into source_unkeyed values (new_id);
end $$
""",
    """
create function copy_source_identity() returns trigger language plpgsql as
    $$ begin perform add_source(new); return null; end $$
""",
    # The version before this one adds a person, then its source identity, then the person's version; later it changes
    # the person and adds a version only. This version adds source versions itself, before the person's: nothing is
    # left to copy.
    """
create function copy_person_version() returns trigger language plpgsql as $$
declare
    own source;
    kept source_version;
begin
    select * into own from source s where s.issuer = 'urn:terresante:identity' and s.local_id = new.person_id::text
        and s.person_id = new.person_id;
    if own.id is null then return null; end if;
    select * into kept from source_version v where v.source_id = own.id and v.version = own.version;
    if kept.source_id is null then
        perform add_source_version(own.id, own.version, new);
    elsif new.act in ('document checked', 'insi answer', 'flagged')
        and not exists (select from source s where s.person_id = new.person_id and s.id <> own.id)
        and (kept.traits, kept.retrieved, kept.checked, kept.flags, kept.ins_matricule) is distinct from
            (source_traits(new.state), (new.state ->> 'retrieved')::boolean, (new.state ->> 'checked')::boolean,
            source_flags(new.state), new.state ->> 'ins_matricule') then
        update source set version = own.version + 1 where id = own.id;
        perform add_source_version(own.id, own.version + 1, new);
        insert into source_unkeyed values (own.id) on conflict do nothing;
    end if;
    return null;
end $$
""",
)
COPIES = """
select add_source(s) from source_identity s;
insert into source_version select (r).* from (
    select row(s.id, v.version, source_received(v.state), source_traits(v.state), (v.state ->> 'retrieved')::boolean,
        (v.state ->> 'checked')::boolean, source_flags(v.state), v.state ->> 'ins_matricule', v.state ->> 'ins_key',
        v.state ->> 'ins_oid', array[]::text[], v.acted_at, v.acted_at, v.acted_by)::source_version as r
    from person_version v
    join source s on s.issuer = 'urn:terresante:identity' and s.local_id = v.person_id::text) copied;
update source s set version = p.version from person p where p.id = s.person_id;
create trigger copy_source_identity after insert on source_identity
    for each row execute function copy_source_identity();
create trigger copy_person_version after insert on person_version
    for each row execute function copy_person_version();
"""


def upgrade() -> None:
    """Changes them."""
    columns = ",\n    ".join(f"k_{key} bigint" for key in KEYS)
    for statement in statements(SCHEMA % {"columns": columns}):
        op.execute(statement)
    for key in KEYS:
        op.execute(f"create index source_features_{key} on source_features (k_{key}) where k_{key} is not null")
    for statement in (*FUNCTIONS, *statements(COPIES)):
        op.execute(statement)
