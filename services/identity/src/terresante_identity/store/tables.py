"""The tables as queries see them. Their definition is in `migrations/`, which alone changes them."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

person = Table(
    "person",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger),
    Column("created_at", DateTime(timezone=True)),
    Column("registered_by", Uuid),
    Column("birth_name", Text),
    Column("birth_name_insi", Text),
    Column("first_name", Text),
    Column("first_name_insi", Text),
    Column("given_names", Text),
    Column("given_names_insi", Text),
    Column("used_name", Text),
    Column("used_name_insi", Text),
    Column("used_first_name", Text),
    Column("used_first_name_insi", Text),
    Column("birth_date", Date),
    Column("birth_precision", Text),
    Column("sex", Text),
    Column("birth_country", Text),
    Column("birth_postal_code", Text),
    Column("birth_codes", ARRAY(Text)),
    Column("retrieved", Boolean),
    Column("checked", Boolean),
    Column("flags", ARRAY(Text)),
    Column("ins_matricule", Text),
    Column("ins_key", Text),
    Column("ins_oid", Text),
)
source_identity = Table(
    "source_identity",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("local_id", Text, primary_key=True),
    Column("person_id", Uuid),
    Column("traits", JSONB),
    Column("received_at", DateTime(timezone=True)),
)
person_version = Table(
    "person_version",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("act", Text),
    Column("detail", Text),
    Column("acted_by", Uuid),
    Column("acted_at", DateTime(timezone=True)),
    Column("state", JSONB),
)
insi_answer = Table(
    "insi_answer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid),
    Column("code", Text),
    Column("accepted", Boolean),
    Column("key_agrees", Boolean),
    Column("differing", ARRAY(Text)),
    Column("anomaly", Boolean),
    Column("outcome", Text),
    Column("recorded_by", Uuid),
    Column("recorded_at", DateTime(timezone=True)),
)
activation = Table(
    "activation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid),
    Column("issued_by", Uuid),
    Column("issued_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
)
search_budget = Table(
    "search_budget",
    metadata,
    Column("professional_id", Uuid, primary_key=True),
    Column("remaining", Double),
    Column("counted_at", DateTime(timezone=True)),
)
