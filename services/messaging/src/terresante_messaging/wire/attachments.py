"""Files of messages as they travel."""

from dataclasses import dataclass
from uuid import UUID

from terresante.messaging.v1 import attachment_service_pb2 as files_pb
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.ids import parsed

from terresante_messaging.domain.attachments import Attachment, Thumbnail, check_name
from terresante_messaging.domain.people import ThreadId
from terresante_messaging.wire import parts

_STATES = {state: pb.ThumbnailState.Value(f"THUMBNAIL_STATE_{state.value}") for state in Thumbnail}


@dataclass(frozen=True, slots=True)
class Description:
    """What a sender says of a file before its bytes come."""

    thread: ThreadId
    name: str
    claimed_media_type: str


def description(message: files_pb.AttachmentDescription) -> Description:
    """Refuses with ID_INVALID, NAME_INVALID."""
    return Description(parts.thread_id(message.thread_id), check_name(message.name), message.claimed_media_type)


def attachment_id(text: str) -> UUID:
    """Refuses with ID_INVALID."""
    return parsed(text, "attachment_id")


def attachment_to_proto(file: Attachment) -> pb.Attachment:
    """A file, without its bytes."""
    return pb.Attachment(
        attachment_id=str(file.id),
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        thumbnail=_STATES[file.thumbnail],
    )
