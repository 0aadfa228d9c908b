"""Finding as one types: national numbers from their beginning on."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0006"
down_revision = "0005"

SCHEMA = """
create index structure_finess_begins on structure (finess text_pattern_ops) where finess is not null;
create index structure_siret_begins on structure (siret text_pattern_ops) where siret is not null;
create index professional_rpps_begins on professional (rpps text_pattern_ops) where rpps is not null;
"""


def upgrade() -> None:
    """Makes them."""
    for statement in statements(SCHEMA):
        op.execute(statement)
