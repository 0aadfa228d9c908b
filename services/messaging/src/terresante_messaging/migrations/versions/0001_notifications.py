"""Notifications and the audience of what they tell of; and the platform's own tables."""

from alembic import op
from terresante_platform.migrations import PLATFORM_SCHEMA, statements

revision = "0001"
down_revision = None

SCHEMA = """
create table notification (
    id uuid primary key,
    event_id uuid not null,
    recipient_realm text not null,
    recipient_id uuid not null,
    kind text not null,
    patient_id uuid not null,
    about_id uuid not null,
    actor_id uuid,
    at timestamptz not null,
    read_at timestamptz,
    unique (event_id, recipient_realm, recipient_id)
);
create index notification_recipient on notification (recipient_realm, recipient_id, id);
create index notification_unread on notification (recipient_realm, recipient_id, id) where read_at is null;
create index notification_about on notification (about_id);
create table audience (
    about_id uuid primary key,
    professionals boolean not null,
    patient boolean not null,
    representatives boolean not null,
    version bigint not null
);
"""


def upgrade() -> None:
    for statement in statements(PLATFORM_SCHEMA + SCHEMA):
        op.execute(statement)
