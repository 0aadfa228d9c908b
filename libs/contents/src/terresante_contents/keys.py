"""Owners' keys, as a service's table keeps them: sealed by a master key."""

from uuid import UUID

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_contents.sealing import MasterKeys, OwnerKey, WrappedKey, new_owner_secret


def key_of(masters: MasterKeys, owner: UUID, master_key_id: str, sealed: bytes) -> OwnerKey:
    """The key that a row holds. Raises SealBroken, MasterKeyMissing."""
    return OwnerKey(masters.unwrap(owner, WrappedKey(master_key_id, sealed)))


class OwnerKeys:
    """The keys of one table: its primary key is the owner's id, and it has `master_key_id` and `sealed`."""

    def __init__(self, table: Table) -> None:
        (owner,) = table.primary_key.columns
        self._table, self._owner = table, owner
        kept = (table.c.master_key_id, table.c.sealed)
        self._find = select(*kept).where(owner == bindparam("owner"))
        self._not_by = (
            select(owner.label("owner"), *kept)
            .where(table.c.master_key_id != bindparam("current"))
            .order_by(owner)
            .limit(bindparam("most"))
            .with_for_update(key_share=True)
        )

    async def find(self, connection: AsyncConnection, masters: MasterKeys, owner: UUID) -> OwnerKey | None:
        """The owner's key, if there is one."""
        found = (await connection.execute(self._find, {"owner": owner})).first()
        return None if found is None else key_of(masters, owner, found.master_key_id, found.sealed)

    async def get_or_make(self, connection: AsyncConnection, masters: MasterKeys, owner: UUID) -> OwnerKey:
        """The owner's key; made and kept at once if there is none. Of two that make it together one prevails.

        On an autocommit connection, before anything is sealed with it: what is sealed must never outlive its key.
        """
        key = await self.find(connection, masters, owner)
        if key is not None:
            return key
        wrapped = masters.wrap(owner, new_owner_secret())
        await connection.execute(
            insert(self._table)
            .values({self._owner: owner, "master_key_id": wrapped.master_key_id, "sealed": wrapped.sealed})
            .on_conflict_do_nothing()
        )
        found = (await connection.execute(self._find, {"owner": owner})).one()
        return key_of(masters, owner, found.master_key_id, found.sealed)

    async def rewrap(self, transaction: AsyncConnection, masters: MasterKeys, most: int) -> int:
        """Seals up to `most` owners' keys anew by the current master key. Gives how many there were to do. Waits for
        whoever else seals them anew, and for nobody who writes under them."""
        rows = (await transaction.execute(self._not_by, {"current": masters.current, "most": most})).all()
        for row in rows:
            secret = masters.unwrap(row.owner, WrappedKey(row.master_key_id, row.sealed))
            wrapped = masters.wrap(row.owner, secret)
            await transaction.execute(
                update(self._table)
                .where(self._owner == row.owner)
                .values(master_key_id=wrapped.master_key_id, sealed=wrapped.sealed)
            )
        return len(rows)
