"""How many messages each professional wrote in each week, counted from the log. By week: one week is asked for whole
territories, and goes when it is too old.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """One new table."""
    op.execute(
        """
        create table written (
            week date not null,
            professional_id uuid not null,
            messages bigint not null,
            primary key (week, professional_id)
        )
        """
    )
