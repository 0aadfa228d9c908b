"""Source identities and their versions: each version is added, none is changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_identity.domain.identity import PersonId
from terresante_identity.domain.ins import Ins, Oid
from terresante_identity.domain.sources import (
    Claim,
    Received,
    Source,
    SourceId,
    SourceWarning,
    Version,
    unknown_source,
)
from terresante_identity.domain.status import Flag, Standing, Status
from terresante_identity.store.rows import trait_document, traits_of_document
from terresante_identity.store.tables import source, source_unkeyed, source_version

CURRENT = select(source, *(column for column in source_version.c if column.name not in {"source_id", "version"})).join(
    source_version, and_(source_version.c.source_id == source.c.id, source_version.c.version == source.c.version)
)


async def add(transaction: AsyncConnection, new: Source) -> None:
    """Keeps a new source identity with its first version."""
    await transaction.execute(
        insert(source).values(
            id=new.id,
            issuer=new.issuer,
            local_id=new.local_id,
            person_id=new.person,
            version=new.version.number,
            structure_id=new.structure,
            territory_code=new.territory,
            fed_by=new.fed_by,
            registered_at=new.registered_at,
        )
    )
    await _add_version(transaction, new)


async def append(transaction: AsyncConnection, newer: Source) -> None:
    """Keeps the next version of a source locked before, and who feeds it now."""
    kept = await transaction.execute(
        update(source)
        .where(source.c.id == newer.id, source.c.version == newer.version.number - 1)
        .values(
            version=newer.version.number,
            structure_id=newer.structure,
            territory_code=newer.territory,
            fed_by=newer.fed_by,
        )
    )
    if kept.rowcount != 1:
        raise LookupError("a version is kept one after the one that was locked")
    await _add_version(transaction, newer)


async def move(transaction: AsyncConnection, id: SourceId, before: PersonId, after: PersonId) -> None:
    """Links a source locked before to another person."""
    moved = await transaction.execute(
        update(source).where(source.c.id == id, source.c.person_id == before).values(person_id=after)
    )
    if moved.rowcount != 1:
        raise LookupError("a source is moved from the person it is linked to")


async def by_number(connection: AsyncConnection, issuer: str, local_id: str) -> Source | None:
    """The source of that issuer and number, if it is known."""
    return _first(await _read(connection, CURRENT.where(source.c.issuer == issuer, source.c.local_id == local_id)))


async def by_id(connection: AsyncConnection, id: SourceId) -> Source:
    """A source identity. Raises `SourceUnknown`."""
    found = _first(await _read(connection, CURRENT.where(source.c.id == id)))
    if found is None:
        raise unknown_source()
    return found


async def by_ids(connection: AsyncConnection, ids: Collection[SourceId]) -> dict[SourceId, Source]:
    """Those of `ids` that are known."""
    found = await _read(connection, CURRENT.where(source.c.id.in_(ids)))
    return {one.id: one for one in found}


async def of_person(connection: AsyncConnection, person: PersonId) -> list[Source]:
    """All source identities of a person, the oldest first."""
    return (await of_persons(connection, [person]))[person]


async def of_persons(connection: AsyncConnection, persons: Collection[PersonId]) -> dict[PersonId, list[Source]]:
    """All source identities of each person; none for who was absorbed."""
    found = await _read(connection, CURRENT.where(source.c.person_id.in_(persons)).order_by(source.c.id))
    grouped: dict[PersonId, list[Source]] = {person: [] for person in persons}
    for one in found:
        grouped[one.person].append(one)
    return grouped


async def lock(transaction: AsyncConnection, persons: Collection[PersonId]) -> dict[PersonId, list[Source]]:
    """The same, locked until the transaction ends. The persons must be locked before."""
    await transaction.execute(
        select(source.c.id).where(source.c.person_id.in_(persons)).order_by(source.c.id).with_for_update()
    )
    return await of_persons(transaction, persons)


async def as_of(connection: AsyncConnection, linked: Collection[SourceId], at: datetime) -> list[Source]:
    """Those sources with the version that was the last received by then."""
    latest = (
        select(source_version)
        .where(source_version.c.source_id.in_(linked), source_version.c.received_at <= at)
        .order_by(source_version.c.source_id, source_version.c.version.desc())
        .distinct(source_version.c.source_id)
        .subquery()
    )
    columns = [column for column in source.c if column.name != "version"]
    wanted = select(*columns, *(column for column in latest.c if column.name != "source_id")).join(
        latest, latest.c.source_id == source.c.id
    )
    return await _read(connection, wanted.order_by(source.c.id))


async def unkeyed(transaction: AsyncConnection, most: int) -> list[Source]:
    """Sources that the version before this one wrote, not yet found by their features; locked, others' left out."""
    waiting = select(source_unkeyed.c.source_id).limit(most).with_for_update(skip_locked=True)
    ids = [SourceId(row.source_id) for row in await transaction.execute(waiting)]
    return list((await by_ids(transaction, ids)).values())


async def keyed(transaction: AsyncConnection, ids: Collection[SourceId]) -> None:
    """They are found by their features now."""
    await transaction.execute(source_unkeyed.delete().where(source_unkeyed.c.source_id.in_(ids)))


def received_document(received: Received) -> dict[str, Any]:
    """An identity as it came, as JSON."""
    document = asdict(received)
    return {**document, "status": received.status.value, "flags": sorted(flag.value for flag in received.flags)}


def received_of_document(document: Mapping[str, Any]) -> Received:
    """From what `received_document` gave; a text that is missing was blank."""
    known = {name: value for name, value in document.items() if name in Received.__dataclass_fields__}
    known["status"] = Status(document.get("status", Status.PROVISIONAL.value))
    known["flags"] = frozenset(map(Flag, document.get("flags", ())))
    return Received(**known)


async def _add_version(transaction: AsyncConnection, whose: Source) -> None:
    version, claim = whose.version, whose.version.claim
    await transaction.execute(
        insert(source_version).values(
            source_id=whose.id,
            version=version.number,
            received=received_document(claim.received),
            traits=trait_document(claim.traits),
            retrieved=claim.standing.retrieved,
            checked=claim.standing.checked,
            flags=sorted(flag.value for flag in claim.standing.flags),
            ins_matricule=claim.ins.matricule if claim.ins else None,
            ins_key=claim.ins.key if claim.ins else None,
            ins_oid=claim.ins.oid.value if claim.ins else None,
            warnings=sorted(claim.warnings),
            valid_from=version.valid_from,
            received_at=version.received_at,
            received_from=version.received_from,
        )
    )


async def _read(connection: AsyncConnection, wanted: Select[Any]) -> list[Source]:
    return [_source_of(row) for row in await connection.execute(wanted)]


def _first(found: Sequence[Source]) -> Source | None:
    return found[0] if found else None


def _source_of(row: Row[Any]) -> Source:
    ins = Ins(row.ins_matricule, row.ins_key, Oid(row.ins_oid)) if row.ins_matricule else None
    claim = Claim(
        received=received_of_document(row.received),
        traits=traits_of_document(row.traits),
        standing=Standing(row.retrieved, row.checked, frozenset(map(Flag, row.flags))),
        ins=ins,
        warnings=frozenset(map(SourceWarning, row.warnings)),
    )
    return Source(
        id=SourceId(row.id),
        issuer=row.issuer,
        local_id=row.local_id,
        person=PersonId(row.person_id),
        structure=row.structure_id,
        territory=row.territory_code,
        fed_by=row.fed_by,
        registered_at=row.registered_at,
        version=Version(row.version, claim, row.valid_from, row.received_at, row.received_from),
    )
