"""Source identities and their versions: each version is added, none is changed."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, update
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
from terresante_identity.store.direct import under, written
from terresante_identity.store.rows import trait_document, traits_of_document
from terresante_identity.store.tables import source, source_unkeyed, source_version

OF_VERSION = [column for column in source_version.c if column.name not in {"source_id", "version"}]
CURRENT = select(source, *OF_VERSION).join(
    source_version, and_(source_version.c.source_id == source.c.id, source_version.c.version == source.c.version)
)
BY_NUMBER = f"{written(CURRENT)} where source.issuer = $1 and source.local_id = $2"
BY_IDS = f"{written(CURRENT)} where source.id = any($1::uuid[])"
OF_PERSONS = f"{written(CURRENT)} where source.person_id = any($1::uuid[]) order by source.id"
LOCK = "select id from source where person_id = any($1::uuid[]) order by id for update"
VERSION = (
    f"insert into source_version ({', '.join(column.name for column in source_version.c)}) "  # noqa: S608
    f"values ({', '.join(f'${place}' for place in range(1, 1 + len(source_version.c)))})"
)
ADD = (
    "with kept as (insert into source (id, version, issuer, local_id, person_id, structure_id, territory_code, fed_by, "  # noqa: S608
    f"registered_at) values ($1, $2, $15, $16, $17, $18, $19, $20, $21)) {VERSION}"
)


async def add(transaction: AsyncConnection, new: Source) -> None:
    """Keeps a new source identity with its first version."""
    own = (
        new.issuer, new.local_id, new.person, new.structure, new.territory, new.fed_by, new.registered_at,
    )  # fmt: skip
    await (await under(transaction)).rows(ADD, *_version_columns(new), *own)


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
    await (await under(transaction)).rows(VERSION, *_version_columns(newer))


async def move(transaction: AsyncConnection, id: SourceId, before: PersonId, after: PersonId) -> None:
    """Links a source locked before to another person."""
    moved = await transaction.execute(
        update(source).where(source.c.id == id, source.c.person_id == before).values(person_id=after)
    )
    if moved.rowcount != 1:
        raise LookupError("a source is moved from the person it is linked to")


async def by_number(connection: AsyncConnection, issuer: str, local_id: str) -> Source | None:
    """The source of that issuer and number, if it is known."""
    return _first(await _read(connection, BY_NUMBER, issuer, local_id))


async def by_id(connection: AsyncConnection, id: SourceId) -> Source:
    """A source identity. Raises `SourceUnknown`."""
    found = _first(await _read(connection, BY_IDS, [id]))
    if found is None:
        raise unknown_source()
    return found


async def by_ids(connection: AsyncConnection, ids: Collection[SourceId]) -> dict[SourceId, Source]:
    """Those of `ids` that are known."""
    found = await _read(connection, BY_IDS, list(ids)) if ids else ()
    return {one.id: one for one in found}


async def of_person(connection: AsyncConnection, person: PersonId) -> list[Source]:
    """All source identities of a person, the oldest first."""
    return (await of_persons(connection, [person]))[person]


async def of_persons(connection: AsyncConnection, persons: Collection[PersonId]) -> dict[PersonId, list[Source]]:
    """All source identities of each person; none for who was absorbed."""
    found = await _read(connection, OF_PERSONS, list(persons)) if persons else ()
    grouped: dict[PersonId, list[Source]] = {person: [] for person in persons}
    for one in found:
        grouped[one.person].append(one)
    return grouped


async def lock(transaction: AsyncConnection, persons: Collection[PersonId]) -> dict[PersonId, list[Source]]:
    """The same, locked until the transaction ends. The persons must be locked before."""
    await (await under(transaction)).rows(LOCK, list(persons))
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
    columns = [latest.c.version if column.name == "version" else column for column in source.c]
    wanted = select(*columns, *(latest.c[column.name] for column in OF_VERSION)).join(
        latest, latest.c.source_id == source.c.id
    )
    return [_source_of(row) for row in await connection.execute(wanted.order_by(source.c.id))]


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


def _version_columns(whose: Source) -> tuple[object, ...]:
    """A version as the columns of `source_version`, in their order."""
    version, claim = whose.version, whose.version.claim
    return (
        whose.id,
        version.number,
        json.dumps(received_document(claim.received)),
        json.dumps(trait_document(claim.traits)),
        claim.standing.retrieved,
        claim.standing.checked,
        sorted(flag.value for flag in claim.standing.flags),
        claim.ins.matricule if claim.ins else None,
        claim.ins.key if claim.ins else None,
        claim.ins.oid.value if claim.ins else None,
        sorted(claim.warnings),
        version.valid_from,
        version.received_at,
        version.received_from,
    )


async def _read(connection: AsyncConnection, statement: str, *values: object) -> list[Source]:
    return [_source_of(row) for row in await (await under(connection)).rows(statement, *values)]


def _first(found: Sequence[Source]) -> Source | None:
    return found[0] if found else None


def _source_of(row: Iterable[Any]) -> Source:
    """From the columns of `source`, then those of its version (`OF_VERSION`)."""
    id, issuer, local_id, person, number, structure, territory, fed_by, registered_at, *columns = row
    received, traits, retrieved, checked, flags, matricule, key, oid, warnings, valid_from, at, by = columns
    claim = Claim(
        received=received_of_document(_document(received)),
        traits=traits_of_document(_document(traits)),
        standing=Standing(retrieved, checked, frozenset(map(Flag, flags))),
        ins=Ins(matricule, key, Oid(oid)) if matricule else None,
        warnings=frozenset(map(SourceWarning, warnings)),
    )
    return Source(
        id=SourceId(id),
        issuer=issuer,
        local_id=local_id,
        person=PersonId(person),
        structure=structure,
        territory=territory,
        fed_by=fed_by,
        registered_at=registered_at,
        version=Version(number, claim, valid_from, at, by),
    )


def _document(value: Any) -> Mapping[str, Any]:
    """JSON as read: the driver leaves it as text."""
    read: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return read
