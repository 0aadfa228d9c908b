"""The tables of telling, as migration 0004 makes them."""

from collections.abc import Collection

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    and_,
    or_,
)
from sqlalchemy.dialects.postgresql import JSONB

from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.store.tables import metadata

_MOMENT = DateTime(timezone=True)
preference = Table(
    "preference",
    metadata,
    Column("realm", Text, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("choices", JSONB, nullable=False),
    Column("quiet_from", Integer, nullable=False),
    Column("quiet_until", Integer, nullable=False),
    Column("urgent_breaks_quiet", Boolean, nullable=False),
    Column("daily_hour", Integer, nullable=False),
    Column("urgent_minutes", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
)
portal_choice = Table(
    "portal_choice",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("realm", Text, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
)
address = Table(
    "address",
    metadata,
    Column("realm", Text, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("confirmed", LargeBinary),
    Column("given", LargeBinary),
    Column("code_mark", LargeBinary),
    Column("code_ends_at", _MOMENT),
    Column("code_tries", Integer, nullable=False),
    Column("codes_asked", ARRAY(_MOMENT), nullable=False),
    Column("failed_at", _MOMENT),
)
absence = Table(
    "absence",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("professional_id", Uuid, nullable=False),
    Column("from_at", _MOMENT, nullable=False),
    Column("until_at", _MOMENT, nullable=False),
    Column("delegate_id", Uuid),
)
on_call = Table(
    "on_call",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("structure_id", Uuid, nullable=False),
    Column("professional_id", Uuid, nullable=False),
    Column("from_at", _MOMENT, nullable=False),
    Column("until_at", _MOMENT, nullable=False),
    Column("put_by", Uuid, nullable=False),
)
mail = Table(
    "mail",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("realm", Text, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", LargeBinary),
    Column("state", Text, nullable=False),
    Column("made_at", _MOMENT, nullable=False),
    Column("next_try_at", _MOMENT, nullable=False),
    Column("offered_at", _MOMENT),
    Column("attempts", Integer, nullable=False),
    Column("done_at", _MOMENT),
    Column("last_failure", Text, nullable=False),
)
mail_line = Table(
    "mail_line",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("entry_id", Uuid, nullable=False),
    Column("realm", Text, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("patient_id", Uuid),
    Column("thread_id", Uuid),
    Column("message_id", Uuid),
    Column("place", BigInteger),
    Column("message_at", _MOMENT),
    Column("notification_id", Uuid),
    Column("made_at", _MOMENT, nullable=False),
    Column("due", _MOMENT, nullable=False),
    Column("state", Text, nullable=False),
    Column("mail_id", Uuid),
)
escalation = Table(
    "escalation",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("thread_id", Uuid, nullable=False),
    Column("patient_id", Uuid),
    Column("place", BigInteger, nullable=False),
    Column("author_realm", Text, nullable=False),
    Column("author_id", Uuid, nullable=False),
    Column("sent_at", _MOMENT, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("due", _MOMENT, nullable=False),
    Column("state", Text, nullable=False),
    Column("ended_at", _MOMENT),
)


def among(table: Table, people: Collection[Recipient]) -> ColumnElement[bool]:
    """Rows of these people: two lists of ids, however many they are."""
    return or_(
        *(
            and_(table.c.realm == realm.value, table.c.person_id.in_([one.id for one in people if one.realm is realm]))
            for realm in (Realm.PROFESSIONAL, Realm.PERSON)
        )
    )
