"""What profession somebody has, without their row: the indicators of a territory ask it of all who practise there."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0014"
down_revision = "0013"

SCHEMA = """
create index professional_profession on professional (id) include (profession);
"""


def upgrade() -> None:
    """Adds the index."""
    for statement in statements(SCHEMA):
        op.execute(statement)
