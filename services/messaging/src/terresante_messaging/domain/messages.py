"""What a message is, and what may happen to it. Words and rules only: no I/O, no clock."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from terresante_platform.readable import readable_text
from terresante_platform.refusals import Conflict, Denied, Invalid, Unknown

from terresante_messaging.domain.items import DocumentLink, Item, MessageInvalid, check_item
from terresante_messaging.domain.people import MessageId, Recipient, ThreadId
from terresante_messaging.domain.threads import AROUND_PATIENT, Thread
from terresante_messaging.domain.words import TextInvalid, VersionStale

TEXT_AT_MOST = 10_000
MOST_MENTIONS = 50
MOST_ATTACHMENTS = 10
MOST_EDITS = 50
PLATFORM = "PLATFORM"
"""Where a message comes from. Others join when secure mail does."""


class MessageUnknown(Unknown):
    """No such message in this thread, or none that this caller may know of."""

    reason = "MESSAGE_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("Ce message n’existe pas dans ce fil.", "Vérifiez l’identifiant, ou reprenez-le dans le fil.")


class MessageNotYours(Denied):
    """Only its author changes a message."""

    reason = "MESSAGE_NOT_YOURS"

    def __init__(self) -> None:
        super().__init__("Seul l’auteur de ce message peut le changer.", "Répondez-lui dans le fil.")


class MessageDeleted(Conflict):
    """It was taken back."""

    reason = "MESSAGE_DELETED"

    def __init__(self) -> None:
        super().__init__("Ce message a été supprimé par son auteur.", "Écrivez un autre message.")


class MentionsInvalid(Invalid):
    """More people than one message names, or somebody who may not read the thread."""

    reason = "MENTIONS_INVALID"


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to write."""

    text: str
    urgent: bool = False
    quoted: MessageId | None = None
    mentions: frozenset[Recipient] = frozenset()
    attachments: tuple[UUID, ...] = ()
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message with its present text."""

    id: MessageId
    thread: ThreadId
    place: int
    author: Recipient
    author_place: UUID | None
    sent_at: datetime
    text: str
    item: Item | None = None
    urgent: bool = False
    quoted: MessageId | None = None
    mentions: frozenset[Recipient] = frozenset()
    attachments: int = 0
    origin: str = PLATFORM
    version: int = 1
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FormerText:
    """A text that was replaced."""

    text: str
    version: int
    until: datetime


def check_draft(draft: Draft) -> Draft:
    """`draft`, if it can be written somewhere. Refuses with TEXT_INVALID, MESSAGE_INVALID.

    Whether who is mentioned may read, and whose the attachments are, is asked where it is known.
    """
    if len(draft.attachments) > MOST_ATTACHMENTS or len(set(draft.attachments)) != len(draft.attachments):
        raise MessageInvalid(
            "Un message porte au plus 10 pièces jointes, chacune une fois.", "Retirez-en.", field="attachment_ids"
        )
    if draft.item is not None:
        check_item(draft.item)
    bare = not draft.attachments and draft.item is None
    if bare or draft.text:
        check_text(draft.text)
    return draft


def require_place_for(item: Item | None, thread: Thread) -> None:
    """Refuses with MESSAGE_INVALID a link to a patient's document where the thread is about no patient."""
    if isinstance(item, DocumentLink) and thread.kind not in AROUND_PATIENT:
        raise MessageInvalid(
            "Un document du dossier ne se joint qu’autour de son patient.",
            "Joignez-le dans un fil autour de ce patient.",
            field="item",
        )


def check_text(text: str) -> str:
    """`text`, if it is one: 1 to 10,000 readable characters. Refuses with TEXT_INVALID."""
    if not readable_text(text, TEXT_AT_MOST):
        raise TextInvalid(
            "Un message compte de 1 à 10 000 caractères lisibles.",
            "Corrigez le texte ; retirez-en les caractères invisibles.",
        )
    return text


def too_many_mentions() -> MentionsInvalid:
    """The refusal of more mentions than one message has."""
    return MentionsInvalid("Un message mentionne au plus 50 personnes.", "Retirez des mentions.")


def mentions_refused() -> MentionsInvalid:
    """The refusal of mentions of who may not read the thread: it does not say who."""
    return MentionsInvalid(
        "Une des personnes mentionnées ne peut pas lire ce fil.", "Ne mentionnez que des personnes qui le lisent."
    )


def edited(message: Message, text: str, mentions: frozenset[Recipient], version: int, at: datetime) -> Message:
    """The message with another text. Refuses with MESSAGE_DELETED, VERSION_STALE, TEXT_INVALID."""
    _require_present(message, version)
    if message.version > MOST_EDITS:
        raise TextInvalid(f"Un message se corrige au plus {MOST_EDITS} fois.", "Écrivez un autre message.")
    if text or not (message.attachments or message.item):
        check_text(text)
    return replace(message, text=text, mentions=mentions, edited_at=at, version=message.version + 1)


def deleted(message: Message, version: int, at: datetime) -> Message:
    """What is left of it for whoever reads. Refuses with MESSAGE_DELETED, VERSION_STALE."""
    _require_present(message, version)
    return replace(shown(replace(message, deleted_at=at)), version=message.version + 1)


def shown(message: Message) -> Message:
    """The message as readers see it: nothing of what was written once it was taken back."""
    if message.deleted_at is None:
        return message
    return replace(message, text="", item=None, quoted=None, mentions=frozenset(), attachments=0)


def require_author(message: Message, who: Recipient) -> None:
    """Refuses with MESSAGE_NOT_YOURS."""
    if message.author != who:
        raise MessageNotYours


def _require_present(message: Message, version: int) -> None:
    if message.deleted_at is not None:
        raise MessageDeleted
    if message.version != version:
        raise VersionStale
