"""The words of all names, so that a typing error is looked up among words and not among names."""

from alembic import op
from terresante_platform.migrations import statements

revision = "0009"
down_revision = "0008"

SCHEMA = """
create table word (word text collate "C" primary key);
create index word_like on word using gin (word gin_trgm_ops);
insert into word select unnest(string_to_array(ltrim(search), ' ')) from structure
    union select unnest(string_to_array(ltrim(search), ' ')) from professional
    union select unnest(string_to_array(ltrim(search), ' ')) from offer;
"""


def upgrade() -> None:
    """Makes it."""
    for statement in statements(SCHEMA):
        op.execute(statement)
