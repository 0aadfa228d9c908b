"""Persons, the source identities they come from, their history, INSi answers, activations, search budgets."""

from alembic import op
from terresante_platform.migrations import PLATFORM_SCHEMA, statements

revision = "0001"
down_revision = None

SCHEMA = """
create table person (
    id uuid primary key,
    version bigint not null check (version > 0),
    created_at timestamptz not null,
    registered_by uuid not null,
    birth_name text not null,
    birth_name_insi text not null,
    first_name text not null,
    first_name_insi text not null,
    given_names text,
    given_names_insi text,
    used_name text,
    used_name_insi text,
    used_first_name text,
    used_first_name_insi text,
    birth_date date not null,
    birth_precision text not null,
    sex text not null check (sex in ('M', 'F', 'I')),
    birth_country text not null,
    birth_postal_code text not null,
    birth_codes text[] not null,
    retrieved boolean not null,
    checked boolean not null,
    flags text[] not null,
    ins_matricule text,
    ins_key text,
    ins_oid text,
    constraint ins_exactly_if_retrieved check (retrieved = (ins_matricule is not null)),
    constraint ins_whole check (
        (ins_matricule is null) = (ins_key is null) and (ins_matricule is null) = (ins_oid is null)
    )
);
create index person_by_birth_date on person (birth_date);
create unique index person_ins on person (ins_matricule, ins_oid) where ins_matricule is not null;
create table source_identity (
    issuer text not null,
    local_id text not null,
    person_id uuid not null references person (id),
    traits jsonb not null,
    received_at timestamptz not null,
    primary key (issuer, local_id)
);
create index source_identity_by_person on source_identity (person_id);
create table person_version (
    person_id uuid not null references person (id),
    version bigint not null,
    act text not null,
    detail text not null,
    acted_by uuid not null,
    acted_at timestamptz not null,
    state jsonb not null,
    primary key (person_id, version)
);
create table insi_answer (
    id uuid primary key,
    person_id uuid not null references person (id),
    code text not null,
    accepted boolean not null,
    key_agrees boolean,
    differing text[] not null,
    anomaly boolean not null,
    outcome text not null,
    recorded_by uuid not null,
    recorded_at timestamptz not null
);
create index insi_answer_by_person on insi_answer (person_id);
create table activation (
    id uuid primary key,
    person_id uuid not null references person (id),
    issued_by uuid not null,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    confirmed_at timestamptz,
    ended_at timestamptz
);
create index activation_by_person on activation (person_id, issued_at);
create index activation_running on activation (expires_at) where ended_at is null;
create table search_budget (
    professional_id uuid primary key,
    remaining double precision not null,
    counted_at timestamptz not null
);
create function never_rewritten() returns trigger language plpgsql as
    $$ begin raise exception 'append-only table'; end $$;
create trigger never_rewritten before update or delete on source_identity
    for each row execute function never_rewritten();
create trigger never_rewritten before update or delete on person_version
    for each row execute function never_rewritten();
create trigger never_rewritten before update or delete on insi_answer
    for each row execute function never_rewritten();
"""


def upgrade() -> None:
    """Makes everything."""
    for statement in statements(SCHEMA + PLATFORM_SCHEMA):
        op.execute(statement)
