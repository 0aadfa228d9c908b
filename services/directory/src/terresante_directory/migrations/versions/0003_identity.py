"""Mandates of identity officers; feeders, the issuers they number under, and their accounts, opened by certificates."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0003"
down_revision = "0002"

SCHEMA = """
create table mandate (
    id uuid primary key,
    professional_id uuid not null references professional (id),
    territories text[] not null,
    structures uuid[] not null,
    touches text[] not null check (touches <> '{}'),
    since timestamptz not null,
    until timestamptz check (until >= since),
    named_by uuid not null references administrator (id),
    ended_by uuid references administrator (id),
    check ((until is null) = (ended_by is null))
);
create unique index mandate_standing on mandate (professional_id) where until is null;
create index mandate_touching on mandate using gin (touches) where until is null;
create table feeder (
    id uuid primary key,
    name text not null,
    structure_id uuid not null references structure (id),
    issuers text[] not null,
    policy text not null check (policy in ('strict', 'suggest', 'auto')),
    subject text not null,
    version bigint not null default 1 check (version > 0),
    created_at timestamptz not null default now()
);
create index feeder_by_structure on feeder (structure_id);
create table feeder_issuer (
    issuer text primary key,
    feeder_id uuid not null references feeder (id)
);
alter table account add column certificate text;
alter table account drop constraint account_kind_check;
alter table account add constraint account_kind_check check (kind in ('professional', 'administrator', 'system'));
alter table account drop constraint account_means_check;
alter table account add constraint account_means_check
    check (means in ('card', 'password_and_code', 'certificate'));
create unique index account_certificate on account (certificate);
"""


def upgrade() -> None:
    """Makes them."""
    for statement in statements(SCHEMA):
        op.execute(statement)
