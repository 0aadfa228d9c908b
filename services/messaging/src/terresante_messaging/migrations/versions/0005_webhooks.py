"""Webhooks of portals, and what is sent to them."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0005"
down_revision = "0004"

SCHEMA = """
create table webhook (
    id uuid primary key,
    portal_id uuid not null,
    url bytea not null,
    label text not null,
    secret bytea not null,
    former_secret bytea,
    former_until timestamptz,
    paused boolean not null,
    registered_at timestamptz not null,
    removed_at timestamptz,
    version bigint not null,
    failures int not null default 0,
    probe_at timestamptz,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    last_failure text not null default '',
    replay_after bigint,
    replay_up_to bigint
);
create index webhook_of_portal on webhook (portal_id) where removed_at is null;
create table webhook_delivery (
    id uuid primary key,
    webhook_id uuid not null,
    entry_id uuid not null,
    recipient_realm text not null,
    recipient_id uuid not null,
    kind text not null,
    at timestamptz not null,
    state text not null,
    attempts int not null,
    waiting_since timestamptz not null,
    next_try_at timestamptz not null,
    done_at timestamptz,
    last_failure text not null
);
create index delivery_due on webhook_delivery (webhook_id, next_try_at) where state = 'WAITING';
create index delivery_waiting on webhook_delivery (waiting_since) where state = 'WAITING';
create index delivery_of_webhook on webhook_delivery (webhook_id, id);
create index delivery_not_sent on webhook_delivery (webhook_id, state, id) where state <> 'SENT';
"""


def upgrade() -> None:
    """Makes both."""
    for statement in statements(SCHEMA):
        op.execute(statement)
