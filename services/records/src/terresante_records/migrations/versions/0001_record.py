"""The record: keys, documents, notes, observations; and the platform's own tables."""

from alembic import op
from terresante_platform.migrations import PLATFORM_SCHEMA, statements

revision = "0001"
down_revision = None

SCHEMA = """
create table patient_key (
    patient_id uuid primary key,
    master_key_id text not null,
    sealed bytea not null,
    made_at timestamptz not null default now()
);
create table document (
    patient_id uuid not null references patient_key,
    id uuid not null,
    category text not null,
    author_id uuid not null,
    author_place uuid,
    published_at timestamptz not null,
    hidden_from_professionals boolean not null,
    hidden_from_patient boolean not null,
    hidden_from_representatives boolean not null,
    version bigint not null,
    type_code text not null,
    described bytea not null,
    dated timestamptz not null,
    media_type text not null,
    size bigint not null check (size > 0),
    edition integer not null check (edition > 0),
    replaces uuid,
    deleted_at timestamptz,
    primary key (patient_id, id),
    foreign key (patient_id, replaces) references document (patient_id, id)
);
create unique index document_one_successor on document (patient_id, replaces) where deleted_at is null;
create index document_author on document (patient_id, author_id);
create unique index document_content on document (id);
create table note (
    patient_id uuid not null references patient_key,
    id uuid not null,
    category text not null,
    author_id uuid not null,
    author_place uuid,
    written_at timestamptz not null,
    hidden_from_professionals boolean not null,
    hidden_from_patient boolean not null,
    hidden_from_representatives boolean not null,
    version bigint not null,
    urgent boolean not null,
    revised_at timestamptz,
    primary key (patient_id, id)
);
create index note_author on note (patient_id, author_id);
create table note_text (
    patient_id uuid not null,
    note_id uuid not null,
    version bigint not null,
    text bytea not null,
    primary key (patient_id, note_id, version),
    foreign key (patient_id, note_id) references note (patient_id, id)
);
create table observation (
    patient_id uuid not null references patient_key,
    id uuid not null,
    category text not null,
    author_id uuid not null,
    author_place uuid,
    recorded_at timestamptz not null,
    hidden_from_professionals boolean not null,
    hidden_from_patient boolean not null,
    hidden_from_representatives boolean not null,
    version bigint not null,
    code_mark bytea not null,
    observed_at timestamptz not null,
    measured bytea not null,
    fhir_json bytea,
    primary key (patient_id, id)
);
create index observation_author on observation (patient_id, author_id);
create index observation_code on observation (patient_id, code_mark, id);
"""


def upgrade() -> None:
    for statement in statements(PLATFORM_SCHEMA + SCHEMA):
        op.execute(statement)
