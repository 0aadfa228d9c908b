"""Accounts by their state: the suspended ones of a region are few among many."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0011"
down_revision = "0010"

SCHEMA = """
create index account_by_state on account (state, uid);
"""


def upgrade() -> None:
    """Adds the index."""
    for statement in statements(SCHEMA):
        op.execute(statement)
