"""What a patient takes home: their entries with proofs, as one canonical JSON text. The format is docs/journal.md."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_consent.domain.sentences import sentence
from terresante_consent.domain.vocabulary import Basis
from terresante_consent.journal import merkle, reading
from terresante_consent.journal.chain import Head, Signer, raw
from terresante_consent.journal.leaf import decoded, written

FORMAT = "terresante-journal-export/1"
CHUNK_BYTES = 48 * 1024


async def export(
    connection: AsyncConnection, patient: UUID, reader: Basis, signer: Signer, at: datetime
) -> AsyncIterator[bytes]:
    """The text in chunks. Keys are sorted throughout, so that the same journal gives the same text."""
    last = await reading.last(connection)
    waiting = bytearray(b'{"entries":[')
    heads: dict[int, Head] = {last.head.number: last.head} if last else {}
    first = True
    async for page in reading.of_patient(connection, patient):
        batches = await reading.batches(connection, sorted({entry.batch for entry in page}))
        heads |= {number: batch.head for number, batch in batches.items()}
        for entry in page:
            waiting += b"" if first else b","
            waiting += _canonical(_entry(entry, batches[entry.batch], reader))
            first = False
            if len(waiting) >= CHUNK_BYTES:
                yield bytes(waiting)
                waiting.clear()
    waiting += b'],"exported_at":' + _canonical(written(at)) + b',"format":' + _canonical(FORMAT)
    waiting += b',"heads":' + _canonical([_head(heads[number]) for number in sorted(heads)])
    waiting += b',"keys":' + _canonical({signer.id: raw(signer.public).hex()})
    waiting += b',"patient":' + _canonical(str(patient)) + b"}"
    for start in range(0, len(waiting), CHUNK_BYTES):
        yield bytes(waiting[start : start + CHUNK_BYTES])


def _entry(kept: reading.KeptEntry, batch: reading.Batch, reader: Basis) -> dict[str, Any]:
    said = decoded(kept.leaf)
    shown: dict[str, Any] = {
        "batch": kept.batch,
        "position": kept.position,
        "proof": [step.hex() for step in merkle.inclusion(batch.leaves, kept.position)],
    }
    if reading.withheld(said.facts, reader):
        return {**shown, "leaf_hash": merkle.leaf_hash(kept.leaf).hex(), "patient_sequence": kept.patient_sequence}
    return {
        **shown,
        "leaf": orjson.loads(kept.leaf),
        "sentence": sentence(said.question.action, said.basis, said.reasons),
    }


def _head(head: Head) -> dict[str, Any]:
    return {"head": orjson.loads(head.text), "signature": head.signature.hex()}


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
