"""`python -m terresante_consent.journal.check`: whether the whole journal is sound; if not, the first bad row by name.

TERRESANTE_CONSENT_DATABASE_URL       the database (any role that may read the journal)
TERRESANTE_CONSENT_JOURNAL_KEY_FILE   the key, private or public (PEM); or --key FILE, which may be given several times
--checkpoint FILE                     where the last sound end was noted: finds a tail that was cut off, and everything
                                      written anew from some row on; noted again when all is sound
Ends with 0 if sound, 1 if not, 2 if it cannot be told.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from terresante_consent.journal.chain import GENESIS, Head, public_keys, signed_by
from terresante_consent.journal.merkle import HASH_BYTES, leaf_hash, root

FETCHED = 5_000
_HEADS = "select number, head, signature, leaves from journal_batch order by number"
_ENTRIES = """
select batch, position, entry_id::text, patient_id::text, patient_sequence, actor_id::text, leaf
from journal_entry order by batch, position
"""


class Unsound(Exception):
    """The journal is not what was written. Its text names the first bad row."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A sound end of the journal that somebody keeps elsewhere."""

    batch: int
    hash: str
    total: int


@dataclass(slots=True)
class Checker:
    """Follows the journal from its first row, batch by batch."""

    keys: Mapping[str, Ed25519PublicKey]
    checkpoint: Checkpoint | None = None
    number: int = 0
    total: int = 0
    last: Head | None = None
    _previous: bytes = GENESIS
    _key: str = ""
    _patients: dict[str, tuple[int, str]] = field(default_factory=dict)

    async def follow(self, connection: Any) -> None:
        """Reads and checks everything (`connection`: an asyncpg connection in a transaction). Raises `Unsound`."""
        async with aclosing(_by_batch(connection)) as entries:
            ahead = await anext(entries, None)
            async for row in connection.cursor(_HEADS, prefetch=FETCHED):
                mine: list[Any] = []
                if ahead is not None and ahead[0] < row[0]:
                    break
                if ahead is not None and ahead[0] == row[0]:
                    mine, ahead = ahead[1], await anext(entries, None)
                self.batch(row, mine)
        if ahead is not None:
            stray = ahead[1][0]
            raise Unsound(f"entry {stray[2]} (batch {stray[0]}, position {stray[1]}) belongs to no batch")
        self.end()

    def batch(self, row: Sequence[Any], entries: Sequence[Sequence[Any]]) -> None:
        """Checks the next batch. Raises `Unsound`."""
        number, text, signature, leaves = row
        self.number += 1
        if number != self.number:
            raise Unsound(f"batch {self.number} is missing (batch {number} stands in its place)")
        head, said = _head(number, text, signature)
        if said["previous"] != self._previous.hex():
            raise Unsound(f"batch {number} does not follow the batch before it: one of the two was changed or replaced")
        self.total += said["entries"]
        if (said["batch"], said["total"]) != (number, self.total):
            raise Unsound(f"batch {number}: its head speaks of another place")
        if said["key"] != self._key:
            self._signed(self.last)
            self._key = said["key"]
            self._signed(head)
        hashes = [leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)]
        if len(hashes) != said["entries"] or root(hashes).hex() != said["root"]:
            raise Unsound(f"batch {number}: its leaves are not those that were signed")
        self._entries(number, hashes, entries)
        self._previous, self.last = head.hash, head
        if self.checkpoint and number == self.checkpoint.batch and head.hash.hex() != self.checkpoint.hash:
            raise Unsound(f"batch {number} is not the one of the checkpoint: rewritten from batch {number} or before")

    def end(self) -> None:
        """Checks that nothing is missing at the end. Raises `Unsound`."""
        self._signed(self.last)
        if self.checkpoint and self.number < self.checkpoint.batch:
            raise Unsound(
                f"batch {self.number + 1} is missing: the end was cut off (checkpoint: {self.checkpoint.batch})"
            )

    def _signed(self, head: Head | None) -> None:
        if head is not None and not signed_by(head, dict(self.keys)):
            raise Unsound(f"batch {head.number}: its signature is not that of a known key")

    def _entries(self, number: int, hashes: Sequence[bytes], entries: Sequence[Sequence[Any]]) -> None:
        for at, expected in enumerate(hashes):
            if at >= len(entries) or entries[at][1] != at:
                raise Unsound(_displaced(number, at, entries))
            entry = entries[at]
            if leaf_hash(entry[6]) != expected:
                moved = leaf_hash(entry[6]) in hashes
                raise Unsound(f"entry {entry[2]} (batch {number}, position {at}) was {'moved' if moved else 'changed'}")
            self._columns(number, entry, expected)
        if len(entries) > len(hashes):
            extra = entries[len(hashes)]
            raise Unsound(f"entry {extra[2]} (batch {number}, position {extra[1]}) was added")

    def _columns(self, number: int, entry: Sequence[Any], hash: bytes) -> None:
        said = orjson.loads(entry[6])
        patient, sequence = entry[3], entry[4]
        told = (said["entry"], said.get("patient"), said.get("patient_sequence"), said["actor"])
        if told != (entry[2], patient, sequence, entry[5]):
            raise Unsound(f"entry {entry[2]} (batch {number}, position {entry[1]}): a column was changed")
        if patient is not None:
            before = self._patients.get(patient, (0, ""))
            if (sequence, said["patient_previous"]) != (before[0] + 1, before[1]):
                raise Unsound(
                    f"entry {entry[2]} (batch {number}, position {entry[1]}) does not follow the patient's last"
                )
            self._patients[patient] = (sequence, hash.hex())


