"""Consents, circles, blocks, emergencies, representations, what is known of professionals; the journal; the
platform's own tables.

The run-time role may read and add journal rows, nothing else: not even a fault of ours can change what was written.
"""

from alembic import op
from terresante_platform.migrations import PLATFORM_SCHEMA, statements

revision = "0001"
down_revision = None

SCHEMA = """
create table consent (
    consent_id uuid primary key,
    patient_id uuid not null,
    form text not null check (form in ('oral', 'written', 'electronic')),
    given_at timestamptz not null,
    given_by uuid not null,
    recorded_by uuid,
    notice_version text not null,
    information_given text not null,
    withdrawn_at timestamptz check (withdrawn_at >= given_at),
    version bigint not null check (version > 0)
);
create unique index consent_in_force on consent (patient_id) include (given_at) where withdrawn_at is null;
create index consent_by_patient on consent (patient_id, given_at);
create table circle (
    patient_id uuid primary key,
    version bigint not null check (version > 0)
);
create table circle_member (
    member_id uuid primary key,
    patient_id uuid not null references circle (patient_id),
    professional_id uuid,
    structure_id uuid,
    since timestamptz not null,
    until timestamptz check (until >= since),
    invited_by uuid not null,
    explicit_agreement boolean not null,
    agreement_form text check (agreement_form in ('oral', 'written', 'electronic')),
    check (num_nonnulls(professional_id, structure_id) = 1)
);
create unique index member_professional on circle_member (patient_id, professional_id)
    where until is null and professional_id is not null;
create unique index member_structure on circle_member (patient_id, structure_id)
    where until is null and structure_id is not null;
create index member_active on circle_member (patient_id) include (professional_id, structure_id, explicit_agreement)
    where until is null;
create index member_by_patient on circle_member (patient_id, since);
create index member_by_professional on circle_member (professional_id, since desc) where until is null;
create index member_by_structure on circle_member (structure_id, since desc) where until is null;
create table block (
    block_id uuid primary key,
    patient_id uuid not null,
    professional_id uuid not null,
    since timestamptz not null,
    until timestamptz check (until >= since)
);
create unique index block_in_force on block (patient_id, professional_id) where until is null;
create table emergency_access (
    emergency_id uuid primary key,
    patient_id uuid not null,
    professional_id uuid not null,
    place_id uuid not null,
    reason text not null,
    opened_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > opened_at),
    closed_at timestamptz
);
create index emergency_by_patient on emergency_access (patient_id, opened_at);
create index emergency_open on emergency_access (patient_id, professional_id, ends_at) where closed_at is null;
create table representation (
    representation_id uuid primary key,
    patient_id uuid not null,
    representative_id uuid not null check (representative_id <> patient_id),
    in_right text not null check (in_right in ('parent', 'guardian', 'curator', 'trusted_person', 'carer')),
    since timestamptz not null,
    until timestamptz,
    may_read boolean not null,
    may_manage boolean not null,
    appointed_by uuid not null
);
create index representation_by_patient on representation (patient_id);
create index representation_by_representative on representation (representative_id, since desc);
create table known_professional (
    professional_id uuid primary key,
    profession text not null,
    health_professional boolean not null,
    account_open boolean not null,
    version bigint not null,
    checked_at timestamptz not null
);
create table known_place (
    place_id uuid primary key,
    professional_id uuid not null references known_professional (professional_id),
    structure_id uuid not null,
    until timestamptz
);
create index place_by_professional on known_place (professional_id);
create index place_by_structure on known_place (structure_id);
create table journal_batch (
    number bigint primary key,
    head bytea not null,
    signature bytea not null,
    leaves bytea not null check (length(leaves) > 0 and length(leaves) % 32 = 0)
);
create table journal_entry (
    entry_id uuid primary key,
    batch bigint not null,
    position int not null,
    patient_id uuid,
    patient_sequence bigint,
    actor_id uuid not null,
    leaf bytea not null,
    check ((patient_id is null) = (patient_sequence is null))
);
create unique index entry_by_place on journal_entry (batch, position);
create unique index entry_by_patient on journal_entry (patient_id, patient_sequence) where patient_id is not null;
"""

JOURNAL_IS_KEPT = """
do $$
begin
    if exists (select from pg_roles where rolname = 'consent') then
        revoke all on journal_batch, journal_entry from consent;
        grant select, insert on journal_batch, journal_entry to consent;
    end if;
end
$$
"""


def upgrade() -> None:
    """Makes everything."""
    for statement in statements(PLATFORM_SCHEMA + SCHEMA):
        op.execute(statement)
    op.execute(JOURNAL_IS_KEPT)
