"""The platform's own tables: events say which stream they went to, idempotency keys can be forgotten by age."""

from alembic import op
from terresante_platform.migrations import PLATFORM_SCHEMA_2, statements

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Changes them."""
    for statement in statements(PLATFORM_SCHEMA_2):
        op.execute(statement)
