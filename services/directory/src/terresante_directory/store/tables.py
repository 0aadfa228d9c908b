"""The tables as queries see them. Their definition is in `migrations/`, which alone changes them."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Double, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, INT4RANGE, JSONB

metadata = MetaData()

structure = Table(
    "structure",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text),
    Column("kind", Text),
    Column("finess", Text),
    Column("siret", Text),
    Column("territory", Text),
    Column("part_of", Uuid),
    Column("postal_code", Text),
    Column("commune", Text),
    Column("search", Text),
    Column("version", BigInteger),
    Column("level", Text),
    Column("siren", Text),
    Column("commune_code", Text),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("closed", Boolean),
    Column("stands", Boolean),
    Column("shown", Uuid),
)
professional = Table(
    "professional",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("rpps", Text),
    Column("family_name", Text),
    Column("given_name", Text),
    Column("profession", Text),
    Column("search", Text),
    Column("version", BigInteger),
    Column("stands", Boolean),
    Column("shown", Uuid),
)
place = Table(
    "place",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("professional_id", Uuid),
    Column("structure_id", Uuid),
    Column("role", Text),
    Column("since", DateTime(timezone=True)),
    Column("until", DateTime(timezone=True)),
    Column("continues_since", DateTime(timezone=True)),
    Column("shown", Uuid),
)
administrator = Table(
    "administrator",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("given_name", Text),
    Column("family_name", Text),
)
administrator_territory = Table(
    "administrator_territory",
    metadata,
    Column("administrator_id", Uuid, primary_key=True),
    Column("territory", Text, primary_key=True),
)
account = Table(
    "account",
    metadata,
    Column("uid", Uuid, primary_key=True),
    Column("kind", Text),
    Column("username", Text),
    Column("id_nat", Text),
    Column("means", Text),
    Column("state", Text),
    Column("settled", Boolean),
    Column("turn", Integer),
    Column("leased_until", DateTime(timezone=True)),
    Column("certificate", Text),
)
mandate = Table(
    "mandate",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("professional_id", Uuid),
    Column("territories", ARRAY(Text)),
    Column("structures", ARRAY(Uuid)),
    Column("touches", ARRAY(Text)),
    Column("since", DateTime(timezone=True)),
    Column("until", DateTime(timezone=True)),
    Column("named_by", Uuid),
    Column("ended_by", Uuid),
)
feeder = Table(
    "feeder",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text),
    Column("structure_id", Uuid),
    Column("issuers", ARRAY(Text)),
    Column("policy", Text),
    Column("subject", Text),
    Column("version", BigInteger),
)
feeder_issuer = Table(
    "feeder_issuer",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("feeder_id", Uuid),
)
act = Table(
    "act",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text),
    Column("at", DateTime(timezone=True)),
    Column("starts", DateTime(timezone=True)),
    Column("by", Uuid),
    Column("why", Text),
    Column("undoes", Uuid),
    Column("territories", ARRAY(Text)),
    Column("subjects", Integer),
)
fact = Table(
    "fact",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text),
    Column("subject", Text),
    Column("valid_from", DateTime(timezone=True)),
    Column("valid_to", DateTime(timezone=True)),
    Column("known_from", DateTime(timezone=True)),
    Column("known_to", DateTime(timezone=True)),
    Column("act", Uuid),
    Column("said_by", Uuid),
    Column("ended_by", Uuid),
    Column("content", JSONB),
    Column("parent", Text),
    Column("territory", Text),
    Column("key", Text),
)
turned = Table(
    "turned",
    metadata,
    Column("single", Boolean, primary_key=True),
    Column("up_to", DateTime(timezone=True)),
)
offer = Table(
    "offer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("structure_id", Uuid),
    Column("name", Text),
    Column("type", Text),
    Column("activity", Text),
    Column("ages", INT4RANGE),
    Column("sensitive", Boolean),
    Column("intervention_communes", ARRAY(Text)),
    Column("own_latitude", Double),
    Column("own_longitude", Double),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("search", Text),
    Column("closed", Boolean),
    Column("stands", Boolean),
    Column("shown", Uuid),
    Column("territory", Text),
    Column("commune_code", Text),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("open", Boolean),
    Column("version", BigInteger),
)
"""From `territory` to `open`: where it is given, by itself or its structure. `open`: neither is closed, both stand."""
territory = Table(
    "territory",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text),
    Column("department", Text),
    Column("started", Boolean),
    Column("search", Text),
    Column("stands", Boolean),
    Column("shown", Uuid),
    Column("version", BigInteger),
)
commune = Table(
    "commune",
    metadata,
    Column("code", Text, primary_key=True),
    Column("territory", Text),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("stands", Boolean),
    Column("shown", Uuid),
    Column("version", BigInteger),
)
word = Table("word", metadata, Column("word", Text, primary_key=True))
