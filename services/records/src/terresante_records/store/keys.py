"""Patients' keys, as they are stored: sealed by a master key."""

from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_records.domain.entries import PatientId
from terresante_records.sealing import MasterKeys, PatientKey, WrappedKey, new_patient_secret
from terresante_records.store.tables import patient_key

_FIND = select(patient_key.c.master_key_id, patient_key.c.sealed).where(
    patient_key.c.patient_id == bindparam("patient")
)
_NOT_BY = (
    select(patient_key.c.patient_id, patient_key.c.master_key_id, patient_key.c.sealed)
    .where(patient_key.c.master_key_id != bindparam("current"))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def key_of(masters: MasterKeys, patient: UUID, master_key_id: str, sealed: bytes) -> PatientKey:
    """The key that a row holds. Raises SealBroken, MasterKeyMissing."""
    return PatientKey(masters.unwrap(patient, WrappedKey(master_key_id, sealed)))


async def get_or_make(connection: AsyncConnection, masters: MasterKeys, patient: PatientId) -> PatientKey:
    """The patient's key; made and kept at once if there is none. Of two that make it together one prevails.

    On an autocommit connection, before anything is sealed with it: what is sealed must never outlive its key.
    """
    found = (await connection.execute(_FIND, {"patient": patient})).first()
    if found is None:
        wrapped = masters.wrap(patient, new_patient_secret())
        await connection.execute(
            insert(patient_key)
            .values(patient_id=patient, master_key_id=wrapped.master_key_id, sealed=wrapped.sealed)
            .on_conflict_do_nothing()
        )
        found = (await connection.execute(_FIND, {"patient": patient})).one()
    return key_of(masters, patient, found.master_key_id, found.sealed)


async def rewrap(transaction: AsyncConnection, masters: MasterKeys, most: int) -> int:
    """Seals up to `most` patients' keys anew by the current master key. Gives how many there were to do."""
    rows = (await transaction.execute(_NOT_BY, {"current": masters.current, "most": most})).all()
    for row in rows:
        secret = masters.unwrap(row.patient_id, WrappedKey(row.master_key_id, row.sealed))
        wrapped = masters.wrap(row.patient_id, secret)
        await transaction.execute(
            update(patient_key)
            .where(patient_key.c.patient_id == row.patient_id)
            .values(master_key_id=wrapped.master_key_id, sealed=wrapped.sealed)
        )
    return len(rows)
