"""How entries are read: a page of a patient's, one of them, and a whole batch's worth of proof."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_consent.domain.facts import Facts
from terresante_consent.domain.vocabulary import Basis
from terresante_consent.journal.chain import Head, head_of
from terresante_consent.journal.leaf import Entry, decoded
from terresante_consent.journal.merkle import HASH_BYTES

PAGE = 500

_PAGE_OF = text(
    "select leaf from journal_entry where patient_id = :patient and patient_sequence < :before"
    " and (cast(:actor as uuid) is null or actor_id = :actor) order by patient_sequence desc limit :limit"
)
_ONE = text("select leaf from journal_entry where patient_id = :patient and entry_id = :entry")
_KEPT = text(
    "select batch, position, leaf, patient_sequence from journal_entry"
    " where patient_id = :patient and patient_sequence > :after order by patient_sequence limit :limit"
)
_BATCHES = text("select head, signature, leaves from journal_batch where number = any(:numbers)")
_LAST = text("select head, signature, leaves from journal_batch order by number desc limit 1")


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """An entry with its place in the tree."""

    batch: int
    position: int
    patient_sequence: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch's head and the hashes of all its leaves."""

    head: Head
    leaves: Sequence[bytes]


async def page(
    connection: AsyncConnection, patient: UUID, before: int, limit: int, actor: UUID | None = None
) -> list[Entry]:
    """A patient's entries below that sequence number, newest first; only one actor's if named."""
    found = await connection.execute(_PAGE_OF, {"patient": patient, "before": before, "limit": limit, "actor": actor})
    return [decoded(row.leaf) for row in found]


async def one(connection: AsyncConnection, patient: UUID, entry: UUID) -> Entry | None:
    """One entry of a patient."""
    row = (await connection.execute(_ONE, {"patient": patient, "entry": entry})).first()
    return decoded(row.leaf) if row else None


async def of_patient(connection: AsyncConnection, patient: UUID) -> AsyncIterator[list[KeptEntry]]:
    """All entries of a patient in order, page by page."""
    after = 0
    while True:
        rows = (await connection.execute(_KEPT, {"patient": patient, "after": after, "limit": PAGE})).all()
        if not rows:
            return
        yield [KeptEntry(row.batch, row.position, row.patient_sequence, row.leaf) for row in rows]
        after = rows[-1].patient_sequence


async def batches(connection: AsyncConnection, numbers: Sequence[int]) -> dict[int, Batch]:
    """Batches by number."""
    found = await connection.execute(_BATCHES, {"numbers": list(numbers)})
    made = [_batch(row) for row in found]
    return {batch.head.number: batch for batch in made}


async def last(connection: AsyncConnection) -> Batch | None:
    """The latest batch; None while the journal is empty."""
    row = (await connection.execute(_LAST)).first()
    return _batch(row) if row else None


def _batch(row: Any) -> Batch:
    hashes: bytes = row.leaves
    return Batch(
        head_of(row.head, row.signature), [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
    )


def withheld(facts: Facts, reader: Basis | None) -> bool:
    """Whether an entry is about something hidden from who reads the journal: then what it was stays untold (R-DMP7)."""
    if reader is Basis.PATIENT:
        return facts.hidden_from_patient
    if reader is Basis.REPRESENTATIVE:
        return facts.hidden_from_patient or facts.hidden_from_representatives
    return False
