"""Requests that wait, by an index on the very condition that is asked: that of 0008 says it in other words."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0012"
down_revision = "0011"

SCHEMA = """
create index change_request_undecided on change_request (structure_id, at) where decided_at is null;
"""


def upgrade() -> None:
    """Adds the index."""
    for statement in statements(SCHEMA):
        op.execute(statement)
