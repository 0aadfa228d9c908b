"""Identity officers, feeders, the territories of places; which patients are one person, and what follows for each.

Everything is added: the version before runs on, and what it copies from the directory meanwhile lacks what is new. So
copies are aged, and asked again before they are decided on.
"""

from alembic import op
from terresante_platform.migrations import statements

revision = "0003"
down_revision = "0002"

SCHEMA = """
alter table known_professional add column mandate_territories text[];
alter table known_professional add column mandate_structures uuid[];
alter table known_place add column territory_code text not null default '';
update known_professional set checked_at = checked_at - interval '1 day';
create table known_feeder (
    feeder_id uuid primary key,
    structure_id uuid not null,
    territory_code text not null,
    issuers text[] not null,
    policy text not null,
    account_open boolean not null,
    version bigint not null,
    checked_at timestamptz not null
);
create table same_person (
    act_id uuid primary key,
    absorbed_id uuid not null,
    surviving_id uuid not null check (surviving_id <> absorbed_id),
    since timestamptz not null,
    until timestamptz check (until >= since),
    decided_at timestamptz,
    decided_for uuid,
    check ((decided_at is null) = (decided_for is null))
);
create index same_person_absorbed on same_person (absorbed_id) where until is null;
create index same_person_surviving on same_person (surviving_id) where until is null;
create table joined (
    patient_id uuid primary key,
    everyone uuid[] not null,
    decisive uuid not null,
    others uuid[] not null
);
"""


def upgrade() -> None:
    """Adds them."""
    for statement in statements(SCHEMA):
        op.execute(statement)
