"""The tables as queries see them. Their definition is in `migrations/`, which alone changes them."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

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
