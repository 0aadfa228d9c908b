"""Many patients at once, written with COPY into the tables of consent and records, not through the API.

A hundred thousand acts through the public doors would take an hour. What is written is what the services' own code
writes: keys, sealed fields and marks are made by records' `sealing`, columns are those of the stores' `tables`; the
scenarios then read it all through the gateway, so a difference shows. Left out, because no scenario reads it: the
identities of these patients, the contents of their documents, and journal entries about their consents.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from terresante_contents.sealing import MasterKeys, OwnerKey, new_owner_secret, read_master_keys
from terresante_platform.ids import new_id

NOTICE = "bench"
"""Version of the notice in their consents: how they are told from real ones."""
TITLE = "Bilan biologique de suivi"
DOCUMENTS, LONG_RECORD, LONG_EVERY, OBSERVATIONS = 6, 60, 40, 2
"""Documents of a patient; of one patient in 40; observations of each."""
BATCH = 1000
FLAGS = {f"hidden_from_{whom}": False for whom in ("professionals", "patient", "representatives")}


@dataclass(frozen=True, slots=True)
class Author:
    """Who follows all these patients and wrote everything: a professional of the sandbox, from a place of theirs."""

    id: UUID
    place: UUID


@dataclass
class Rows:
    """Rows by table, as COPY takes them."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **columns: Any) -> None:
        self.tables.setdefault(table, []).append(columns)

    async def copy(self, url: str) -> None:
        """Writes everything in one transaction."""
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                for table, rows in self.tables.items():
                    await connection.copy_records_to_table(
                        table, columns=list(rows[0]), records=[tuple(row.values()) for row in rows]
                    )
        finally:
            await connection.close()


def grow(told: dict[str, Any], authors: Sequence[Author], patients: int) -> int:
    """Makes patients until there are that many; gives how many were made. `authors`: all are in every circle."""
    masters = read_master_keys((Path(told["folder"]) / "secrets" / "records.master.key").read_text())
    return asyncio.run(_grow(told["databases"], masters, authors, patients))


def seeded(told: dict[str, Any]) -> int:
    """How many there are."""

    async def count() -> int:
        return int(await _value(told["databases"]["consent"]["url"], COUNT))

    return asyncio.run(count())


COUNT = f"SELECT count(*) FROM consent WHERE notice_version = '{NOTICE}'"  # noqa: S608


async def _grow(databases: dict[str, Any], masters: MasterKeys, authors: Sequence[Author], wanted: int) -> int:
    there = int(await _value(databases["consent"]["url"], COUNT))
    for start in range(there, wanted, BATCH):
        sharing, record = Rows(), Rows()
        for number in range(start, min(start + BATCH, wanted)):
            _patient(sharing, record, masters, authors, number)
        await asyncio.gather(
            sharing.copy(databases["consent"]["url"]),
            record.copy(databases["records"]["url"]),
        )
    for database in ("consent", "records") if wanted > there else ():
        await _value(databases[database]["owner_url"], "VACUUM ANALYZE")
    return max(0, wanted - there)


def _patient(sharing: Rows, record: Rows, masters: MasterKeys, authors: Sequence[Author], number: int) -> None:
    patient, since = new_id(), datetime.now(UTC) - timedelta(days=200)
    author = authors[number % len(authors)]
    _agreement(sharing, patient, since, author, [each.id for each in authors] + [new_id(), new_id()])
    secret = new_owner_secret()
    wrapped, key = masters.wrap(patient, secret), OwnerKey(secret)
    record.add("patient_key", patient_id=patient, master_key_id=wrapped.master_key_id, sealed=wrapped.sealed)
    for order in range(LONG_RECORD if number % LONG_EVERY == 0 else DOCUMENTS):
        _document(record, key, patient, author, since + timedelta(days=order))
    for order in range(OBSERVATIONS):
        _observation(record, key, patient, author, since + timedelta(days=order))


def _agreement(rows: Rows, patient: UUID, since: datetime, by: Author, members: Sequence[UUID]) -> None:
    rows.add(
        "consent", consent_id=new_id(), patient_id=patient, form="oral", given_at=since, given_by=patient,
        recorded_by=by.id, notice_version=NOTICE, information_given="Mesure", withdrawn_at=None, version=1,
    )  # fmt: skip
    rows.add("circle", patient_id=patient, version=1)
    for member in members:
        rows.add(
            "circle_member", member_id=new_id(), patient_id=patient, professional_id=member, structure_id=None,
            since=since, until=None, invited_by=by.id, explicit_agreement=True, agreement_form="oral",
        )  # fmt: skip


def _document(rows: Rows, key: OwnerKey, patient: UUID, by: Author, at: datetime) -> None:
    id = new_id()
    described = key.seal("document.described", id, bytes(32) + TITLE.encode())
    rows.add(
        "document", patient_id=patient, id=id, category="laboratory_result", author_id=by.id, author_place=by.place,
        published_at=at, version=1, type_code="11502-2", described=described, dated=at, media_type="application/pdf",
        size=48_213, edition=1, replaces=None, deleted_at=None, **FLAGS,
    )  # fmt: skip


def _observation(rows: Rows, key: OwnerKey, patient: UUID, by: Author, at: datetime) -> None:
    id = new_id()
    said = orjson.dumps(["http://loinc.org", "8310-5", "Température corporelle", ["37.5", "Cel"]])
    rows.add(
        "observation", patient_id=patient, id=id, category="observation", author_id=by.id, author_place=by.place,
        recorded_at=at, version=1, code_mark=key.mark("observation.code", b"8310-5")[:16], observed_at=at,
        measured=key.seal("observation.measured", id, said), fhir_json=None, **FLAGS,
    )  # fmt: skip


async def _value(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
