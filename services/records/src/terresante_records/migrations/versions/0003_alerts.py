"""Stays in institutions, and limits of measures. Everything is added: the version before knows of neither."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0003"
down_revision = "0002"

SCHEMA = """
create table stay (
    patient_id uuid not null references patient_key,
    id uuid not null,
    category text not null,
    author_id uuid not null,
    author_place uuid,
    admitted_at timestamptz not null,
    hidden_from_professionals boolean not null,
    hidden_from_patient boolean not null,
    hidden_from_representatives boolean not null,
    version bigint not null,
    structure_id uuid not null,
    told bytea not null,
    begins timestamptz not null,
    ends timestamptz check (ends >= begins),
    discharged_by uuid,
    discharged_place uuid,
    discharged_at timestamptz,
    primary key (patient_id, id),
    check ((ends is null) = (discharged_by is null) and (ends is null) = (discharged_at is null))
);
create unique index stay_open_shown on stay (patient_id, structure_id)
    where ends is null and not hidden_from_professionals;
create unique index stay_open_own on stay (patient_id, structure_id, author_id) where ends is null;
create index stay_author on stay (patient_id, author_id);
create table threshold (
    patient_id uuid not null references patient_key,
    id uuid not null,
    category text not null,
    author_id uuid not null,
    author_place uuid,
    set_at timestamptz not null,
    hidden_from_professionals boolean not null,
    hidden_from_patient boolean not null,
    hidden_from_representatives boolean not null,
    version bigint not null,
    code_mark bytea not null,
    told bytea not null,
    ended_at timestamptz,
    ended_by uuid,
    primary key (patient_id, id),
    check ((ended_at is null) = (ended_by is null))
);
create unique index threshold_in_force on threshold (patient_id, code_mark) where ended_at is null;
create index threshold_author on threshold (patient_id, author_id);
"""


def upgrade() -> None:
    """Adds them."""
    for statement in statements(SCHEMA):
        op.execute(statement)
