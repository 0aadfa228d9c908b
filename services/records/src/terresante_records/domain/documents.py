"""A document of the record: who may change it, how editions follow one another, and what of that others may
know."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, NewType
from uuid import UUID

from terresante_contents.kinds import Content
from terresante_platform.readable import readable_line
from terresante_platform.refusals import Conflict, Denied, Invalid, Unknown

from .catalogue import DocumentType
from .entries import (
    Authorship,
    PatientId,
    PersonId,
    Reader,
    VersionStale,
    Visibility,
    require_past,
)

DocumentId = NewType("DocumentId", UUID)
TITLE_AT_MOST = 200


class TitleInvalid(Invalid):
    """A title nobody can read."""

    reason = "TITLE_INVALID"


class DocumentUnknown(Unknown):
    """No such document in this record, or none that this caller may know of."""

    reason = "DOCUMENT_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "Ce document n’existe pas dans ce dossier.",
            "Vérifiez l’identifiant, ou reprenez-le dans la liste des documents.",
        )


class DocumentNotYours(Denied):
    """Only the author changes, replaces or deletes (R-DMP6)."""

    reason = "DOCUMENT_NOT_YOURS"

    def __init__(self) -> None:
        super().__init__(
            "Seul l’auteur de ce document peut le modifier, le remplacer ou le supprimer.",
            "Adressez-vous à son auteur.",
        )


class DocumentReplacedAlready(Conflict):
    """A document has one successor at most."""

    reason = "DOCUMENT_REPLACED_ALREADY"

    def __init__(self) -> None:
        super().__init__(
            "Ce document a déjà été remplacé par une édition plus récente.",
            "Remplacez la dernière édition.",
        )


class DocumentAlreadyDeleted(Conflict):
    """Deleting happens once."""

    reason = "DOCUMENT_ALREADY_DELETED"

    def __init__(self) -> None:
        super().__init__("Ce document a déjà été supprimé.")


@dataclass(frozen=True, slots=True)
class Relative:
    """The edition before or after a document: as much as is needed to know whether its existence may be
    told."""

    id: DocumentId
    category: str
    author: PersonId
    visibility: Visibility


class Document(NamedTuple):
    """A document without its bytes."""

    id: DocumentId
    patient: PatientId
    type_code: str
    category: str
    title: str
    dated: datetime
    """When the act it tells of took place."""
    published: Authorship
    content: Content
    visibility: Visibility
    version: int = 1
    edition: int = 1
    replaces: Relative | None = None
    replaced_by: Relative | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What an author says of a document before its bytes come."""

    patient: PatientId
    type: DocumentType
    title: str
    dated: datetime
    visibility: Visibility
    replaces: DocumentId | None = None
    claimed_media_type: str = ""


def check(description: Description, now: datetime) -> Description:
    """The description, if it can be published. Refuses with TITLE_INVALID, DATE_INVALID."""
    if not readable_line(description.title, TITLE_AT_MOST):
        raise TitleInvalid(
            "Le titre doit compter de 1 à 200 caractères lisibles, sur une ligne.",
            "Corrigez le titre ; retirez-en les caractères invisibles.",
        )
    require_past(description.dated, now)
    return description


def published(
    id: DocumentId, described: Description, content: Content, by: Authorship, before: Document | None
) -> Document:
    """A new document, the first of its series or the edition after `before`."""
    return Document(
        id=id,
        patient=described.patient,
        type_code=described.type.code,
        category=described.type.category,
        title=described.title,
        dated=described.dated,
        published=by,
        content=content,
        visibility=described.visibility,
        edition=before.edition + 1 if before else 1,
        replaces=relative(before) if before else None,
    )


def relative(document: Document) -> Relative:
    """What a neighbour in the series needs to know of `document`."""
    return Relative(document.id, document.category, document.published.author, document.visibility)


def require_replaceable(document: Document, by: PersonId) -> None:
    """Refuses with DOCUMENT_NOT_YOURS, DOCUMENT_UNKNOWN (deleted), DOCUMENT_REPLACED_ALREADY."""
    if document.published.author != by:
        raise DocumentNotYours
    if document.deleted_at is not None:
        raise DocumentUnknown
    if document.replaced_by is not None:
        raise DocumentReplacedAlready


def require_changeable(document: Document, by: PersonId, version: int) -> None:
    """Refuses with DOCUMENT_NOT_YOURS, DOCUMENT_ALREADY_DELETED, VERSION_STALE."""
    if document.published.author != by:
        raise DocumentNotYours
    if document.deleted_at is not None:
        raise DocumentAlreadyDeleted
    if document.version != version:
        raise VersionStale


def told_of(neighbour: Relative | None, document: Document, reader: Reader) -> DocumentId | None:
    """The id of the edition before or after `document`, if `reader`, who may read `document`, may know of it.

    The author always may. Others may when it hides nothing from them and, for a professional, stays in the
    category that was just decided: a link must not tell what a list would not.
    """
    if neighbour is None:
        return None
    if neighbour.author == reader.id:
        return neighbour.id
    entitled = not reader.professional or neighbour.category == document.category
    return neighbour.id if entitled and neighbour.visibility.shows_to(reader, document.patient) else None
