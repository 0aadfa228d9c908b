"""Patients who are one person: mergers, what follows of them for each, and the words of SQL that read it.

A group changes by an event of identity, which goes on alone (`alone`), or by a consent recorded or withdrawn, which
holds the rows of the group (`held`). What follows is written beside the mergers in the same transaction (`follow`), so
that a decision looks up one row and, for nearly everybody, finds none.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_consent.domain.joined import Joined, Merger, groups
from terresante_consent.store.tables import consent, joined, same_person

_ALONE = text("select pg_advisory_xact_lock(hashtextextended('same person', 0))")
_GROUP = text(
    """
    with recursive near (id) as (
        select unnest(:ids)
        union
        select case when s.absorbed_id = near.id then s.surviving_id else s.absorbed_id end
        from near join same_person s on (s.absorbed_id = near.id or s.surviving_id = near.id) and s.until is null
    )
    select s.* from same_person s where s.until is null and s.absorbed_id in (select id from near)
    """
).bindparams(bindparam("ids", type_=ARRAY(PgUuid)))


def in_force(patient: str, at: str = "") -> str:
    """SQL: whether a consent is in force under that very id. `at`: SQL of the moment; blank: whenever it begins."""
    given = f" and c.given_at <= {at}" if at else ""
    return f"exists (select from consent c where c.patient_id = {patient} and c.withdrawn_at is null{given})"


def consent_stands(patient: str, at: str = "") -> str:
    """SQL of the rule `domain.joined.consent_stands`; `j` is the patient's row of `joined`, if any."""
    ever = "exists (select from consent e where e.patient_id = o.id)"
    return f"""case when j.patient_id is null then {in_force(patient, at)}
        else {in_force("j.decisive", at)} and coalesce(
            (select bool_and({in_force("o.id", at)} or not {ever}) from unnest(j.others) o(id)), true) end"""  # noqa: S608


def blocked(patient: str, professional: str) -> str:
    """SQL of the rule `domain.joined.blocks`; `j` as above."""
    return f"""exists (select from block b where b.patient_id = any(coalesce(j.everyone, array[{patient}]))
        and b.professional_id = {professional} and b.until is null)"""


def circle_allows(setting: str, patient: str) -> str:
    """SQL: whether the patient's circle says so, and no circle of the same person says otherwise; `j` as above."""
    return f"""(coalesce((select c.{setting} from circle c where c.patient_id = {patient}), false)
        and not exists (select from circle c where c.patient_id = any(j.everyone) and not c.{setting}))"""  # noqa: S608


async def alone(transaction: AsyncConnection) -> None:
    """Waits for changes about patients that go on, and makes those that come wait (`consents.alone_with`)."""
    await transaction.execute(_ALONE)


async def of_patient(connection: AsyncConnection, patient: UUID) -> Joined | None:
    """What follows for that patient; None: they are in no group."""
    row = (await connection.execute(select(joined).where(joined.c.patient_id == patient))).first()
    return Joined(row.patient_id, tuple(row.everyone), row.decisive, tuple(row.others)) if row else None


async def held(transaction: AsyncConnection, patient: UUID) -> list[Merger]:
    """The mergers of the patient's group, which no other act changes until the end of the transaction."""
    mine = await of_patient(transaction, patient)
    if mine is None:
        return []
    rows = select(joined.c.patient_id).where(joined.c.patient_id.in_(mine.everyone))
    await transaction.execute(rows.order_by(joined.c.patient_id).with_for_update())
    return await lasting(transaction, [patient])


async def lasting(connection: AsyncConnection, ids: Collection[UUID]) -> list[Merger]:
    """Mergers that last, of the groups of these ids."""
    return [_merger(row) for row in await connection.execute(_GROUP, {"ids": list(ids)})]


async def get(connection: AsyncConnection, act: UUID) -> Merger | None:
    """The merger by that act, whether or not it lasts."""
    row = (await connection.execute(select(same_person).where(same_person.c.act_id == act))).first()
    return _merger(row) if row else None


async def keep(transaction: AsyncConnection, mergers: Sequence[Merger]) -> None:
    """Keeps new mergers, or what became of known ones."""
    for one in mergers:
        values = _values(one)
        new = insert(same_person).values(act_id=one.act, **values)
        await transaction.execute(new.on_conflict_do_update(index_elements=[same_person.c.act_id], set_=values))


async def follow(transaction: AsyncConnection, ids: Collection[UUID]) -> None:
    """Writes down anew what follows for these ids and for all of their groups. To be called after `keep`."""
    made = groups(await lasting(transaction, ids))
    apart = [id for id in ids if id not in made]
    await transaction.execute(delete(joined).where(joined.c.patient_id.in_(apart)))
    for id in sorted(made):
        one = made[id]
        values = {"everyone": list(one.everyone), "decisive": one.decisive, "others": list(one.others)}
        new = insert(joined).values(patient_id=id, **values)
        await transaction.execute(new.on_conflict_do_update(index_elements=[joined.c.patient_id], set_=values))


async def consents_in_force(connection: AsyncConnection, ids: Collection[UUID], at: datetime) -> dict[UUID, bool]:
    """Of those of the ids that ever had a consent, whether one is in force at that moment."""
    now = func.bool_or((consent.c.withdrawn_at.is_(None)) & (consent.c.given_at <= at))
    found = await connection.execute(
        select(consent.c.patient_id, now).where(consent.c.patient_id.in_(ids)).group_by(consent.c.patient_id)
    )
    return {row[0]: bool(row[1]) for row in found}


def _values(one: Merger) -> dict[str, Any]:
    return {
        "absorbed_id": one.absorbed,
        "surviving_id": one.surviving,
        "since": one.since,
        "until": one.until,
        "decided_at": one.decided_at,
        "decided_for": one.decided_for,
    }


def _merger(row: Any) -> Merger:
    return Merger(row.act_id, row.absorbed_id, row.surviving_id, row.since, row.until, row.decided_at, row.decided_for)
