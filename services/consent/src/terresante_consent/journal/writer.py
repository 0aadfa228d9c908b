"""How entries are kept: before any answer leaves, and many at once.

Decisions share commits: whatever arrived during the last flush is the next batch (one statement, one commit). An act
that changes something adds its entry in its own transaction. Batches are numbered without gap by a primary key, so
that of two processes that write at the same moment one is told to try again behind the other: no lock is held, no row
is ever updated, and the run-time role needs no right but to read and to add.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.group import Group
from terresante_platform.refusals import Unavailable

from terresante_consent.journal import merkle
from terresante_consent.journal.chain import Head, Signer, head_of
from terresante_consent.journal.leaf import FIRST_PREVIOUS, Record, encoded
from terresante_consent.store.line import Line, driver_of

TRIES = 40
REMEMBERED_PATIENTS = 20_000
ALONE_AFTER = 200
"""So many flushes without another writer, and the tail is no longer read before each."""

_TAIL = "select head, signature from journal_batch order by number desc limit 1"
_PATIENT_TAILS = """
select p.id, e.patient_sequence, e.leaf from unnest($1::uuid[]) as p(id)
cross join lateral (
    select patient_sequence, leaf from journal_entry where patient_id = p.id order by patient_sequence desc limit 1
) e
"""
_ADD = """
with batch as (insert into journal_batch (number, head, signature, leaves) values ($1, $2, $3, $4))
insert into journal_entry (entry_id, batch, position, patient_id, patient_sequence, actor_id, leaf)
select e.id, $1, e.place - 1, e.patient, e.sequence, e.actor, e.leaf
from unnest($5::uuid[], $6::uuid[], $7::bigint[], $8::uuid[], $9::bytea[])
    with ordinality as e(id, patient, sequence, actor, leaf, place)
"""


class JournalBusy(Unavailable):
    """Others wrote each time we tried: nothing was decided."""

    reason = "JOURNAL_BUSY"


@dataclass(frozen=True, slots=True)
class _PatientTail:
    sequence: int
    hash: bytes


_NO_ENTRY = _PatientTail(0, FIRST_PREVIOUS)


class _Tails:
    """What the next batch is linked to: the last head, and the last entry of each patient in it."""

    def __init__(self) -> None:
        self.head: Head | None = None
        self.known = False
        self.patients: dict[UUID, _PatientTail] = {}

    def forget(self) -> None:
        self.known = False
        self.patients.clear()

    async def read_head(self, driver: Any) -> bool:
        """Reads the last head. Gives whether it is still the one we knew."""
        row = await driver.fetchrow(_TAIL)
        head = head_of(row["head"], row["signature"]) if row else None
        same = self.known and head == self.head
        if not same:
            self.patients.clear()
        self.head, self.known = head, True
        return same

    async def read_patients(self, driver: Any, records: Sequence[Record]) -> None:
        """Reads the last entries of those patients that we don't remember."""
        unknown = {r.patient for r in records if r.patient is not None and r.patient not in self.patients}
        if not unknown:
            return
        self.patients.update(dict.fromkeys(unknown, _NO_ENTRY))
        for row in await driver.fetch(_PATIENT_TAILS, list(unknown)):
            self.patients[row["id"]] = _PatientTail(row["patient_sequence"], merkle.leaf_hash(row["leaf"]))


class _Batch:
    """Entries with their places, and the head over them."""

    def __init__(self, records: Sequence[Record], tails: _Tails, signer: Signer) -> None:
        self.patients: dict[UUID, _PatientTail] = {}
        self.sequences: list[int | None] = []
        self.leaves: list[bytes] = []
        hashes = []
        for record in records:
            before = _NO_ENTRY
            if record.patient is not None:
                before = self.patients.get(record.patient) or tails.patients[record.patient]
            sequence = before.sequence + 1
            leaf = encoded(record, sequence, before.hash)
            hashes.append(merkle.leaf_hash(leaf))
            self.leaves.append(leaf)
            self.sequences.append(None if record.patient is None else sequence)
            if record.patient is not None:
                self.patients[record.patient] = _PatientTail(sequence, hashes[-1])
        self.hashes = b"".join(hashes)
        self.head = signer.sign(tails.head, merkle.root(hashes), len(records), records[-1].at)
        self._records = records

    async def add(self, driver: Any) -> None:
        """One statement. Raises UniqueViolationError if another batch took the place."""
        await driver.execute(
            _ADD,
            self.head.number,
            self.head.text,
            self.head.signature,
            self.hashes,
            [record.id for record in self._records],
            [record.patient for record in self._records],
            self.sequences,
            [record.actor for record in self._records],
            self.leaves,
        )


class Journal:
    """Where decisions and acts are written down."""

    def __init__(self, line: Line, signer: Signer) -> None:
        self._line = line
        self._signer = signer
        self._group: Group[Sequence[Record], None] = Group(self._flush)
        self._tails = _Tails()
        self._alone = True
        self._undisturbed = 0
        self._appended = False

    async def keep(self, records: Sequence[Record]) -> None:
        """Returns when the entries are durable. Raises `DatabaseUnavailable` or `JournalBusy`: then nothing may be
        answered."""
        if records:
            await self._group.keep(records)

    async def append(self, transaction: AsyncConnection, records: Sequence[Record]) -> None:
        """Adds entries in the transaction of a change that has begun; the last thing before its commit."""
        driver = await driver_of(transaction)
        tails = _Tails()
        self._appended = True
        for _ in range(TRIES):
            await tails.read_head(driver)
            await tails.read_patients(driver, records)
            try:
                async with driver.transaction():
                    await _Batch(records, tails, self._signer).add(driver)
            except asyncpg.UniqueViolationError:
                tails.forget()
                continue
            return
        raise _busy()

    async def _flush(self, asked: Sequence[Sequence[Record]]) -> Sequence[None]:
        records = [record for some in asked for record in some]
        await self._line.run(lambda driver: self._write(driver, records))
        return [None] * len(asked)

    async def _write(self, driver: Any, records: Sequence[Record]) -> None:
        for _ in range(TRIES):
            batch = await self._tried(driver, records)
            if batch is not None:
                self._tails.head = batch.head
                self._tails.patients.update(batch.patients)
                while len(self._tails.patients) > REMEMBERED_PATIENTS:
                    self._tails.patients.pop(next(iter(self._tails.patients)))
                return
        raise _busy()

    async def _tried(self, driver: Any, records: Sequence[Record]) -> _Batch | None:
        """Writes a batch behind the tail as we know it; None if another had taken the place."""
        try:
            if not (self._alone and self._tails.known):
                same = await self._tails.read_head(driver)
                self._undisturbed = self._undisturbed + 1 if same else 0
                self._alone = self._undisturbed >= ALONE_AFTER or self._alone
            await self._tails.read_patients(driver, records)
            batch = _Batch(records, self._tails, self._signer)
            await batch.add(driver)
        except asyncpg.UniqueViolationError:
            self._tails.forget()
            if not self._appended:
                self._alone, self._undisturbed = False, 0
            self._appended = False
            return None
        except BaseException:
            self._tails.forget()
            raise
        return batch

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Journal"]:
        """Writes until left; what waits then is still written."""
        async with self._group.running():
            yield self


def _busy() -> JournalBusy:
    return JournalBusy(
        "Le journal des accès est très sollicité ; rien n'a été fait ni montré.", "Réessayez dans quelques instants."
    )
