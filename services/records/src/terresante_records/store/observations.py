"""Observations. Their codes are sealed too: a keyed mark, different for each patient, finds them again."""

from collections.abc import Sequence
from uuid import UUID

import orjson
from sqlalchemy import LargeBinary, and_, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.sealing import MasterKeys, OwnerKey

from terresante_records.domain.entries import PatientId, PersonId, Scope
from terresante_records.domain.observations import Measure, Observation, Quantity
from terresante_records.store import scope as scopes
from terresante_records.store.entries import Beginning, authorship_of, begun, columns_of, visibility_of
from terresante_records.store.prepared import Prepared, Reads, Row
from terresante_records.store.tables import observation

_PLACE = "observation.measured"
_FHIR_PLACE = "observation.fhir_json"
_MARK = 16
_BEGIN = Prepared(scopes.beginning(observation))
_shown = and_(
    observation.c.patient_id == scopes.PATIENT,
    scopes.visible(observation.c),
    scopes.given("marks", "any_code", observation.c.code_mark, LargeBinary),
)
_PAGE = Prepared(
    select(observation)
    .where(_shown, scopes.before_cursor(observation))
    .order_by(observation.c.id.desc())
    .limit(scopes.LIMIT)
)
_TOTAL = Prepared(select(func.count().label("total")).select_from(observation).where(_shown))


async def begin(reads: Reads, masters: MasterKeys, patient: PatientId, me: PersonId) -> Beginning:
    """Whether the caller has recorded observations here, and the key to open them."""
    return await begun(_BEGIN, reads, masters, patient, me)


async def page(
    reads: Reads,
    key: OwnerKey,
    patient: PatientId,
    me: PersonId,
    scope: Scope,
    codes: Sequence[str],
    after: UUID | None,
    limit: int,
) -> list[Observation]:
    """Up to `limit` observations that the scope shows, of these codes (empty: all), latest recorded first."""
    values = scopes.values_of(scope, patient, me) | _marks(key, codes) | {"after": after, "limit": limit}
    return [_observation(row, key) for row in await reads.rows(_PAGE, values)]


async def total(
    reads: Reads,
    key: OwnerKey,
    patient: PatientId,
    me: PersonId,
    scope: Scope,
    codes: Sequence[str],
) -> int:
    """How many observations of these codes the scope shows."""
    row = await reads.first(_TOTAL, scopes.values_of(scope, patient, me) | _marks(key, codes))
    return int(row["total"]) if row else 0


def _marks(key: OwnerKey, codes: Sequence[str]) -> dict[str, object]:
    return {"marks": [_mark(key, code) for code in codes], "any_code": not codes}


async def add(transaction: AsyncConnection, key: OwnerKey, new: Observation) -> None:
    """Keeps a new observation."""
    row = columns_of(new.id, new.patient, new.category, new.recorded, "recorded_at", new.visibility, new.version)
    fhir = new.measure.fhir_json
    await transaction.execute(
        insert(observation),
        {
            **row,
            "code_mark": _mark(key, new.measure.code),
            "observed_at": new.measure.observed_at,
            "measured": key.seal(_PLACE, new.id, _written(new.measure)),
            "fhir_json": key.seal(_FHIR_PLACE, new.id, fhir) if fhir else None,
        },
    )


def _mark(key: OwnerKey, code: str) -> bytes:
    return key.mark("observation.code", code.encode())[:_MARK]


def _written(measure: Measure) -> bytes:
    value = measure.value
    told = [value.value, value.unit] if isinstance(value, Quantity) else value
    return orjson.dumps([measure.code_system, measure.code, measure.label, told])


def _observation(row: Row, key: OwnerKey) -> Observation:
    id, fhir = row["id"], row["fhir_json"]
    system, code, label, told = orjson.loads(key.open(_PLACE, id, row["measured"]))
    value = Quantity(*told) if isinstance(told, list) else told
    opened = key.open(_FHIR_PLACE, id, fhir) if fhir is not None else b""
    return Observation(
        id=id,
        patient=row["patient_id"],
        category=row["category"],
        measure=Measure(system, code, label, value, row["observed_at"], opened),
        recorded=authorship_of(row, "recorded_at"),
        visibility=visibility_of(row),
        version=row["version"],
    )
