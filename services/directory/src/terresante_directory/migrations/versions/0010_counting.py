"""In which weeks somebody was seen: counts of active users ask for the people of one territory."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0010"
down_revision = "0009"

SCHEMA = """
create index account_week_of on account_week (uid, week);
"""


def upgrade() -> None:
    """Adds the index."""
    for statement in statements(SCHEMA):
        op.execute(statement)
