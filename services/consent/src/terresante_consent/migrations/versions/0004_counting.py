"""All memberships, those that ended too, by member: counts of past weeks read nothing else of them."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0004"
down_revision = "0003"

SCHEMA = """
create index member_counted_by_professional on circle_member (professional_id) include (patient_id, since, until)
    where professional_id is not null;
create index member_counted_by_structure on circle_member (structure_id) include (patient_id, since, until)
    where structure_id is not null;
"""


def upgrade() -> None:
    """Adds the indexes."""
    for statement in statements(SCHEMA):
        op.execute(statement)
