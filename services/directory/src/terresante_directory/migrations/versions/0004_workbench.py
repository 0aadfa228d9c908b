"""Sessions of the administrators' workbench, logins under way, and what was typed before a new login.

Whatever is secret is sealed under a key that only the browser's cookie gives (`workbench/sealing.py`).
"""

from alembic import op
from terresante_platform.migrations import statements

revision = "0004"
down_revision = "0003"

SCHEMA = """
create table workbench_session (
    id_sha256 bytea primary key check (length(id_sha256) = 32),
    administrator_id uuid not null,
    sealed bytea not null,
    token_until timestamptz not null,
    began_at timestamptz not null,
    used_at timestamptz not null,
    ends_at timestamptz not null,
    turn bigint not null default 1 check (turn > 0),
    leased_until timestamptz
);
create index workbench_session_ending on workbench_session (ends_at);
create table workbench_login (
    state_sha256 bytea primary key check (length(state_sha256) = 32),
    browser_sha256 bytea not null,
    sealed bytea not null,
    ends_at timestamptz not null
);
create index workbench_login_ending on workbench_login (ends_at);
create table workbench_draft (
    id uuid primary key,
    session_sha256 bytea not null references workbench_session (id_sha256) on delete cascade,
    sealed bytea not null,
    kept_at timestamptz not null
);
create index workbench_draft_of_session on workbench_draft (session_sha256);
"""


def upgrade() -> None:
    """Makes them."""
    for statement in statements(SCHEMA):
        op.execute(statement)
