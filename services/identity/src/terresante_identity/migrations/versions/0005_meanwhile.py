"""Which sources were written at the same time, none having seen the other: they are compared afterwards."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0005"
down_revision = "0004"

# One row each time that a source is written with what it is looked up by, kept for a quarter of an hour. `seen`: what
# its transaction could see when it began to decide.
SCHEMA = """
create table written_lately (
    place bigint generated always as identity primary key,
    source_id uuid not null,
    written_by xid8 not null default pg_current_xact_id(),
    seen pg_snapshot not null,
    written_at timestamptz not null default now(),
    compared boolean not null default false
);

create index written_lately_by on written_lately (written_by);
create index written_lately_waiting on written_lately (place) where not compared;
create index written_lately_at on written_lately (written_at);
"""


def upgrade() -> None:
    """The version before this one writes no row: what it registers beside this one may still be missed."""
    for statement in statements(SCHEMA):
        op.execute(statement)
