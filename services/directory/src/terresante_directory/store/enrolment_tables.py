"""The tables of migration 0008 as queries see them."""

from sqlalchemy import Boolean, Column, Date, DateTime, Double, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from terresante_directory.store.tables import metadata

account_loss = Table(
    "account_loss",
    metadata,
    Column("uid", Uuid, primary_key=True),
    Column("card_lost_at", DateTime(timezone=True)),
    Column("phone_asked_at", DateTime(timezone=True)),
)
account_act = Table(
    "account_act",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("uid", Uuid),
    Column("kind", Text),
    Column("at", DateTime(timezone=True)),
    Column("by", Uuid),
    Column("why", Text),
    Column("evidence", Text),
    Column("territories", ARRAY(Text)),
)
account_seen = Table(
    "account_seen",
    metadata,
    Column("uid", Uuid, primary_key=True),
    Column("last_login", DateTime(timezone=True)),
    Column("locked", Boolean),
    Column("seen_at", DateTime(timezone=True)),
)
account_week = Table(
    "account_week",
    metadata,
    Column("week", Date, primary_key=True),
    Column("uid", Uuid, primary_key=True),
)
account_difference = Table(
    "account_difference",
    metadata,
    Column("id", Text, primary_key=True),
    Column("uid", Uuid),
    Column("kind", Text),
    Column("since", DateTime(timezone=True)),
    Column("seen_at", DateTime(timezone=True)),
)
account_sweep = Table(
    "account_sweep",
    metadata,
    Column("single", Boolean, primary_key=True),
    Column("position", Integer),
    Column("began_at", DateTime(timezone=True)),
    Column("leased_until", DateTime(timezone=True)),
)
enrolment_budget = Table(
    "enrolment_budget",
    metadata,
    Column("key", Text, primary_key=True),
    Column("remaining", Double),
    Column("at", DateTime(timezone=True)),
)
enrolment_ask = Table(
    "enrolment_ask",
    metadata,
    Column("rpps", Text, primary_key=True),
    Column("at", DateTime(timezone=True)),
)
self_enrolment = Table(
    "self_enrolment",
    metadata,
    Column("uid", Uuid, primary_key=True),
    Column("rpps", Text),
    Column("asked_at", DateTime(timezone=True)),
    Column("until", DateTime(timezone=True)),
    Column("terms_version", Text),
    Column("done_at", DateTime(timezone=True)),
)
correspondent = Table(
    "correspondent",
    metadata,
    Column("structure_id", Uuid, primary_key=True),
    Column("professional_id", Uuid, primary_key=True),
    Column("since", DateTime(timezone=True)),
    Column("named_by", Uuid),
)
change_request = Table(
    "change_request",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("structure_id", Uuid),
    Column("kind", Text),
    Column("change", JSONB),
    Column("why", Text),
    Column("asked_by", Uuid),
    Column("at", DateTime(timezone=True)),
    Column("state", Text),
    Column("assignee", Uuid),
    Column("first_by", Uuid),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("act_id", Uuid),
)
request_comment = Table(
    "request_comment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("request_id", Uuid),
    Column("author", Uuid),
    Column("author_name", Text),
    Column("at", DateTime(timezone=True)),
    Column("text", Text),
)
