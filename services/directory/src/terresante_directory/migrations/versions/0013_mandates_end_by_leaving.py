"""A mandate may end by nobody's decision: the identity officer has left the platform."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0013"
down_revision = "0012"

SCHEMA = """
alter table mandate drop constraint mandate_check1;
alter table mandate add constraint mandate_ended_check check (until is not null or ended_by is null);
"""


def upgrade() -> None:
    """Lets a mandate end without an administrator."""
    for statement in statements(SCHEMA):
        op.execute(statement)
