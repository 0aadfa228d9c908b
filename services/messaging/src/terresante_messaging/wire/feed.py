"""Between protobuf and the domain: cursors and events of the feed."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from terresante.messaging.v1 import feed_service_pb2 as pb
from terresante_platform.refusals import Invalid, Unknown

from terresante_messaging.domain.log import Cursor, Entry, EntryKind
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.wire.parts import stamp

_CURSOR = re.compile(r"([0-9]{1,18})(?:\.(professional|person)\.([0-9a-f]{32}))?")
_KINDS: Mapping[EntryKind, Any] = {kind: pb.EventKind.Value(f"EVENT_KIND_{kind.value}") for kind in EntryKind}


class CursorGone(Unknown):
    """What happened after this cursor is no longer kept."""

    reason = "CURSOR_GONE"

    def __init__(self) -> None:
        super().__init__(
            "Ce qui s’est passé après ce curseur n’est plus conservé.",
            "Reprenez sans curseur, et relisez ce que vous devez afficher.",
        )


class CursorInvalid(Invalid):
    """Not a cursor that was given with an event."""

    reason = "CURSOR_INVALID"

    def __init__(self) -> None:
        super().__init__("Ce curseur n’est pas valable.", "Reprenez sans curseur.")


def cursor(given: str, portal: bool) -> Cursor | None:
    """Where to go on from; None if blank. Only a portal's may stand in the midst of an entry. Refuses with
    CURSOR_INVALID."""
    if not given:
        return None
    found = _CURSOR.fullmatch(given)
    if found is None or (found[2] and not portal):
        raise CursorInvalid
    up_to = Recipient(Realm(found[2]), UUID(found[3])) if found[2] else None
    return Cursor(int(found[1]), up_to)


def cursor_text(cursor: Cursor) -> str:
    """As `cursor` reads it."""
    up_to = f".{cursor.up_to.realm.value}.{cursor.up_to.id.hex}" if cursor.up_to is not None else ""
    return f"{cursor.position}{up_to}"


def event(entry: Entry, cursor: Cursor, recipient: Recipient | None = None) -> pb.Event:
    """An entry, as its recipient is told of it. `recipient`: for a portal, whom it concerns."""
    what = entry.what
    return pb.Event(
        kind=_KINDS[what.kind],
        cursor=cursor_text(cursor),
        at=stamp(what.at),
        patient_id=_text(what.patient),
        thread_id=_text(what.thread),
        message_id=_text(what.message),
        place=what.place or 0,
        actor_id=_text(what.actor),
        notification_id=_text(what.notification),
        attachment_id=_text(what.attachment),
        urgent=what.urgent,
        recipient_professional_id=_id_in(recipient, Realm.PROFESSIONAL),
        recipient_person_id=_id_in(recipient, Realm.PERSON),
    )


def _text(id: UUID | None) -> str:
    return str(id) if id is not None else ""


def _id_in(recipient: Recipient | None, realm: Realm) -> str:
    return str(recipient.id) if recipient is not None and recipient.realm is realm else ""
