"""The platform's tables."""

from alembic import op
from terresante_platform.migrations import PLATFORM_SCHEMA, statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in statements(PLATFORM_SCHEMA):
        op.execute(statement)
