"""People come in, stay able to log in, and leave: lost means, what was done to accounts and why, what Keycloak is seen
to hold, enrolment by oneself, correspondents and their requests.
"""

from alembic import op
from terresante_platform.migrations import statements

revision = "0008"
down_revision = "0007"

SCHEMA = """
create table account_loss (
    uid uuid primary key,
    card_lost_at timestamptz,
    phone_asked_at timestamptz
);
create table account_act (
    id uuid primary key,
    uid uuid not null,
    kind text not null,
    at timestamptz not null,
    by uuid,
    why text not null default '',
    evidence text not null default '',
    territories text[] not null
);
create index account_act_of on account_act (uid, at desc, id desc);
create index account_act_territories on account_act using gin (territories);
create table account_seen (
    uid uuid primary key,
    last_login timestamptz,
    locked boolean not null default false,
    seen_at timestamptz not null
);
create index account_seen_locked on account_seen (seen_at) where locked;
create table account_week (
    uid uuid not null,
    week date not null,
    primary key (week, uid)
);
create table account_difference (
    id text primary key,
    uid uuid,
    kind text not null check (kind in ('unknown_here', 'missing_there', 'state', 'card', 'kind')),
    since timestamptz not null,
    seen_at timestamptz not null
);
create index account_difference_of on account_difference (uid) where uid is not null;
create table account_sweep (
    single boolean primary key default true check (single),
    position integer not null default 0 check (position >= 0),
    began_at timestamptz not null,
    leased_until timestamptz
);
create table enrolment_budget (
    key text primary key,
    remaining double precision not null,
    at timestamptz not null
);
create index enrolment_budget_age on enrolment_budget (at);
create table enrolment_ask (
    rpps text primary key check (rpps ~ '^[0-9]{11}$'),
    at timestamptz not null
);
create index enrolment_ask_age on enrolment_ask (at);
create table self_enrolment (
    uid uuid primary key,
    rpps text not null unique check (rpps ~ '^[0-9]{11}$'),
    asked_at timestamptz not null,
    until timestamptz not null,
    terms_version text,
    done_at timestamptz,
    check ((terms_version is null) = (done_at is null))
);
create index self_enrolment_waiting on self_enrolment (until) where done_at is null;
create index self_enrolment_done on self_enrolment (done_at) where done_at is not null;
create table correspondent (
    structure_id uuid not null references structure (id),
    professional_id uuid not null references professional (id),
    since timestamptz not null,
    named_by uuid not null references administrator (id),
    primary key (structure_id, professional_id)
);
create index correspondent_of on correspondent (professional_id);
create table change_request (
    id uuid primary key,
    structure_id uuid not null references structure (id),
    kind text not null,
    change jsonb not null,
    why text not null,
    asked_by uuid not null references professional (id),
    at timestamptz not null,
    state text not null check (state in ('open', 'half_approved', 'approved', 'refused')),
    assignee uuid references administrator (id),
    first_by uuid references administrator (id),
    decided_by uuid references administrator (id),
    decided_at timestamptz,
    act_id uuid references act (id),
    check ((state in ('approved', 'refused')) = (decided_at is not null))
);
create index change_request_waiting on change_request (structure_id, at) where state in ('open', 'half_approved');
create index change_request_of on change_request (asked_by, at);
create index change_request_by_structure on change_request (structure_id, at);
create table request_comment (
    id uuid primary key,
    request_id uuid not null references change_request (id),
    author uuid not null,
    author_name text not null,
    at timestamptz not null,
    text text not null
);
create index source_record_practices on source_record ((content ->> 'professional'))
    where source = 'annuaire' and kind = 'place';
create index request_comment_of on request_comment (request_id, at, id);
"""


def upgrade() -> None:
    """Makes them."""
    for statement in statements(SCHEMA):
        op.execute(statement)
