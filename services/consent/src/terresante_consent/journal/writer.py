"""How entries are kept: before any answer leaves, and many at once.

Decisions share commits: whatever arrived during the last flush is the next batch (one statement, one commit), written
behind the tail as this process remembers it. Batches are numbered without gap by a primary key, so that if another
process wrote meanwhile the statement fails; the batch is then written in turn, alone. An act that changes something
adds its entry in its own transaction, in turn too. Turns are an advisory lock: no row is ever updated, and the run-time
role needs no right but to read and to add.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import is_driver_away
from terresante_platform.group import Group

from terresante_consent.journal import merkle
from terresante_consent.journal.chain import Head, Signer, head_of
from terresante_consent.journal.leaf import FIRST_PREVIOUS, Record, encoded
from terresante_consent.store.line import Line, driver_of, unavailable

REMEMBERED_PATIENTS = 20_000
ALONE_AFTER = 200
"""So many flushes without another writer, and the tail is no longer read before each."""

_TURN = "select pg_advisory_xact_lock(1, 0)"
"""Waits for those who write, and makes all others wait until the end of the transaction."""
_TAIL = "select head, signature from journal_batch order by number desc limit 1"
_PATIENT_TAILS = """
select p.id, e.patient_sequence, e.leaf from unnest($1::uuid[]) as p(id)
cross join lateral (
    select patient_sequence, leaf from journal_entry where patient_id = p.id order by patient_sequence desc limit 1
) e
"""
_ADD = """
with turn as materialized (select pg_advisory_xact_lock_shared(1, 0)),
batch as (
    insert into journal_batch (number, head, signature, leaves)
    select $1::bigint, $2::bytea, $3::bytea, $4::bytea from turn
    returning number
)
insert into journal_entry (entry_id, batch, position, patient_id, patient_sequence, actor_id, leaf)
select e.id, batch.number, e.place - 1, e.patient, e.sequence, e.actor, e.leaf
from batch, unnest($5::uuid[], $6::uuid[], $7::bigint[], $8::uuid[], $9::bytea[])
    with ordinality as e(id, patient, sequence, actor, leaf, place)
"""


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

    async def read_head(self, driver: Any) -> None:
        """Reads the last head. If it is not the one we knew, what we knew of patients counts no more."""
        row = await driver.fetchrow(_TAIL)
        head = head_of(row["head"], row["signature"]) if row else None
        if not (self.known and head == self.head):
            self.patients.clear()
        self.head, self.known = head, True

    async def read_patients(self, driver: Any, records: Sequence[Record]) -> None:
        """Reads the last entries of those patients that we don't remember."""
        unknown = {r.patient for r in records if r.patient is not None and r.patient not in self.patients}
        if not unknown:
            return
        self.patients.update(dict.fromkeys(unknown, _NO_ENTRY))
        for row in await driver.fetch(_PATIENT_TAILS, list(unknown)):
            self.patients[row["id"]] = _PatientTail(row["patient_sequence"], merkle.leaf_hash(row["leaf"]))

    def follow(self, batch: "_Batch") -> None:
        """The batch is durable: the next one is linked to it."""
        self.head = batch.head
        self.patients.update(batch.patients)
        while len(self.patients) > REMEMBERED_PATIENTS:
            self.patients.pop(next(iter(self.patients)))


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
        self._ours: Head | None = None
        """The last head that this process wrote."""
        self._alone = True
        self._undisturbed = 0

    async def keep(self, records: Sequence[Record]) -> None:
        """Returns when the entries are durable. Raises `DatabaseUnavailable`: then nothing may be answered."""
        if records:
            await self._group.keep(records)

    async def append(self, transaction: AsyncConnection, records: Sequence[Record]) -> None:
        """Adds entries in the transaction of a change that has begun; the last thing before its commit. Raises
        `DatabaseUnavailable`."""
        try:
            await self._in_turn(await driver_of(transaction), records, _Tails())
        except Exception as fault:
            if not is_driver_away(fault):
                raise
            raise unavailable() from fault
        self._tails.known = False

    async def _flush(self, asked: Sequence[Sequence[Record]]) -> Sequence[None]:
        records = [record for some in asked for record in some]
        await self._line.run(lambda driver: self._write(driver, records))
        return [None] * len(asked)

    async def _write(self, driver: Any, records: Sequence[Record]) -> None:
        """Hoping that nobody wrote since; else in turn."""
        try:
            if not (self._alone and self._tails.known):
                await self._tails.read_head(driver)
                self._watch(self._tails.head)
            try:
                batch = await self._behind(driver, records, self._tails)
            except asyncpg.UniqueViolationError:
                self._tails.forget()
                async with driver.transaction():
                    batch = await self._in_turn(driver, records, self._tails)
        except BaseException:
            self._tails.forget()
            raise
        self._tails.follow(batch)

    async def _in_turn(self, driver: Any, records: Sequence[Record], tails: _Tails) -> _Batch:
        """In a transaction: nobody else writes until it ends."""
        await driver.execute(_TURN)
        await tails.read_head(driver)
        self._watch(tails.head)
        return await self._behind(driver, records, tails)

    async def _behind(self, driver: Any, records: Sequence[Record], tails: _Tails) -> _Batch:
        await tails.read_patients(driver, records)
        batch = _Batch(records, tails, self._signer)
        await batch.add(driver)
        self._ours = batch.head
        return batch

    def _watch(self, head: Head | None) -> None:
        """Notes whether somebody else writes too."""
        self._undisturbed = self._undisturbed + 1 if head == self._ours else 0
        self._alone = self._undisturbed > 0 and (self._alone or self._undisturbed >= ALONE_AFTER)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Journal"]:
        """Writes until left; what waits then is still written."""
        async with self._group.running():
            yield self
