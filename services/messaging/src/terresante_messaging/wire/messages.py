"""Messages as they travel: drafts in, messages out; and the events that tell of them."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante.messaging.v1 import messaging_events_pb2 as events_pb
from terresante_platform.ids import parsed

from terresante_messaging.domain.attachments import Attachment
from terresante_messaging.domain.items import Act
from terresante_messaging.domain.marks import Receipt
from terresante_messaging.domain.messages import (
    MOST_MENTIONS,
    Draft,
    FormerText,
    Message,
    check_draft,
    too_many_mentions,
)
from terresante_messaging.domain.people import Recipient
from terresante_messaging.domain.threads import Thread
from terresante_messaging.wire import items, parts
from terresante_messaging.wire.attachments import attachment_to_proto


def draft(request: pb.PostMessageRequest) -> Draft:
    """What is to be written. Refuses with MENTIONS_INVALID, MESSAGE_INVALID, TEXT_INVALID, ID_INVALID."""
    named = mentions(request.mentions)
    return check_draft(
        Draft(
            text=request.text,
            urgent=request.urgent,
            quoted=parts.optional_message_id(request.quoted_message_id, "quoted_message_id"),
            mentions=named,
            attachments=tuple(parsed(text, "attachment_ids") for text in request.attachment_ids[:100]),
            item=items.item(request.item) if request.HasField("item") else None,
        )
    )


def mentions(given: Sequence[pb.Party]) -> frozenset[Recipient]:
    """Who is mentioned. Counted before any is looked at. Refuses with MENTIONS_INVALID, ID_INVALID."""
    if len(given) > MOST_MENTIONS:
        raise too_many_mentions()
    return frozenset(parts.party(one, "mentions") for one in given)


def message_to_proto(message: Message, files: Iterable[Attachment] = (), acts: Iterable[Act] = ()) -> pb.Message:
    """A message, with what goes with it; only that it was there once it was taken back."""
    gone = message.deleted_at is not None
    made = pb.Message(
        message_id=str(message.id),
        thread_id=str(message.thread),
        place=message.place,
        author=parts.party_to_proto(message.author),
        author_place_id=str(message.author_place) if message.author_place else "",
        text=message.text,
        urgent=message.urgent,
        quoted_message_id=str(message.quoted) if message.quoted else "",
        mentions=map(parts.party_to_proto, sorted(message.mentions)),
        attachments=() if gone else map(attachment_to_proto, files),
        item=items.item_to_proto(message.item) if message.item else None,
        acts=() if gone else map(items.act_to_proto, acts),
        edited_at=parts.stamp(message.edited_at),
        deleted_at=parts.stamp(message.deleted_at),
        version=message.version,
        origin=pb.MESSAGE_ORIGIN_PLATFORM,
    )
    parts.put_stamp(made.sent_at, message.sent_at)
    return made


def former_to_proto(former: FormerText) -> pb.FormerText:
    """A text that was replaced."""
    return pb.FormerText(text=former.text, version=former.version, until=parts.stamp(former.until))


def receipt_to_proto(receipt: Receipt) -> pb.Receipt:
    """Somebody by whom a message was received, and read."""
    return pb.Receipt(
        party=parts.party_to_proto(receipt.who),
        received_at=parts.stamp(receipt.received_at),
        read_at=parts.stamp(receipt.read_at),
    )


def opened_event(thread: Thread) -> events_pb.ThreadOpened:
    """That a thread was opened."""
    return events_pb.ThreadOpened(
        patient_id=_blank(thread.patient), thread_id=str(thread.id), at=parts.stamp(thread.opened_at)
    )


def posted_event(thread: Thread, message: Message) -> events_pb.MessagePosted:
    """That a message was written."""
    return events_pb.MessagePosted(
        patient_id=_blank(thread.patient),
        thread_id=str(thread.id),
        message_id=str(message.id),
        place=message.place,
        author_id=str(message.author.id),
        urgent=message.urgent,
        at=parts.stamp(message.sent_at),
    )


def changed_event(thread: Thread, message: Message) -> events_pb.MessageChanged:
    """That a message was edited, or taken back."""
    return events_pb.MessageChanged(
        patient_id=_blank(thread.patient),
        thread_id=str(thread.id),
        message_id=str(message.id),
        deleted=message.deleted_at is not None,
        version=message.version,
        at=parts.stamp(message.deleted_at or message.edited_at),
    )


def _blank(id: UUID | None) -> str:
    return str(id) if id else ""
