"""Writing, revising and reading liaison notes."""

from typing import Any

from terresante.records.v1 import records_service_pb2 as pb
from terresante_contents.once import once
from terresante_contents.sealing import OwnerKey
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_records import events
from terresante_records.domain import notes as rules
from terresante_records.domain.entries import PatientId
from terresante_records.domain.notes import Note, NoteId
from terresante_records.rpc.desk import READERS, WRITERS, Desk, authorship, reader
from terresante_records.store import notes
from terresante_records.store.keys import patient_keys
from terresante_records.wire import decisions, parts
from terresante_records.wire import notes as wire


class Notes:
    """All about notes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*WRITERS)
    async def WriteNote(self, request: pb.WriteNoteRequest, _: Any) -> pb.WriteNoteResponse:
        """Adds a note."""
        desk, patient = self._desk, parts.patient(request.patient_id)
        new = Note(
            id=NoteId(new_id()),
            patient=patient,
            category=desk.catalogue.note_category,
            text=rules.check_text(request.text),
            urgent=request.urgent,
            written=authorship(desk.now()),
            visibility=parts.visibility(request.visibility),
        )
        decision = await desk.deciding.may_publish(patient, decisions.NOTES, new.category, new.visibility)
        async with desk.database.reading() as connection:
            key = await patient_keys.get_or_make(connection, desk.masters, patient)
        async with (
            desk.database.transaction() as transaction,
            once(transaction, key, patient, request, pb.WriteNoteResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            await notes.add(transaction, key, new)
            await events.note_written(transaction, new, decision)
            return use.keep(pb.WriteNoteResponse(note=wire.note_to_proto(new)))

    @allow(*WRITERS)
    async def ReviseNote(self, request: pb.ReviseNoteRequest, _: Any) -> pb.ReviseNoteResponse:
        """Gives one's own note another text; the earlier ones are kept."""
        desk, who = self._desk, reader()
        note, key = await self._own_note(parts.patient(request.patient_id), wire.note_id(request.note_id))
        revised = rules.revised(note, request.text, who.id, request.version, desk.now())
        async with desk.database.transaction() as transaction:
            await notes.revise(transaction, key, revised)
        return pb.ReviseNoteResponse(note=wire.note_to_proto(revised))

    @allow(*READERS)
    async def ListNotes(self, request: pb.ListNotesRequest, _: Any) -> pb.ListNotesResponse:
        """A page of notes, filtered inside the query by what was decided."""
        desk, patient, who = self._desk, parts.patient(request.patient_id), reader()
        size, after = parts.limit(request.limit), parts.cursor(request.cursor)
        beginning = await notes.begin(desk.reads, desk.masters, patient, who.id)
        scope = await desk.deciding.scope(patient, decisions.NOTES, beginning.has_written)
        key = beginning.key
        if key is None:
            return pb.ListNotesResponse()
        found = await notes.page(desk.reads, key, patient, who.id, scope, after, size + 1)
        total = await notes.total(desk.reads, patient, who.id, scope) if request.with_total else 0
        shown, cursor = parts.next_cursor([note.id for note in found], size)
        return pb.ListNotesResponse(
            notes=[wire.note_to_proto(note) for note in found[:shown]], next_cursor=cursor, total=total
        )

    async def _own_note(self, patient: PatientId, id: NoteId) -> tuple[Note, OwnerKey]:
        """The note, if the caller is its author and may change it."""
        desk = self._desk
        found = await notes.find(desk.reads, desk.masters, patient, id)
        if found is None:
            raise await desk.deciding.unknown(patient, decisions.NOTES, rules.NoteUnknown)
        note, key = found
        about = decisions.about_note(note)
        if note.written.author != reader().id:
            raise await desk.deciding.change_refused(about, rules.NoteUnknown, rules.NoteNotYours)
        await desk.deciding.may_change_own(about)
        return note, key
