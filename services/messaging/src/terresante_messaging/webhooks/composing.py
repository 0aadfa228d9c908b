"""What a delivery says: ids and dates, nothing of what was written. The form is that of the portal's feed."""

import json
from datetime import UTC, datetime
from uuid import UUID

from terresante_messaging.domain.log import Entry
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.domain.webhooks import event_name


def body(entry: Entry, recipient: Recipient) -> bytes:
    """The same entry for the same recipient always says the same. Members that have no value are left out."""
    what = entry.what
    data: dict[str, object] = {
        "event_id": str(entry.id),
        "position": entry.position,
        "patient_id": _text(what.patient),
        "thread_id": _text(what.thread),
        "message_id": _text(what.message),
        "place": what.place,
        "actor_id": _text(what.actor),
        "notification_id": _text(what.notification),
        "attachment_id": _text(what.attachment),
        "urgent": what.urgent,
        _RECIPIENT[recipient.realm]: str(recipient.id),
    }
    said = {
        "type": event_name(what.kind),
        "timestamp": _moment(what.at),
        "data": {name: value for name, value in data.items() if value is not None},
    }
    return json.dumps(said, separators=(",", ":")).encode()


_RECIPIENT = {Realm.PROFESSIONAL: "recipient_professional_id", Realm.PERSON: "recipient_person_id"}


def _text(id: UUID | None) -> str | None:
    return None if id is None else str(id)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
