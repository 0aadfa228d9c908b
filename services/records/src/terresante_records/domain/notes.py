"""A liaison note (cahier de liaison): a text between those who look after the same patient. Earlier texts are
kept."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NewType
from uuid import UUID

from terresante_platform.readable import readable_text
from terresante_platform.refusals import Denied, Invalid, Unknown

from .entries import Authorship, PatientId, PersonId, VersionStale, Visibility

NoteId = NewType("NoteId", UUID)
TEXT_AT_MOST = 10_000


class NoteTextInvalid(Invalid):
    """A text nobody can read."""

    reason = "NOTE_TEXT_INVALID"


class NoteUnknown(Unknown):
    """No such note in this record, or none that this caller may know of."""

    reason = "NOTE_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "Cette note n’existe pas dans ce dossier.",
            "Vérifiez l’identifiant, ou reprenez-le dans la liste des notes.",
        )


class NoteNotYours(Denied):
    """Only its author revises a note."""

    reason = "NOTE_NOT_YOURS"

    def __init__(self) -> None:
        super().__init__("Seul l’auteur de cette note peut en changer le texte.", "Écrivez une autre note.")


@dataclass(frozen=True, slots=True)
class Note:
    """A note with its present text."""

    id: NoteId
    patient: PatientId
    category: str
    text: str
    urgent: bool
    written: Authorship
    visibility: Visibility
    revised_at: datetime | None = None
    version: int = 1


def check_text(text: str) -> str:
    """`text`, if it is one: 1 to 10,000 readable characters. Refuses with NOTE_TEXT_INVALID."""
    if not readable_text(text, TEXT_AT_MOST):
        raise NoteTextInvalid(
            "Une note compte de 1 à 10 000 caractères lisibles.",
            "Corrigez le texte ; retirez-en les caractères invisibles.",
        )
    return text


def revised(note: Note, text: str, by: PersonId, version: int, at: datetime) -> Note:
    """The note with another text. Refuses with NOTE_NOT_YOURS, VERSION_STALE, NOTE_TEXT_INVALID."""
    if note.written.author != by:
        raise NoteNotYours
    if note.version != version:
        raise VersionStale
    return replace(note, text=check_text(text), revised_at=at, version=note.version + 1)
