"""Limits of measures, sealed; a keyed mark of the code finds the one that a measure is held against."""

from datetime import datetime

import orjson
from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.sealing import MasterKeys, OwnerKey

from terresante_records.domain.entries import PatientId, PersonId, Scope, Visibility
from terresante_records.domain.thresholds import Limits, Threshold, ThresholdId
from terresante_records.store import scope as scopes
from terresante_records.store.entries import Beginning, authorship_of, begun, columns_of
from terresante_records.store.prepared import Prepared, Reads, Row
from terresante_records.store.tables import patient_key, threshold

_PLACE = "threshold.told"
_MARK = 16
_TO_ALL = Visibility()
_in_force = threshold.c.ended_at.is_(None)
_BEGIN = Prepared(scopes.beginning(threshold, _in_force))
_SHOWN = Prepared(
    select(threshold).where(and_(threshold.c.patient_id == scopes.PATIENT, _in_force, scopes.visible(threshold.c)))
)


async def begin(reads: Reads, masters: MasterKeys, patient: PatientId, me: PersonId) -> Beginning:
    """Whether the caller has set limits that are in force here, and the key to open them."""
    return await begun(_BEGIN, reads, masters, patient, me)


async def shown(reads: Reads, key: OwnerKey, patient: PatientId, me: PersonId, scope: Scope) -> list[Threshold]:
    """Those in force that the scope shows, by code."""
    rows = await reads.rows(_SHOWN, scopes.values_of(scope, patient, me))
    return sorted((_threshold(row, key) for row in rows), key=lambda one: one.limits.code)


async def alone_with(transaction: AsyncConnection, patient: PatientId) -> int:
    """Makes those who set limits for that patient wait for each other, until the end of the transaction. Gives how many
    are in force."""
    mine = select(patient_key.c.patient_id).where(patient_key.c.patient_id == patient)
    await transaction.execute(mine.with_for_update(key_share=True))
    count = select(func.count()).select_from(threshold).where(threshold.c.patient_id == patient, _in_force)
    return int((await transaction.execute(count)).scalar_one())


async def of_code(transaction: AsyncConnection, key: OwnerKey, patient: PatientId, code: str) -> Threshold | None:
    """The one in force for that code."""
    found = await transaction.execute(
        select(threshold).where(threshold.c.patient_id == patient, threshold.c.code_mark == _mark(key, code), _in_force)
    )
    row = found.mappings().first()
    return None if row is None else _threshold(dict(row), key)


async def add(transaction: AsyncConnection, key: OwnerKey, new: Threshold) -> None:
    """Keeps new limits. Those of the same code must have been ended."""
    limits = new.limits
    row = columns_of(new.id, new.patient, new.category, new.set, "set_at", _TO_ALL, version=1)
    told = orjson.dumps([limits.code, limits.unit, limits.low, limits.high])
    await transaction.execute(
        insert(threshold),
        {**row, "code_mark": _mark(key, limits.code), "told": key.seal(_PLACE, new.id, told)},
    )


async def end(transaction: AsyncConnection, patient: PatientId, id: ThresholdId, by: PersonId, at: datetime) -> bool:
    """Ends it. Gives whether it was in force."""
    done = await transaction.execute(
        update(threshold)
        .where(threshold.c.patient_id == patient, threshold.c.id == id, _in_force)
        .values(ended_at=at, ended_by=by)
    )
    return done.rowcount == 1


def _mark(key: OwnerKey, code: str) -> bytes:
    return key.mark("threshold.code", code.encode())[:_MARK]


def _threshold(row: Row, key: OwnerKey) -> Threshold:
    return Threshold(
        id=row["id"],
        patient=row["patient_id"],
        category=row["category"],
        limits=Limits(*orjson.loads(key.open(_PLACE, row["id"], row["told"]))),
        set=authorship_of(row, "set_at"),
    )
