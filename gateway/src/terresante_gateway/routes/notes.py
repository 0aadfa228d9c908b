"""/patients/{patient}/notes: liaison notes (cahier de liaison)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.records.v1 import records_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.names import Names, Who, named
from terresante_gateway.operation import CARE, Authz, Id, To, Version, on
from terresante_gateway.pages import CountedQuery, Pages
from terresante_gateway.routes.documents import RECORD, NewVisibility, Visibility
from terresante_gateway.words import Input, Text

router = APIRouter(prefix="/v1/patients/{patient}/notes", tags=["Notes de liaison"])
NoteText = Annotated[
    Text, Field(min_length=1, max_length=10_000, examples=["Pansement refait ce matin, plaie propre. À revoir jeudi."])
]


class Note(Struct):
    """Une note de liaison."""

    id: str
    text: Annotated[str, Meta(examples=["Pansement refait ce matin, plaie propre. À revoir jeudi."])]
    urgent: bool
    author_id: str
    author_place_id: str | None
    author: Annotated[Who | None, Meta(description="Avec names=true seulement")]
    written_at: datetime
    revised_at: Annotated[datetime | None, Meta(description="Si le texte a été remplacé")]
    visibility: Visibility
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]

    @classmethod
    def of(cls, note: pb.Note, names: Names | None = None) -> "Note":
        """From the service's message."""
        return cls(
            note.note_id,
            note.text,
            note.urgent,
            note.author_id,
            note.author_place_id or None,
            names.professional(note.author_id) if names else None,
            words.read(note.written_at),
            words.read(note.revised_at) if note.HasField("revised_at") else None,
            Visibility.of(note.visibility),
            note.version,
        )


class Notes(Struct):
    """Une page de notes, la plus récente d’abord."""

    items: list[Note]
    next_cursor: str | None
    total: Annotated[int | None, Meta(description="Exactement ce que l’appelant peut voir ; avec total=true")]


class NewNote(Input):
    """Ce que l’on note."""

    text: NoteText
    urgent: bool = False
    visibility: NewVisibility = NewVisibility()


class NewText(Input):
    """Le nouveau texte."""

    text: NoteText


@on(router, "GET", "", "Notes de liaison", Authz("note", "list", CARE), *RECORD, "CURSOR_INVALID")
async def list_notes(patient: Id, query: Annotated[CountedQuery, Query()], pages: Pages, peers: To) -> Notes:
    """Les notes que l’appelant peut lire."""
    reply = await peers.records.ListNotes(
        pb.ListNotesRequest(patient_id=patient, cursor=pages.open(query), limit=query.limit, with_total=query.total)
    )
    names = await named(peers, professionals=[one.author_id for one in reply.notes]) if query.names else None
    return Notes(
        [Note.of(one, names) for one in reply.notes],
        pages.seal(query, reply.next_cursor),
        reply.total if query.total else None,
    )


@on(router, "POST", "", "Écrire une note", Authz("note", "publish", ("professional",)), "NOTE_TEXT_INVALID", *RECORD,
    "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True)  # fmt: skip
async def write_note(patient: Id, new: NewNote, peers: To) -> Note:
    """Ajoute une note au cahier de liaison."""
    reply = await peers.records.WriteNote(
        pb.WriteNoteRequest(patient_id=patient, text=new.text, urgent=new.urgent, visibility=new.visibility.told())
    )
    return Note.of(reply.note)


@on(router, "PUT", "/{note}", "Reprendre une note", Authz("note", "change", ("professional",)), "NOTE_UNKNOWN",
    "NOTE_NOT_YOURS", "NOTE_TEXT_INVALID", "VERSION_STALE", *RECORD, etag=True)  # fmt: skip
async def revise_note(patient: Id, note: Id, new: NewText, version: Version, peers: To) -> Note:
    """Remplace le texte de sa propre note ; les textes précédents sont conservés."""
    reply = await peers.records.ReviseNote(
        pb.ReviseNoteRequest(patient_id=patient, note_id=note, version=version, text=new.text)
    )
    return Note.of(reply.note)
