"""The tables, as the last migration leaves them."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, MetaData, Table, Text, Uuid

metadata = MetaData()
_moment = DateTime(timezone=True)

consent = Table(
    "consent",
    metadata,
    Column("consent_id", Uuid, primary_key=True),
    Column("patient_id", Uuid),
    Column("form", Text),
    Column("given_at", _moment),
    Column("given_by", Uuid),
    Column("recorded_by", Uuid),
    Column("notice_version", Text),
    Column("information_given", Text),
    Column("withdrawn_at", _moment),
    Column("version", BigInteger),
)
circle = Table(
    "circle",
    metadata,
    Column("patient_id", Uuid, primary_key=True),
    Column("version", BigInteger),
    Column("patient_may_write", Boolean),
    Column("newcomers_see_earlier", Boolean),
)
circle_member = Table(
    "circle_member",
    metadata,
    Column("member_id", Uuid, primary_key=True),
    Column("patient_id", Uuid),
    Column("professional_id", Uuid),
    Column("structure_id", Uuid),
    Column("since", _moment),
    Column("until", _moment),
    Column("invited_by", Uuid),
    Column("explicit_agreement", Boolean),
    Column("agreement_form", Text),
)
block = Table(
    "block",
    metadata,
    Column("block_id", Uuid, primary_key=True),
    Column("patient_id", Uuid),
    Column("professional_id", Uuid),
    Column("since", _moment),
    Column("until", _moment),
)
emergency_access = Table(
    "emergency_access",
    metadata,
    Column("emergency_id", Uuid, primary_key=True),
    Column("patient_id", Uuid),
    Column("professional_id", Uuid),
    Column("place_id", Uuid),
    Column("reason", Text),
    Column("opened_at", _moment),
    Column("ends_at", _moment),
    Column("closed_at", _moment),
)
representation = Table(
    "representation",
    metadata,
    Column("representation_id", Uuid, primary_key=True),
    Column("patient_id", Uuid),
    Column("representative_id", Uuid),
    Column("in_right", Text),
    Column("since", _moment),
    Column("until", _moment),
    Column("may_read", Boolean),
    Column("may_manage", Boolean),
    Column("appointed_by", Uuid),
)
known_professional = Table(
    "known_professional",
    metadata,
    Column("professional_id", Uuid, primary_key=True),
    Column("profession", Text),
    Column("health_professional", Boolean),
    Column("account_open", Boolean),
    Column("version", BigInteger),
    Column("checked_at", _moment),
    Column("mandate_territories", ARRAY(Text)),
    Column("mandate_structures", ARRAY(Uuid)),
)
known_place = Table(
    "known_place",
    metadata,
    Column("place_id", Uuid, primary_key=True),
    Column("professional_id", Uuid),
    Column("structure_id", Uuid),
    Column("until", _moment),
    Column("territory_code", Text),
)
known_feeder = Table(
    "known_feeder",
    metadata,
    Column("feeder_id", Uuid, primary_key=True),
    Column("structure_id", Uuid),
    Column("territory_code", Text),
    Column("issuers", ARRAY(Text)),
    Column("policy", Text),
    Column("account_open", Boolean),
    Column("version", BigInteger),
    Column("checked_at", _moment),
)
same_person = Table(
    "same_person",
    metadata,
    Column("act_id", Uuid, primary_key=True),
    Column("absorbed_id", Uuid),
    Column("surviving_id", Uuid),
    Column("since", _moment),
    Column("until", _moment),
    Column("decided_at", _moment),
    Column("decided_for", Uuid),
)
joined = Table(
    "joined",
    metadata,
    Column("patient_id", Uuid, primary_key=True),
    Column("everyone", ARRAY(Uuid)),
    Column("decisive", Uuid),
    Column("others", ARRAY(Uuid)),
)
"""What follows of `same_person` for each patient of a group, so that a decision need not follow it again."""
