"""Addresses that mail goes to, sealed with their owner's key, and the codes that confirm them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.sealing import OwnerKey

from terresante_messaging.domain.emails import Address, Given
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.store.telling_tables import address, among

CODE_PLACE = "address.code"


def code_mark(key: OwnerKey, given: str, code: str) -> bytes:
    """What is kept of a code: it says nothing without the owner's key, and holds for that address only."""
    return key.mark(CODE_PLACE, f"{given}\x00{code}".encode())


async def find(connection: AsyncConnection, key: OwnerKey | None, who: Recipient) -> Address:
    """Somebody's; `key`: theirs, None if they have none, hence no address."""
    row = (await connection.execute(select(address).where(_of(who)))).first()
    return _opened(key, who, row) if row and key else Address()


async def locked(transaction: AsyncConnection, key: OwnerKey, who: Recipient) -> Address:
    """The same, and nobody changes it before the transaction ends."""
    await transaction.execute(
        insert(address)
        .values(realm=who.realm.value, person_id=who.id, code_tries=0, codes_asked=[])
        .on_conflict_do_nothing()
    )
    return _opened(key, who, (await transaction.execute(select(address).where(_of(who)).with_for_update())).one())


async def keep(transaction: AsyncConnection, key: OwnerKey, who: Recipient, new: Address) -> None:
    """Replaces what was locked."""
    code = new.code
    await transaction.execute(
        update(address)
        .where(_of(who))
        .values(
            confirmed=key.seal(_place(who, "confirmed"), who.id, new.confirmed.encode()) if new.confirmed else None,
            given=key.seal(_place(who, "given"), who.id, new.given.encode()) if new.given else None,
            code_mark=code.mark if code else None,
            code_ends_at=code.ends_at if code else None,
            code_tries=code.tries if code else 0,
            codes_asked=list(new.asked),
            failed_at=new.failed_at,
        )
    )


async def forget(transaction: AsyncConnection, who: Recipient) -> None:
    """Nothing of it is left, but when codes were asked for: asking too often stays too often."""
    await transaction.execute(
        update(address)
        .where(_of(who))
        .values(confirmed=None, given=None, code_mark=None, code_ends_at=None, code_tries=0, failed_at=None)
    )


async def failed(transaction: AsyncConnection, who: Recipient, at: datetime | None) -> None:
    """Mail to it could not be delivered then; None: it was."""
    await transaction.execute(update(address).where(_of(who)).values(failed_at=at))


async def reachable(connection: AsyncConnection, people: Collection[Recipient]) -> dict[Recipient, datetime | None]:
    """Those with a confirmed address, with when mail to it last failed."""
    if not people:
        return {}
    query = select(address.c.realm, address.c.person_id, address.c.failed_at).where(
        address.c.confirmed.is_not(None), among(address, people)
    )
    found = await connection.execute(query)
    return {Recipient(Realm(row.realm), row.person_id): row.failed_at for row in found}


def _of(who: Recipient) -> Any:
    return and_(address.c.realm == who.realm.value, address.c.person_id == who.id)


def _place(who: Recipient, field: str) -> str:
    return f"address.{who.realm.value}.{field}"


def _opened(key: OwnerKey, who: Recipient, row: Any) -> Address:
    code = Given(row.code_mark, row.code_ends_at, row.code_tries) if row.code_mark is not None else None
    return Address(
        key.open(_place(who, "confirmed"), who.id, row.confirmed).decode() if row.confirmed is not None else "",
        key.open(_place(who, "given"), who.id, row.given).decode() if row.given is not None else "",
        code,
        tuple(row.codes_asked),
        row.failed_at,
    )
