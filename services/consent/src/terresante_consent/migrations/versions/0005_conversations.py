"""What a circle's conversations allow, and since when each membership lasts, beside what decisions read of it.

Everything is added, and says what held before: the patient does not write, newcomers see nothing earlier.
"""

from alembic import op
from terresante_platform.migrations import statements

revision = "0005"
down_revision = "0004"

SCHEMA = """
alter table circle add column patient_may_write boolean not null default false;
alter table circle add column newcomers_see_earlier boolean not null default false;
create index member_around on circle_member (patient_id)
    include (professional_id, structure_id, explicit_agreement, since) where until is null;
drop index member_active;
"""


def upgrade() -> None:
    """Adds them; the index without the date has no reader that the other one does not serve."""
    for statement in statements(SCHEMA):
        op.execute(statement)