def _head(number: int, text: bytes, signature: bytes) -> tuple[Head, dict[str, Any]]:
    try:
        said: dict[str, Any] = orjson.loads(text)
        if not {"previous", "entries", "batch", "total", "key", "root"} <= said.keys():
            raise Unsound(f"batch {number}: its head was changed")
    except orjson.JSONDecodeError:
        raise Unsound(f"batch {number}: its head was changed") from None
    return Head(number, said["total"], text, signature), said


def _displaced(number: int, at: int, entries: Sequence[Sequence[Any]]) -> str:
    found = entries[at] if at < len(entries) else None
    if found is not None and found[1] < 0:
        return f"entry {found[2]} (batch {number}, position {found[1]}) was added"
    return f"the entry at batch {number}, position {at} is missing"


async def check(database_url: str, checker: Checker) -> None:
    """Reads the whole journal, in one snapshot. Raises `Unsound`."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await checker.follow(connection)
    finally:
        await connection.close()


async def _by_batch(connection: Any) -> AsyncGenerator[tuple[int, list[Any]], None]:
    """Entries grouped by their batch, in order."""
    cursor = await connection.cursor(_ENTRIES)
    number: int | None = None
    together: list[Any] = []
    while rows := await cursor.fetch(FETCHED):
        for row in rows:
            if row[0] != number:
                if number is not None:
                    yield number, together
                number, together = row[0], []
            together.append(row)
    if number is not None:
        yield number, together


def _noted(file: Path) -> Checkpoint | None:
    if not file.exists():
        return None
    said = orjson.loads(file.read_bytes())
    return Checkpoint(said["batch"], said["hash"], said["total"])


def _note(file: Path, head: Head | None) -> None:
    if head is None:
        return
    said = {"batch": head.number, "hash": head.hash.hex(), "total": head.total}
    new = file.with_suffix(".new")
    new.write_bytes(orjson.dumps(said, option=orjson.OPT_SORT_KEYS) + b"\n")
    new.replace(file)


def _key_files(given: Sequence[Path]) -> Iterator[Path]:
    yield from given
    configured = os.environ.get("TERRESANTE_CONSENT_JOURNAL_KEY_FILE")
    if configured:
        yield Path(configured)


def main() -> int:
    """Checks and says so."""
    ask = argparse.ArgumentParser(description="Checks the access journal")
    ask.add_argument("--key", type=Path, action="append", default=[])
    ask.add_argument("--checkpoint", type=Path)
    given = ask.parse_args()
    url = os.environ.get("TERRESANTE_CONSENT_DATABASE_URL")
    keys = public_keys(*_key_files(given.key))
    if not url or not keys:
        sys.stderr.write("set TERRESANTE_CONSENT_DATABASE_URL, and name a key\n")
        return 2
    checker = Checker(keys, _noted(given.checkpoint) if given.checkpoint else None)
    try:
        asyncio.run(check(url, checker))
    except Unsound as found:
        sys.stdout.write(f"UNSOUND: {found}\n")
        return 1
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
        sys.stderr.write(f"the journal cannot be read: {type(fault).__name__}\n")
        return 2
    if given.checkpoint:
        _note(given.checkpoint, checker.last)
    sys.stdout.write(f"sound: {checker.total} entries in {checker.number} batches\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
