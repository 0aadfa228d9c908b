"""Notes as they travel."""

from terresante.records.v1 import records_service_pb2 as pb
from terresante_platform.ids import parsed

from terresante_records.domain.notes import Note, NoteId
from terresante_records.wire import parts


def note_id(text: str) -> NoteId:
    """Refuses with ID_INVALID."""
    return NoteId(parsed(text, "note_id"))


def note_to_proto(note: Note) -> pb.Note:
    """A note."""
    by = note.written
    return pb.Note(
        note_id=str(note.id),
        patient_id=str(note.patient),
        text=note.text,
        urgent=note.urgent,
        author_id=str(by.author),
        author_place_id=str(by.place) if by.place else "",
        written_at=parts.stamp(by.at),
        revised_at=parts.stamp(note.revised_at) if note.revised_at else None,
        visibility=parts.visibility_to_proto(note.visibility),
        version=note.version,
    )
