"""Between protobuf and the domain: cursors and events of the feed, and questions to consent about who reads."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.messaging.v1 import feed_service_pb2 as pb
from terresante_platform.refusals import Unknown

from terresante_messaging.domain.log import Cursor, Entry, EntryKind
from terresante_messaging.domain.people import PatientId, Realm, Recipient
from terresante_messaging.domain.readers import Conversation, Reader
from terresante_messaging.wire.notifications import CursorInvalid, LimitInvalid

MOST = 1_000
PAGE = 200
_CURSOR = re.compile(r"([0-9]{1,18})(?:\.(professional|person)\.([0-9a-f]{32}))?")
_KINDS: Mapping[EntryKind, Any] = {kind: pb.EventKind.Value(f"EVENT_KIND_{kind.value}") for kind in EntryKind}


class CursorGone(Unknown):
    """What happened after this cursor is no longer kept."""

    reason = "CURSOR_GONE"


def cursor_invalid() -> CursorInvalid:
    """What to raise for one that was not given with an event."""
    return CursorInvalid("Ce curseur n’est pas valable.", "Reprenez sans curseur.")


def cursor_gone() -> CursorGone:
    """What to raise for one that is too old."""
    return CursorGone(
        "Ce qui s’est passé après ce curseur n’est plus conservé.",
        "Reprenez sans curseur, et relisez ce que vous devez afficher.",
    )


def cursor(given: str, portal: bool) -> Cursor | None:
    """Where to go on from; None if blank. Only a portal's may stand in the midst of an entry. Refuses with
    CURSOR_INVALID."""
    if not given:
        return None
    found = _CURSOR.fullmatch(given)
    if found is None or (found[2] and not portal):
        raise cursor_invalid()
    up_to = Recipient(Realm(found[2]), UUID(found[3])) if found[2] else None
    return Cursor(int(found[1]), up_to)


def cursor_text(cursor: Cursor) -> str:
    """As `cursor` reads it."""
    up_to = f".{cursor.up_to.realm.value}.{cursor.up_to.id.hex}" if cursor.up_to is not None else ""
    return f"{cursor.position}{up_to}"


def limit(asked: int) -> int:
    """How many events a page has. Refuses with LIMIT_INVALID unless 0 (meaning 200) to 1000."""
    if not 0 <= asked <= MOST:
        raise LimitInvalid(f"Une page compte de 1 à {MOST} événements.", "Corrigez la taille demandée.")
    return asked or PAGE


def event(entry: Entry, cursor: Cursor, recipient: Recipient | None = None) -> pb.Event:
    """An entry, as its recipient is told of it. `recipient`: for a portal, whom it concerns."""
    what, at = entry.what, Timestamp()
    at.FromDatetime(what.at)
    return pb.Event(
        kind=_KINDS[what.kind],
        cursor=cursor_text(cursor),
        at=at,
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


def readers_asked(conversations: Sequence[Conversation]) -> decisions_pb.ListReadersRequest:
    """The question who reads these."""
    return decisions_pb.ListReadersRequest(
        conversations=[
            decisions_pb.Conversation(
                patient_id=_text(one.patient), structure_id=_text(one.structure), party_ids=map(str, one.parties)
            )
            for one in conversations
        ]
    )


def readers(told: decisions_pb.Readers) -> list[Reader]:
    """The answer for one conversation."""
    return [_reader(one) for one in told.readers]


def using_direct_messages() -> decisions_pb.DecideManyRequest:
    """The question whether the caller's account is open, for which any conversation would do."""
    question = decisions_pb.Question(action=decisions_pb.ACTION_USE_DIRECT_MESSAGES)
    return decisions_pb.DecideManyRequest(questions=[question])


def own_patients(told: decisions_pb.ListMyConversationsResponse) -> dict[PatientId, datetime | None]:
    """The patients around whom the caller may read, each with the moment from which on (None: the beginning)."""
    return {PatientId(UUID(one.patient_id)): _moment(one) for one in told.patients}


def own_structures(told: decisions_pb.ListMyConversationsResponse) -> list[UUID]:
    """Those of whose teams the caller is."""
    return [UUID(id) for id in told.structure_ids]


def _reader(one: decisions_pb.Reader) -> Reader:
    if one.professional_id:
        who = Recipient(Realm.PROFESSIONAL, UUID(one.professional_id))
    elif one.person_id:
        who = Recipient(Realm.PERSON, UUID(one.person_id))
    else:
        who = Recipient(Realm.SYSTEM, UUID(one.system_id))
    return Reader(who, _moment(one))


def _moment(one: decisions_pb.Reader | decisions_pb.PatientConversation) -> datetime | None:
    return one.visible_from.ToDatetime(UTC) if one.HasField("visible_from") else None


def _text(id: UUID | None) -> str:
    return str(id) if id is not None else ""


def _id_in(recipient: Recipient | None, realm: Realm) -> str:
    return str(recipient.id) if recipient is not None and recipient.realm is realm else ""
