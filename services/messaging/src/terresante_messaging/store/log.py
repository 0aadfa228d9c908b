"""The log, as it is written: one row an entry, in the transaction of what it tells of. It has no position yet."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import wake_after
from terresante_platform.ids import new_id

from terresante_messaging.domain.log import NewEntry
from terresante_messaging.store.tables import log_entry

WAITING = "log"
"""What who gives positions waits for (`Database.after_commit`)."""

_ADD = insert(log_entry).inline()


async def add(transaction: AsyncConnection, *entries: NewEntry) -> None:
    """Tells of each if, and only if, the transaction commits. `transaction`: of `Database.transaction`, which then
    wakes who gives positions."""
    if not entries:
        return
    await transaction.execute(_ADD, [_row(entry) for entry in entries])
    wake_after(transaction, WAITING)


def _row(entry: NewEntry) -> dict[str, object]:
    return {
        "id": new_id(),
        "kind": entry.kind.value,
        "at": entry.at,
        "patient_id": entry.patient,
        "thread_id": entry.thread,
        "message_id": entry.message,
        "place": entry.place,
        "actor_id": entry.actor,
        "recipient_realm": entry.recipient.realm.value if entry.recipient else None,
        "recipient_id": entry.recipient.id if entry.recipient else None,
        "notification_id": entry.notification,
        "attachment_id": entry.attachment,
        "urgent": entry.urgent,
    }
