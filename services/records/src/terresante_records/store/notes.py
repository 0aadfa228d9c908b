"""Liaison notes: each with all its texts, the present one shown."""

from uuid import UUID

from sqlalchemy import and_, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.keys import key_of
from terresante_contents.sealing import MasterKeys, OwnerKey

from terresante_records.domain.entries import PatientId, PersonId, Scope, VersionStale
from terresante_records.domain.notes import Note, NoteId
from terresante_records.store import scope as scopes
from terresante_records.store.entries import Beginning, authorship_of, begun, columns_of, visibility_of
from terresante_records.store.prepared import Prepared, Reads, Row
from terresante_records.store.tables import note, note_text, patient_key

_with_text = note.join(
    note_text,
    and_(
        note_text.c.patient_id == note.c.patient_id,
        note_text.c.note_id == note.c.id,
        note_text.c.version == note.c.version,
    ),
)
_FIND = Prepared(
    select(*note.c, note_text.c.text, patient_key.c.master_key_id, patient_key.c.sealed)
    .select_from(_with_text.join(patient_key, patient_key.c.patient_id == note.c.patient_id))
    .where(note.c.patient_id == scopes.PATIENT, note.c.id == bindparam("id"))
)
_BEGIN = Prepared(scopes.beginning(note))
_shown = and_(note.c.patient_id == scopes.PATIENT, scopes.visible(note.c))
_PAGE = Prepared(
    select(*note.c, note_text.c.text)
    .select_from(_with_text)
    .where(_shown, scopes.before_cursor(note))
    .order_by(note.c.id.desc())
    .limit(scopes.LIMIT)
)
_TOTAL = Prepared(select(func.count().label("total")).select_from(note).where(_shown))


async def find(reads: Reads, masters: MasterKeys, patient: PatientId, id: NoteId) -> tuple[Note, OwnerKey] | None:
    """The note of that id in that patient's record, with the key that opens it."""
    row = await reads.first(_FIND, {"patient": patient, "id": id})
    if row is None:
        return None
    key = key_of(masters, patient, row["master_key_id"], row["sealed"])
    return _note(row, key), key


async def begin(reads: Reads, masters: MasterKeys, patient: PatientId, me: PersonId) -> Beginning:
    """Whether the caller has written notes here, and the key to open them."""
    return await begun(_BEGIN, reads, masters, patient, me)


async def page(
    reads: Reads,
    key: OwnerKey,
    patient: PatientId,
    me: PersonId,
    scope: Scope,
    after: UUID | None,
    limit: int,
) -> list[Note]:
    """Up to `limit` notes that the scope shows, newest first, older than `after`."""
    values = scopes.values_of(scope, patient, me) | {"after": after, "limit": limit}
    return [_note(row, key) for row in await reads.rows(_PAGE, values)]


async def total(reads: Reads, patient: PatientId, me: PersonId, scope: Scope) -> int:
    """How many notes the scope shows."""
    row = await reads.first(_TOTAL, scopes.values_of(scope, patient, me))
    return int(row["total"]) if row else 0


async def add(transaction: AsyncConnection, key: OwnerKey, new: Note) -> None:
    """Keeps a new note and its first text."""
    row = columns_of(new.id, new.patient, new.category, new.written, "written_at", new.visibility, new.version)
    await transaction.execute(insert(note), {**row, "urgent": new.urgent})
    await _add_text(transaction, key, new)


async def revise(transaction: AsyncConnection, key: OwnerKey, new: Note) -> None:
    """Keeps the text of `new` beside the earlier ones. Refuses with VERSION_STALE if it was revised meanwhile."""
    done = await transaction.execute(
        update(note)
        .where(note.c.patient_id == new.patient, note.c.id == new.id, note.c.version == new.version - 1)
        .values(version=new.version, revised_at=new.revised_at)
    )
    if done.rowcount == 0:
        raise VersionStale
    await _add_text(transaction, key, new)


async def _add_text(transaction: AsyncConnection, key: OwnerKey, new: Note) -> None:
    await transaction.execute(
        insert(note_text),
        {
            "patient_id": new.patient,
            "note_id": new.id,
            "version": new.version,
            "text": key.seal(_place(new.version), new.id, new.text.encode()),
        },
    )


def _place(version: int) -> str:
    return f"note_text.text.{version}"


def _note(row: Row, key: OwnerKey) -> Note:
    return Note(
        id=row["id"],
        patient=row["patient_id"],
        category=row["category"],
        text=key.open(_place(row["version"]), row["id"], row["text"]).decode(),
        urgent=row["urgent"],
        written=authorship_of(row, "written_at"),
        visibility=visibility_of(row),
        revised_at=row["revised_at"],
        version=row["version"],
    )
