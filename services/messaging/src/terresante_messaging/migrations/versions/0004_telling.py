"""How each wants to be told, their address, who is away or on call; mail that waits, urgent messages nobody read."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0004"
down_revision = "0003"

SCHEMA = """
create table preference (
    realm text not null,
    person_id uuid not null,
    choices jsonb not null,
    quiet_from int not null,
    quiet_until int not null,
    urgent_breaks_quiet boolean not null,
    daily_hour int not null,
    urgent_minutes int not null,
    version bigint not null,
    primary key (realm, person_id)
);
create table portal_choice (
    portal_id uuid not null,
    realm text not null,
    person_id uuid not null,
    primary key (portal_id, realm, person_id)
);
create index portal_choice_of on portal_choice (realm, person_id);
create table address (
    realm text not null,
    person_id uuid not null,
    confirmed bytea,
    given bytea,
    code_mark bytea,
    code_ends_at timestamptz,
    code_tries int not null,
    codes_asked timestamptz[] not null,
    failed_at timestamptz,
    primary key (realm, person_id)
);
create table absence (
    id uuid primary key,
    professional_id uuid not null,
    from_at timestamptz not null,
    until_at timestamptz not null,
    delegate_id uuid
);
create index absence_of on absence (professional_id, until_at);
create table on_call (
    id uuid primary key,
    structure_id uuid not null,
    professional_id uuid not null,
    from_at timestamptz not null,
    until_at timestamptz not null,
    put_by uuid not null
);
create index on_call_of on on_call (structure_id, until_at);
create index on_call_until on on_call (until_at);
create table mail (
    id uuid primary key,
    realm text not null,
    person_id uuid not null,
    kind text not null,
    code bytea,
    state text not null,
    made_at timestamptz not null,
    next_try_at timestamptz not null,
    offered_at timestamptz,
    attempts int not null,
    done_at timestamptz,
    last_failure text not null
);
create index mail_waiting on mail (next_try_at) where state = 'WAITING';
create index mail_of on mail (realm, person_id) where state = 'WAITING';
create index mail_done on mail (done_at) where done_at is not null;
create table mail_line (
    id uuid primary key,
    entry_id uuid not null,
    realm text not null,
    person_id uuid not null,
    topic text not null,
    urgent boolean not null,
    patient_id uuid,
    thread_id uuid,
    message_id uuid,
    place bigint,
    message_at timestamptz,
    notification_id uuid,
    made_at timestamptz not null,
    due timestamptz not null,
    state text not null,
    mail_id uuid,
    unique (entry_id, realm, person_id)
);
create index mail_line_due on mail_line (due) where state = 'WAITING';
create index mail_line_of_mail on mail_line (mail_id) where mail_id is not null;
create index mail_line_of_thread on mail_line (thread_id, realm, person_id) where thread_id is not null;
create table escalation (
    message_id uuid primary key,
    thread_id uuid not null,
    patient_id uuid,
    place bigint not null,
    author_realm text not null,
    author_id uuid not null,
    sent_at timestamptz not null,
    minutes int not null,
    step int not null,
    due timestamptz not null,
    state text not null,
    ended_at timestamptz
);
create index escalation_due on escalation (due) where state = 'OPEN';
alter table notification alter column patient_id drop not null;
alter table notification add column place bigint;
alter table notification add column message_at timestamptz;
"""


def upgrade() -> None:
    """Makes everything. A notification of a message between professionals is about no patient."""
    for statement in statements(SCHEMA):
        op.execute(statement)
