"""Files that are to be removed from the store are found without looking at all others."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """One small index."""
    op.execute("create index attachment_leaving on attachment (id) where thumbnail_state = 'LEAVING'")
