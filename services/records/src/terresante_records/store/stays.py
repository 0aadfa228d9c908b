"""Stays. How somebody is taken in, and the unit, are sealed; dates and the institution's id are in clear."""

from uuid import UUID

import orjson
from sqlalchemy import and_, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.keys import key_of
from terresante_contents.sealing import MasterKeys, OwnerKey

from terresante_records.domain.entries import Authorship, PatientId, PersonId, Scope, VersionStale
from terresante_records.domain.stays import Kind, Stay, StayAlready, StayId
from terresante_records.store import scope as scopes
from terresante_records.store.entries import Beginning, authorship_of, begun, columns_of, visibility_of
from terresante_records.store.prepared import Prepared, Reads, Row
from terresante_records.store.tables import ONE_OPEN_STAY, patient_key, stay

_PLACE = "stay.told"
_FIND = Prepared(
    select(*stay.c, patient_key.c.master_key_id, patient_key.c.sealed)
    .select_from(stay.join(patient_key, patient_key.c.patient_id == stay.c.patient_id))
    .where(stay.c.patient_id == scopes.PATIENT, stay.c.id == bindparam("id"))
)
_BEGIN = Prepared(scopes.beginning(stay))
_shown = and_(stay.c.patient_id == scopes.PATIENT, scopes.visible(stay.c))
_PAGE = Prepared(select(stay).where(_shown, scopes.before_cursor(stay)).order_by(stay.c.id.desc()).limit(scopes.LIMIT))


async def find(reads: Reads, masters: MasterKeys, patient: PatientId, id: StayId) -> Stay | None:
    """The stay of that id in that patient's record."""
    row = await reads.first(_FIND, {"patient": patient, "id": id})
    return None if row is None else _stay(row, key_of(masters, patient, row["master_key_id"], row["sealed"]))


async def begin(reads: Reads, masters: MasterKeys, patient: PatientId, me: PersonId) -> Beginning:
    """Whether the caller has said an admission here, and the key to open them."""
    return await begun(_BEGIN, reads, masters, patient, me)


async def page(
    reads: Reads, key: OwnerKey, patient: PatientId, me: PersonId, scope: Scope, after: UUID | None, limit: int
) -> list[Stay]:
    """Up to `limit` stays that the scope shows, latest said first, older than `after`."""
    values = scopes.values_of(scope, patient, me) | {"after": after, "limit": limit}
    return [_stay(row, key) for row in await reads.rows(_PAGE, values)]


async def add(transaction: AsyncConnection, key: OwnerKey, new: Stay) -> None:
    """Keeps a new stay. Refuses with STAY_ALREADY where the caller may know of one that lasts; one that is hidden from
    them stays unsaid."""
    row = columns_of(new.id, new.patient, new.category, new.admitted, "admitted_at", new.visibility, new.version)
    told = key.seal(_PLACE, new.id, orjson.dumps([new.kind.value, new.unit]))
    try:
        await transaction.execute(
            insert(stay), {**row, "structure_id": new.structure, "told": told, "begins": new.begins}
        )
    except IntegrityError as fault:
        if ONE_OPEN_STAY in str(fault.orig):
            raise StayAlready from None
        raise


async def end(transaction: AsyncConnection, ended: Stay) -> None:
    """Keeps its end. Refuses with VERSION_STALE if it was ended meanwhile."""
    by = ended.discharged
    done = await transaction.execute(
        update(stay)
        .where(stay.c.patient_id == ended.patient, stay.c.id == ended.id, stay.c.version == ended.version - 1)
        .values(
            ends=ended.ends,
            discharged_by=by.author if by else None,
            discharged_place=by.place if by else None,
            discharged_at=by.at if by else None,
            version=ended.version,
        )
    )
    if done.rowcount == 0:
        raise VersionStale


def _stay(row: Row, key: OwnerKey) -> Stay:
    kind, unit = orjson.loads(key.open(_PLACE, row["id"], row["told"]))
    ended = row["discharged_at"]
    return Stay(
        id=row["id"],
        patient=row["patient_id"],
        category=row["category"],
        structure=row["structure_id"],
        kind=Kind(kind),
        unit=unit,
        begins=row["begins"],
        admitted=authorship_of(row, "admitted_at"),
        visibility=visibility_of(row),
        ends=row["ends"],
        discharged=Authorship(row["discharged_by"], row["discharged_place"], ended) if ended else None,
        version=row["version"],
    )
