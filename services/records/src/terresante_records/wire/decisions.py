"""Questions to consent, and what it decided."""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from terresante.consent.v1 import decision_service_pb2 as pb

from terresante_records.domain.documents import Document
from terresante_records.domain.entries import PatientId, PersonId, Scope, StructureId, Visibility
from terresante_records.domain.notes import Note
from terresante_records.domain.stays import Stay

Kind: TypeAlias = "pb.ResourceKind.ValueType"
DOCUMENTS = pb.RESOURCE_KIND_DOCUMENT
NOTES = pb.RESOURCE_KIND_NOTE
OBSERVATIONS = pb.RESOURCE_KIND_OBSERVATION


@dataclass(frozen=True, slots=True)
class About:
    """The facts of one entry that a decision needs."""

    kind: Kind
    patient: PatientId
    id: UUID
    category: str
    author: PersonId
    visibility: Visibility


def about_document(document: Document) -> About:
    """A document's facts."""
    return About(
        DOCUMENTS,
        document.patient,
        document.id,
        document.category,
        document.published.author,
        document.visibility,
    )


def about_note(note: Note) -> About:
    """A note's facts."""
    return About(NOTES, note.patient, note.id, note.category, note.written.author, note.visibility)


def about_stay(stay: Stay) -> About:
    """A stay's facts. It is decided on as a note is."""
    return About(NOTES, stay.patient, stay.id, stay.category, stay.admitted.author, stay.visibility)


def structure(message: pb.Decision) -> StructureId | None:
    """In whose name the caller acts, if the decision says one."""
    told = message.scope.structure_ids
    return StructureId(UUID(told[0])) if len(told) == 1 else None


def question(action: pb.Action.ValueType, about: About) -> pb.Question:
    """May this be done to that entry?"""
    return pb.Question(
        patient_id=str(about.patient),
        action=action,
        resource_kind=about.kind,
        category=about.category,
        resource_id=str(about.id),
        author_id=str(about.author),
        hidden_from_professionals=about.visibility.hidden_from_professionals,
        hidden_from_patient=about.visibility.hidden_from_patient,
        hidden_from_representatives=about.visibility.hidden_from_representatives,
    )


def listing(patient: PatientId, kind: Kind, has_written: bool) -> pb.Question:
    """What of that kind may be listed?"""
    return pb.Question(
        patient_id=str(patient), action=pb.ACTION_LIST, resource_kind=kind, caller_has_written=has_written
    )


def publishing(patient: PatientId, kind: Kind, category: str, visibility: Visibility) -> pb.Question:
    """May something of that category be added? Its visibility goes along, so that the journal tells of it no more than
    the record does."""
    return pb.Question(
        patient_id=str(patient),
        action=pb.ACTION_PUBLISH,
        resource_kind=kind,
        category=category,
        hidden_from_professionals=visibility.hidden_from_professionals,
        hidden_from_patient=visibility.hidden_from_patient,
        hidden_from_representatives=visibility.hidden_from_representatives,
    )


def scope(message: pb.Scope) -> Scope:
    """What may be listed."""
    return Scope(
        categories=tuple(message.categories),
        all_categories=message.all_categories,
        own_only=message.own_only,
        sees_hidden_from_professionals=message.sees_hidden_from_professionals,
        sees_hidden_from_patient=message.sees_hidden_from_patient,
        sees_hidden_from_representatives=message.sees_hidden_from_representatives,
    )
