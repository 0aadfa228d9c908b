"""For which territories the files were that say what a source says: only there does its word let anybody enrol alone.

What was imported before is vouched for by nobody until it is imported again.
"""

from alembic import op
from terresante_platform.migrations import statements

revision = "0011"
down_revision = "0010"

SCHEMA = """
alter table source_record add vouched text[] not null default '{}';
"""


def upgrade() -> None:
    """Adds the column."""
    for statement in statements(SCHEMA):
        op.execute(statement)
