"""The dated copy of what the directory says of feeders."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_consent.domain.professionals import Feeder
from terresante_consent.domain.vocabulary import StructureId
from terresante_consent.store.tables import known_feeder


async def keep(transaction: AsyncConnection, feeder: Feeder) -> None:
    """Keeps what the directory said, unless something newer is known. Replies that cross keep the newest."""
    new = insert(known_feeder).values(
        feeder_id=feeder.id,
        structure_id=feeder.structure,
        territory_code=feeder.territory,
        issuers=list(feeder.issuers),
        policy=feeder.policy,
        account_open=feeder.account_open,
        version=feeder.version,
        checked_at=feeder.checked_at,
    )
    told = new.excluded
    await transaction.execute(
        new.on_conflict_do_update(
            index_elements=[known_feeder.c.feeder_id],
            set_={
                "structure_id": told.structure_id,
                "territory_code": told.territory_code,
                "issuers": told.issuers,
                "policy": told.policy,
                "account_open": told.account_open,
                "version": told.version,
                "checked_at": func.greatest(told.checked_at, known_feeder.c.checked_at),
            },
            where=told.version >= known_feeder.c.version,
        )
    )


async def get(connection: AsyncConnection, id: UUID) -> Feeder | None:
    """What is known of one feeder."""
    row = (await connection.execute(select(known_feeder).where(known_feeder.c.feeder_id == id))).first()
    if row is None:
        return None
    return Feeder(
        id=row.feeder_id,
        structure=StructureId(row.structure_id),
        territory=row.territory_code,
        issuers=tuple(row.issuers),
        policy=row.policy,
        account_open=row.account_open,
        version=row.version,
        checked_at=row.checked_at,
    )
