"""Structures, professionals, their places of practice, administrators and accounts; the platform's own tables."""

from alembic import op
from terresante_platform.migrations import PLATFORM_SCHEMA, statements

revision = "0001"
down_revision = None

SCHEMA = """
create extension if not exists pg_trgm;
create table structure (
    id uuid primary key,
    name text not null,
    kind text not null,
    finess text,
    siret text,
    territory text not null,
    part_of uuid references structure (id),
    postal_code text not null,
    commune text not null,
    search text collate "C" not null,
    version bigint not null default 1 check (version > 0),
    created_at timestamptz not null default now()
);
create unique index structure_finess on structure (finess);
create unique index structure_siret on structure (siret) where finess is null;
create index structure_part_of on structure (part_of);
create index structure_by_name on structure (search, id);
create index structure_by_territory on structure (territory, search, id);
create index structure_words on structure using gin (search gin_trgm_ops);
create table professional (
    id uuid primary key,
    rpps text check (rpps ~ '^[0-9]{11}$'),
    family_name text not null,
    given_name text not null,
    profession text not null,
    search text collate "C" not null,
    version bigint not null default 1 check (version > 0),
    created_at timestamptz not null default now()
);
create unique index professional_rpps on professional (rpps);
create index professional_by_name on professional (search, id);
create index professional_words on professional using gin (search gin_trgm_ops);
create table place (
    id uuid primary key,
    professional_id uuid not null references professional (id),
    structure_id uuid not null references structure (id),
    role text not null,
    since timestamptz not null,
    until timestamptz check (until >= since)
);
create unique index place_lasting on place (professional_id, structure_id) where until is null;
create index place_by_professional on place (professional_id);
create index place_by_structure on place (structure_id, professional_id);
create table administrator (
    id uuid primary key,
    given_name text not null,
    family_name text not null,
    created_at timestamptz not null default now()
);
create table administrator_territory (
    administrator_id uuid not null references administrator (id),
    territory text not null,
    primary key (administrator_id, territory)
);
create table account (
    uid uuid primary key,
    kind text not null check (kind in ('professional', 'administrator')),
    username text not null,
    id_nat text,
    means text not null check (means in ('card', 'password_and_code')),
    state text not null check (state in ('pending', 'open', 'suspended')),
    settled boolean not null,
    turn integer not null,
    leased_until timestamptz,
    created_at timestamptz not null default now()
);
create unique index account_username on account (username);
create unique index account_id_nat on account (id_nat);
create index account_unsettled on account (created_at) where not settled;
"""


def upgrade() -> None:
    """Makes everything."""
    for statement in statements(SCHEMA + PLATFORM_SCHEMA):
        op.execute(statement)
