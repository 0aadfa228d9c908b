"""The directory in time (docs/decisions/0012): acts, the facts they write and end, offers, territories and communes.

What is there already becomes facts when a process of this version starts (`store/taking_over.py`), so that this
migration is short and the version before it goes on working.
"""

from alembic import op
from terresante_platform.migrations import statements

revision = "0005"
down_revision = "0004"

SCHEMA = """
create table act (
    id uuid primary key,
    kind text not null,
    at timestamptz not null,
    starts timestamptz,
    by uuid references administrator (id),
    why text not null default '',
    undoes uuid references act (id),
    territories text[] not null,
    subjects integer not null default 0
);
create unique index act_undoes on act (undoes) where undoes is not null;
create index act_by_at on act (at, id);
create index act_territories on act using gin (territories);
create table fact (
    id uuid primary key,
    kind text not null check (kind in ('structure', 'offer', 'professional', 'place', 'commune', 'territory')),
    subject text not null,
    valid_from timestamptz,
    valid_to timestamptz check (valid_from <= valid_to),
    known_from timestamptz not null,
    known_to timestamptz check (known_from <= known_to),
    act uuid not null references act (id),
    said_by uuid not null,
    ended_by uuid,
    content jsonb not null,
    parent text,
    territory text,
    key text,
    check ((known_to is null) = (ended_by is null))
);
create unique index fact_known on fact (subject, kind, valid_from) nulls not distinct where known_to is null;
create index fact_of on fact (subject, kind, known_from);
create index fact_under on fact (parent, kind) where parent is not null;
create index fact_in on fact (territory, kind) where territory is not null;
create index fact_by_act on fact (act);
create index fact_ended_by on fact (ended_by) where ended_by is not null;
create index fact_begins on fact (valid_from) where known_to is null and valid_from is not null;
create index fact_ends on fact (valid_to) where known_to is null and valid_to is not null;
create index fact_key on fact (key) where known_to is null and key is not null;
create table turned (single boolean primary key default true check (single), up_to timestamptz not null);
alter table structure
    add column level text not null default 'site' check (level in ('legal_entity', 'site', 'internal')),
    add column siren text,
    add column commune_code text not null default '',
    add column latitude double precision,
    add column longitude double precision,
    add column closed boolean not null default false,
    add column stands boolean not null default true,
    add column shown uuid;
update structure set level = 'internal' where part_of is not null;
alter table structure alter constraint structure_part_of_fkey deferrable initially deferred;
drop index structure_finess;
drop index structure_siret;
create unique index structure_finess on structure (finess) where stands and not closed and level <> 'internal';
create unique index structure_siret on structure (siret)
    where finess is null and stands and not closed and level <> 'internal';
create index structure_by_commune on structure (commune_code) where commune_code <> '';
create index structure_roots on structure (territory, search, id) where part_of is null;
create index structure_taken_over on structure (id) where shown is null and stands;
alter table professional add column stands boolean not null default true, add column shown uuid;
drop index professional_rpps;
create unique index professional_rpps on professional (rpps) where stands;
create index professional_taken_over on professional (id) where shown is null and stands;
alter table place add column continues_since timestamptz, add column shown uuid;
create index place_taken_over on place (id) where shown is null;
create table offer (
    id uuid primary key,
    structure_id uuid not null references structure (id) deferrable initially deferred,
    name text not null,
    type text not null,
    activity text not null,
    ages int4range not null,
    sensitive boolean not null,
    intervention_communes text[] not null,
    own_latitude double precision,
    own_longitude double precision,
    confirmed_at timestamptz not null,
    search text collate "C" not null,
    closed boolean not null,
    stands boolean not null,
    shown uuid,
    territory text not null default '',
    commune_code text not null default '',
    latitude double precision,
    longitude double precision,
    open boolean not null default false,
    version bigint not null default 1 check (version > 0),
    created_at timestamptz not null default now()
);
create index offer_by_name on offer (search, id);
create index offer_by_structure on offer (structure_id, search, id);
create index offer_by_territory on offer (territory, search, id);
create index offer_by_activity on offer (activity, search, id);
create index offer_by_type on offer (type, search, id);
create index offer_by_commune on offer (commune_code) where commune_code <> '';
create index offer_intervention on offer using gin (intervention_communes);
create index offer_words on offer using gin (search gin_trgm_ops);
create index offer_by_place on offer (latitude, longitude) where open;
create index offer_confirmed on offer (territory, confirmed_at, id) where open;
create table territory (
    code text primary key,
    name text not null,
    department text not null,
    started boolean not null,
    search text collate "C" not null,
    stands boolean not null,
    shown uuid,
    version bigint not null default 1 check (version > 0)
);
create table commune (
    code text primary key,
    territory text,
    latitude double precision,
    longitude double precision,
    stands boolean not null default false,
    shown uuid,
    version bigint not null default 1 check (version > 0)
);
create index commune_by_territory on commune (territory, code);
"""


def upgrade() -> None:
    """Makes them."""
    for statement in statements(SCHEMA):
        op.execute(statement)
