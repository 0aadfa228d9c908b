"""Files that go with messages: whose they are, when others may know of them. Words and rules only: no I/O, no clock."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from terresante_contents.kinds import Content, Kind
from terresante_platform.readable import readable_line
from terresante_platform.refusals import Invalid, TooMany, Unknown

from terresante_messaging.domain.people import Recipient, ThreadId
from terresante_messaging.domain.threads import Window

NAME_AT_MOST = 200
WAITING_AT_MOST = 30
"""Files of one person that no message has taken yet."""
TAKEN_WITHIN = timedelta(days=1)
"""How long a file waits for its message; then it goes."""
_PICTURES = frozenset({Kind.JPEG, Kind.PNG})
_PATH = re.compile(r"[/\\]")


class AttachmentUnknown(Unknown):
    """No such file in this thread, or none that this caller may know of."""

    reason = "ATTACHMENT_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "Cette pièce jointe n’existe pas dans ce fil.", "Vérifiez l’identifiant, ou reprenez-le dans le message."
        )


class AttachmentsTooMany(TooMany):
    """More files wait for their messages than one person sends."""

    reason = "ATTACHMENTS_TOO_MANY"

    def __init__(self) -> None:
        super().__init__(
            f"{WAITING_AT_MOST} fichiers attendent déjà un message de vous.",
            "Envoyez les messages qui les portent, ou réessayez demain.",
        )


class NameInvalid(Invalid):
    """No name for a file."""

    reason = "NAME_INVALID"

    def __init__(self) -> None:
        super().__init__(
            "Le nom d’un fichier compte de 1 à 200 caractères lisibles, sans chemin.",
            "Renommez le fichier, puis envoyez-le de nouveau.",
        )


class ThumbnailNotReady(Unknown):
    """It is being made, or there will be none."""

    reason = "THUMBNAIL_NOT_READY"

    def __init__(self) -> None:
        super().__init__("Cette pièce jointe n’a pas d’aperçu.", "Ouvrez la pièce jointe elle-même.")


class Thumbnail(StrEnum):
    """Whether a small picture is there. The names are those of the contract's `ThumbnailState`."""

    NONE = "NONE"
    WAITING = "WAITING"
    READY = "READY"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as others see it."""

    id: UUID
    name: str
    media_type: str
    size: int
    """Bytes, as they are given back."""
    sha256: str
    """Of the bytes as they are given back, hexadecimal."""
    thumbnail: Thumbnail


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file, and where it belongs."""

    file: Attachment
    thread: ThreadId
    by: Recipient
    at: datetime
    message: "Posted | None" = None
    """The message that took it."""


@dataclass(frozen=True, slots=True)
class Posted:
    """As much of a message as decides whether its files may be read."""

    place: int
    sent_at: datetime
    deleted: bool


def check_name(name: str) -> str:
    """The name, if it is one that a person can read and that is no path. Refuses with NAME_INVALID."""
    if not readable_line(name, NAME_AT_MOST) or _PATH.search(name) or name != name.strip() or name.startswith("."):
        raise NameInvalid
    return name


def uploaded(id: UUID, name: str, content: Content, where: ThreadId, by: Recipient, at: datetime) -> Uploaded:
    """A new file, which no message has taken yet."""
    thumbnail = Thumbnail.WAITING if content.media_type in _PICTURES else Thumbnail.NONE
    file = Attachment(id, name, content.media_type, content.size, content.sha256, thumbnail)
    return Uploaded(file, where, by, at)


def require_readable(found: Uploaded, who: Recipient, within: Window) -> None:
    """Who reads a message reads its files; until there is one, only who uploaded it does. Refuses with
    ATTACHMENT_UNKNOWN."""
    message = found.message
    if message is None:
        readable = found.by == who
    else:
        readable = not message.deleted and within.shows(message.place, message.sent_at)
    if not readable:
        raise AttachmentUnknown
