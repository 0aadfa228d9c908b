"""Imports: files on their way, their lines, and what each source says, kept beside the directory."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0007"
down_revision = "0006"

SCHEMA = """
create table import (
    id uuid primary key,
    format text not null,
    source text not null,
    file_name text not null,
    territory text not null,
    territories text[] not null,
    complete boolean not null,
    encoding text not null,
    state text not null check (state in ('reading', 'ready', 'applying', 'applied', 'failed', 'discarded')),
    at timestamptz not null,
    by uuid not null references administrator (id),
    bytes_total bigint not null,
    bytes_read bigint not null default 0,
    counts jsonb not null default '{}',
    failure text not null default '',
    act uuid references act (id),
    why text not null default '',
    version bigint not null default 1 check (version > 0),
    leased_until timestamptz,
    attempts integer not null default 0
);
create index import_by_time on import (at, id);
create index import_busy on import (id) where state in ('reading', 'applying');
create table import_piece (
    import uuid not null,
    number integer not null,
    bytes bytea not null,
    at timestamptz not null default now(),
    primary key (import, number)
);
create index import_piece_at on import_piece (at);
create unlogged table import_said (
    import uuid not null,
    number bigint not null,
    rank smallint not null,
    kind text collate "C" not null,
    key text collate "C" not null,
    content jsonb not null,
    reasons text[] not null,
    again text
);
create index import_said_order on import_said (import, kind, number, rank);
create index import_said_keys on import_said (import, kind, key);
create table import_line (
    import uuid not null references import (id) on delete cascade,
    number bigint not null,
    rank smallint not null,
    outcome text not null,
    kind text collate "C" not null,
    key text collate "C" not null,
    subject text not null,
    label text not null,
    reasons text[] not null,
    fields jsonb not null,
    seen text not null,
    choosable boolean not null,
    chosen boolean not null default false,
    primary key (import, number, rank)
);
create index import_line_outcomes on import_line (import, outcome, number, rank);
create index import_line_chosen on import_line (import, number, rank) where chosen;
create table source_record (
    source text not null,
    kind text collate "C" not null,
    key text collate "C" not null,
    content jsonb not null,
    import uuid not null,
    line bigint not null,
    said_at timestamptz not null,
    gone boolean not null default false,
    territory text,
    subject uuid,
    agreed jsonb not null default '{}',
    agreed_by uuid,
    agreed_before jsonb not null default '{}',
    same_as uuid,
    primary key (source, kind, key)
);
create index source_record_of on source_record (subject, source) where subject is not null;
create index source_record_in on source_record (source, territory, kind, key) where territory is not null;
create index source_record_from on source_record (import, kind, key);
create table settlement (
    source text not null,
    kind text collate "C" not null,
    key text collate "C" not null,
    field text not null,
    source_value text not null,
    local_value text not null,
    by uuid not null,
    at timestamptz not null,
    why text not null,
    primary key (source, kind, key, field)
);
"""


def upgrade() -> None:
    """Makes them."""
    for statement in statements(SCHEMA):
        op.execute(statement)
