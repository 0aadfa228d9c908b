"""Feeders and the issuers they number under: kept, read by id, listed by territory."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, Uuid, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.accounts import State
from terresante_directory.domain.feeders import Feeder, FeederId, Policy, issuer_taken, unknown_feeder
from terresante_directory.domain.identifiers import StructureId, TerritoryCode
from terresante_directory.store.tables import account, feeder, feeder_issuer, structure

WITH_STATE = (
    select(feeder, structure.c.territory, account.c.state)
    .join(structure, structure.c.id == feeder.c.structure_id)
    .outerjoin(account, account.c.uid == feeder.c.id)
)
BY_ID = WITH_STATE.where(feeder.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


async def add(transaction: AsyncConnection, new: Feeder) -> None:
    """Keeps a new feeder. Raises `IssuerTaken` if another has one of its issuers."""
    await transaction.execute(
        insert(feeder).values(
            id=new.id,
            name=new.name,
            structure_id=new.structure,
            issuers=list(new.issuers),
            policy=new.policy.value,
            subject=new.subject,
            version=new.version,
        )
    )
    # in one order for all, so that two who want the same issuers wait for each other and do not lock each other out
    rows = [{"issuer": issuer, "feeder_id": new.id} for issuer in sorted(new.issuers)]
    kept = await transaction.execute(insert(feeder_issuer).values(rows).on_conflict_do_nothing())
    if kept.rowcount < len(rows):
        raise issuer_taken()


async def save(transaction: AsyncConnection, changed: Feeder) -> None:
    """Keeps the policy and version of a feeder that this transaction has locked."""
    await transaction.execute(
        update(feeder).where(feeder.c.id == changed.id).values(policy=changed.policy.value, version=changed.version)
    )


async def get_for_update(transaction: AsyncConnection, id: FeederId) -> Feeder:
    """The feeder, which stays as it is until the transaction ends. Raises `FeederUnknown`."""
    locked = select(feeder.c.id).where(feeder.c.id == id).with_for_update()
    if (await transaction.execute(locked)).first() is None:
        raise unknown_feeder()
    return (await get_many(transaction, [id]))[id]


async def get_many(connection: AsyncConnection, ids: Collection[FeederId]) -> dict[FeederId, Feeder]:
    """Those of `ids` that exist."""
    rows = await connection.execute(BY_ID, {"ids": list(ids)})
    return {FeederId(row.id): _feeder(row) for row in rows}


async def of_territories(connection: AsyncConnection, territories: Collection[TerritoryCode]) -> list[Feeder]:
    """All feeders of structures of these territories, in no order."""
    wanted = WITH_STATE.where(structure.c.territory.in_(sorted(territories)))
    return [_feeder(row) for row in await connection.execute(wanted)]


def _feeder(row: Row[Any]) -> Feeder:
    return Feeder(
        id=FeederId(row.id),
        name=row.name,
        structure=StructureId(row.structure_id),
        territory=TerritoryCode(row.territory),
        issuers=tuple(row.issuers),
        policy=Policy(row.policy),
        subject=row.subject,
        account=State(row.state) if row.state else None,
        version=row.version,
    )
