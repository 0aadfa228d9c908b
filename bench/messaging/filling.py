"""Messages stored before anything is measured, as the service would have written them over a year.

Threads take turns, so that the messages of one lie apart on the disk as real ones do. Of the threads that are read
every body is sealed with their patient's real key; of the others it is as long, and opens for nobody.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from os import urandom
from typing import Any
from uuid import UUID

import asyncpg
from terresante_contents.sealing import OwnerKey, new_owner_secret, read_master_keys
from terresante_messaging.store.bodies import sealed_body

from bench.messaging import ids
from bench.messaging.ground import Ground

READ = 1_000
"""Threads that are read: of the patients whose circles consent knows."""
TURN = 7_919
"""A prime: thread number g * TURN modulo their number takes its turn at message g."""
YEAR = timedelta(days=360)
WORDS = "Bonjour, pansement refait ce matin, plaie propre, pas de fièvre ; je repasse jeudi à la même heure. Merci. "
TABLES = "message, message_text, item_act, thread, thread_member, mark, mark_step, owner_key, log_entry, log_reader, "
TABLES += "notification, audience, outbox, inbox, mail, mail_line, escalation"


@dataclass(frozen=True, slots=True)
class Fill:
    """So many threads of so many messages each, the first at `start` (milliseconds since 1970), over a year."""

    threads: int
    each: int
    start: int

    @property
    def messages(self) -> int:
        return self.threads * self.each

    def moment(self, number: int) -> int:
        """Milliseconds at which message `number` was sent."""
        return self.start + number * _milliseconds(YEAR) // self.messages

    @property
    def newest(self) -> datetime:
        """When the last message was sent."""
        return _moment(self.moment(self.messages - 1))

    def message(self, thread: int, place: int) -> int:
        """Number of the message at that place of a thread (from 1)."""
        return (place - 1) * self.threads + thread * pow(TURN, -1, self.threads) % self.threads

    def id(self, number: int) -> UUID:
        digest = md5(f"message{number}".encode(), usedforsecurity=False).hexdigest()
        return UUID(f"{self.moment(number):012x}7{digest[:3]}8{digest[3:18]}")


SMALL, LARGE = (1_000, 100), (50_000, 200)
"""Threads and messages in each: 100,000 and 10,000,000."""
THREADS = """
insert into thread (id, kind, retention, patient_id, with_patient, hidden_from_patient, hidden_from_representatives,
    opened_by_realm, opened_by_id, opened_at, version, last_place, last_at)
select md5('thread' || n)::uuid, 'CIRCLE', 'patient', md5('patient' || n)::uuid, false, false, false,
    'professional', md5('professional' || n % 1000)::uuid, $2::timestamptz - interval '1 hour', 1, $3, $4::timestamptz
from generate_series(0, $1::int - 1) n
"""
MESSAGES = f"""
insert into message (id, retention, thread_id, place, author_realm, author_id, sent_at, body, urgent,
    mentioned_professionals, mentioned_persons, attachments, item, origin, version)
select (lpad(to_hex(g.ms), 12, '0') || '7' || substr(g.digest, 1, 3) || '8' || substr(g.digest, 4, 15))::uuid, 'patient',
    md5('thread' || g.n)::uuid, g.place, 'professional', md5('professional' || (g.n - g.place % 4 + 1000) % 1000)::uuid,
    to_timestamp(g.ms / 1000.0), coalesce(b.body, $5::bytea), false, '{{}}', '{{}}', 0, false, '', 1
from (
    select g * {TURN} % $1::bigint as n, g / $1::bigint + 1 as place, md5('message' || g) as digest,
        $4::bigint + g * {int(YEAR.total_seconds() * 1000)} / ($1::bigint * $6::bigint) as ms
    from generate_series($2::bigint, $3::bigint) g
) g left join bench_body b on b.n = g.n and b.place = g.place
"""  # noqa: S608  # only our own words are put together
AT_ONCE = 500_000


async def filled(ground: Ground, size: tuple[int, int]) -> Fill:
    """What is stored; made anew unless this very size is there."""
    file = ground.folder / "fill.json"
    kept = Fill(**json.loads(file.read_text())) if file.exists() else None
    if kept and (kept.threads, kept.each) == size:
        return kept
    file.unlink(missing_ok=True)
    begin = datetime.now(UTC) - YEAR - timedelta(days=1)
    fill = Fill(*size, int(begin.timestamp() * 1000))
    began = time.monotonic()
    connection = await asyncpg.connect(ground.url("messaging"))
    try:
        await _fill(connection, ground, fill)
    finally:
        await connection.close()
    file.write_text(json.dumps(asdict(fill)))
    print(f"  {fill.messages} messages stored in {time.monotonic() - began:.0f} s", flush=True)
    return fill


async def _fill(connection: Any, ground: Ground, fill: Fill) -> None:
    await connection.execute(f"truncate {TABLES}")
    begun, ended = _moment(fill.start), fill.newest
    await connection.execute("select make_partitions(array['patient', 'direct', 'team'], $1::date, 19)", begun.date())
    await connection.execute(THREADS, fill.threads, begun, fill.each, ended)
    await connection.execute(
        "create temp table bench_body (n bigint, place bigint, body bytea, primary key (n, place))"
    )
    keys = _keys(ground, fill)
    await connection.copy_records_to_table(
        "owner_key", columns=["owner_id", "master_key_id", "sealed"], records=[row for _, row in keys]
    )
    await connection.copy_records_to_table("bench_body", records=_bodies(fill, [key for key, _ in keys[:READ]]))
    await connection.execute("analyze bench_body")
    await connection.execute("set synchronous_commit = off")
    blind = urandom(len(WORDS.encode()) + 60)
    for first in range(0, fill.messages, AT_ONCE):
        last = min(first + AT_ONCE, fill.messages) - 1
        await connection.execute(MESSAGES, fill.threads, first, last, fill.start, blind, fill.each)
    await connection.execute("vacuum analyze")


def _keys(ground: Ground, fill: Fill) -> list[tuple[OwnerKey, tuple[UUID, str, bytes]]]:
    masters = read_master_keys((ground.folder / "secrets" / "messaging.master.key").read_text())
    made = []
    for number in range(fill.threads):
        secret, owner = new_owner_secret(), ids.patient(number)
        wrapped = masters.wrap(owner, secret)
        made.append((OwnerKey(secret), (owner, wrapped.master_key_id, wrapped.sealed)))
    return made


def _bodies(fill: Fill, keys: list[OwnerKey]) -> Iterator[tuple[int, int, bytes]]:
    for thread, key in enumerate(keys):
        for place in range(1, fill.each + 1):
            id = fill.id(fill.message(thread, place))
            yield thread, place, sealed_body(key, id, WORDS[: 30 + place % 75], None)


def _milliseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
