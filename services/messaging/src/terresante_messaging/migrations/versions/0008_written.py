"""How many messages each professional wrote in each week, counted from the log. Found by professional in the index
alone; by week, when one is too old.
"""

from alembic import op
from terresante_platform.migrations import statements

revision = "0008"
down_revision = "0007"

SCHEMA = """
create table written (
    week date not null,
    professional_id uuid not null,
    messages bigint not null,
    primary key (professional_id, week) include (messages)
);
create index written_week on written (week);
"""


def upgrade() -> None:
    """One new table."""
    for statement in statements(SCHEMA):
        op.execute(statement)
