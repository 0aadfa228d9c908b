"""What was done about the items of messages. Answers are sealed."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, Uuid, any_, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.sealing import OwnerKey

from terresante_messaging.domain.items import Act
from terresante_messaging.domain.people import MessageId, Realm, Recipient
from terresante_messaging.domain.threads import Thread
from terresante_messaging.store import bodies
from terresante_messaging.store.tables import item_act

_OF = (
    select(*item_act.c)
    .where(
        item_act.c.retention == bindparam("class"),
        item_act.c.message_id == any_(bindparam("messages", type_=ARRAY(Uuid))),
    )
    .order_by(item_act.c.id)
)


async def of_messages(
    connection: AsyncConnection, key: OwnerKey, thread: Thread, messages: Collection[MessageId]
) -> dict[MessageId, tuple[Act, ...]]:
    """What was done about the item of each, oldest first; those with none are absent."""
    if not messages:
        return {}
    found: dict[MessageId, tuple[Act, ...]] = {}
    rows = await connection.execute(_OF, {"class": thread.retention, "messages": list(messages)})
    for row in rows.mappings():
        found[row["message_id"]] = (*found.get(row["message_id"], ()), _act(row, key))
    return found


async def add(transaction: AsyncConnection, key: OwnerKey, thread: Thread, message: MessageId, act: Act) -> None:
    """Keeps an answer."""
    await transaction.execute(
        insert(item_act),
        {
            "retention": thread.retention,
            "message_id": message,
            "id": act.id,
            "actor_realm": act.by.realm.value,
            "actor_id": act.by.id,
            "body": bodies.sealed_answer(key, act),
            "at": act.at,
        },
    )


def _act(row: Any, key: OwnerKey) -> Act:
    by = Recipient(Realm(row["actor_realm"]), row["actor_id"])
    return Act(row["id"], by, bodies.opened_answer(key, row["id"], row["body"]), row["at"])
