"""Documents: their rows, one by one and by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Select, Text, and_, bindparam, func, insert, not_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.keys import key_of
from terresante_contents.kinds import Content
from terresante_contents.sealing import MasterKeys, OwnerKey

from terresante_records.domain.documents import (
    Document,
    DocumentId,
    DocumentReplacedAlready,
    Relative,
)
from terresante_records.domain.entries import PatientId, PersonId, Scope, VersionStale, Visibility
from terresante_records.store import scope as scopes
from terresante_records.store.entries import (
    Beginning,
    authorship_of,
    begun,
    columns_of,
    flags_of,
    visibility_of,
)
from terresante_records.store.prepared import Prepared, Reads, Row
from terresante_records.store.tables import ONE_SUCCESSOR, document, patient_key

_PLACE = "document.described"
_SHA256 = 32
_before = document.alias("before")
_after = document.alias("after")
_RELATIVE = (
    "id",
    "category",
    "author_id",
    "hidden_from_professionals",
    "hidden_from_patient",
    "hidden_from_representatives",
)
_columns = [
    *document.c,
    *(_before.c[name].label(f"before_{name}") for name in _RELATIVE),
    *(_after.c[name].label(f"after_{name}") for name in _RELATIVE),
]
_series = document.outerjoin(
    _before,
    and_(
        _before.c.patient_id == document.c.patient_id,
        _before.c.id == document.c.replaces,
        _before.c.deleted_at.is_(None),
    ),
).outerjoin(
    _after,
    and_(
        _after.c.patient_id == document.c.patient_id,
        _after.c.replaces == document.c.id,
        _after.c.deleted_at.is_(None),
    ),
)
_one = document.c.id == bindparam("id")
_FIND = Prepared(
    select(*_columns, patient_key.c.master_key_id, patient_key.c.sealed)
    .select_from(_series.join(patient_key, patient_key.c.patient_id == document.c.patient_id))
    .where(document.c.patient_id == scopes.PATIENT, _one)
)
_BEGIN = Prepared(scopes.beginning(document, document.c.deleted_at.is_(None)))
_shown = and_(
    document.c.patient_id == scopes.PATIENT,
    document.c.deleted_at.is_(None),
    scopes.visible(document.c),
    scopes.given("filter_categories", "any_category", document.c.category, Text),
    scopes.given("type_codes", "any_type", document.c.type_code, Text),
    or_(bindparam("with_replaced", type_=Boolean), _after.c.id.is_(None), not_(scopes.visible(_after.c))),
)


def _page(*more: Any) -> Select[Any]:
    return (
        select(*_columns, *more)
        .select_from(_series)
        .where(_shown, scopes.before_cursor(document))
        .order_by(document.c.id.desc())
        .limit(scopes.LIMIT)
    )


_COUNT = select(func.count().label("total")).select_from(_series).where(_shown)
_PAGE = Prepared(_page())
_TOTAL = Prepared(_COUNT)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents of those that may be shown. Empty: all."""

    categories: Sequence[str] = ()
    type_codes: Sequence[str] = ()
    with_replaced: bool = False


async def find(
    reads: Reads, masters: MasterKeys, patient: PatientId, id: DocumentId
) -> tuple[Document, OwnerKey] | None:
    """The document of that id in that patient's record, deleted or not, with the key that opens it."""
    row = await reads.first(_FIND, {"patient": patient, "id": id})
    if row is None:
        return None
    key = key_of(masters, patient, row["master_key_id"], row["sealed"])
    return _document(row, key), key


async def begin(reads: Reads, masters: MasterKeys, patient: PatientId, me: PersonId) -> Beginning:
    """Whether the caller has written documents here, and the key to open them."""
    return await begun(_BEGIN, reads, masters, patient, me)


def _values(patient: PatientId, me: PersonId, scope: Scope, filter: Filter) -> dict[str, Any]:
    return {
        **scopes.values_of(scope, patient, me),
        "filter_categories": list(filter.categories),
        "any_category": not filter.categories,
        "type_codes": list(filter.type_codes),
        "any_type": not filter.type_codes,
        "with_replaced": filter.with_replaced,
    }


async def page(
    reads: Reads,
    key: OwnerKey,
    patient: PatientId,
    me: PersonId,
    scope: Scope,
    filter: Filter,
    after: UUID | None,
    limit: int,
) -> list[Document]:
    """Up to `limit` documents that the scope shows, newest first, older than `after`."""
    values = _values(patient, me, scope, filter) | {"after": after, "limit": limit}
    return [_document(row, key) for row in await reads.rows(_PAGE, values)]


async def total(reads: Reads, patient: PatientId, me: PersonId, scope: Scope, filter: Filter) -> int:
    """How many documents the scope shows under the same filter."""
    row = await reads.first(_TOTAL, _values(patient, me, scope, filter))
    return int(row["total"]) if row else 0


async def add(transaction: AsyncConnection, key: OwnerKey, new: Document) -> None:
    """Keeps a new document. Refuses with DOCUMENT_REPLACED_ALREADY when another took its place in the series."""
    try:
        await transaction.execute(
            insert(document),
            {
                **columns_of(
                    new.id,
                    new.patient,
                    new.category,
                    new.published,
                    "published_at",
                    new.visibility,
                    new.version,
                ),
                "type_code": new.type_code,
                "described": _sealed(new, key),
                "dated": new.dated,
                "media_type": new.content.media_type,
                "size": new.content.size,
                "edition": new.edition,
                "replaces": new.replaces.id if new.replaces else None,
            },
        )
    except IntegrityError as fault:
        if ONE_SUCCESSOR in str(fault.orig):
            raise DocumentReplacedAlready from None
        raise


async def change(
    transaction: AsyncConnection, before: Document, visibility: Visibility, deleted_at: datetime | None
) -> None:
    """Keeps another visibility or the deletion, on the version of `before`. Refuses with VERSION_STALE."""
    done = await transaction.execute(
        update(document)
        .where(
            document.c.patient_id == before.patient,
            document.c.id == before.id,
            document.c.version == before.version,
            document.c.deleted_at.is_(None),
        )
        .values(version=before.version + 1, deleted_at=deleted_at, **flags_of(visibility))
    )
    if done.rowcount == 0:
        raise VersionStale


async def known(connection: AsyncConnection, ids: Sequence[DocumentId]) -> set[DocumentId]:
    """Which of these ids are documents, whoever's they are: for the sweeper of contents."""
    found = await connection.execute(select(document.c.id).where(document.c.id.in_(ids)))
    return {DocumentId(row.id) for row in found}


def _sealed(new: Document, key: OwnerKey) -> bytes:
    return key.seal(_PLACE, new.id, bytes.fromhex(new.content.sha256) + new.title.encode())


def _document(row: Row, key: OwnerKey) -> Document:
    described = key.open(_PLACE, row["id"], row["described"])
    return Document(
        id=row["id"],
        patient=row["patient_id"],
        type_code=row["type_code"],
        category=row["category"],
        title=described[_SHA256:].decode(),
        dated=row["dated"],
        published=authorship_of(row, "published_at"),
        content=Content(row["media_type"], row["size"], described[:_SHA256].hex()),
        visibility=visibility_of(row),
        version=row["version"],
        edition=row["edition"],
        replaces=_relative(row, "before"),
        replaced_by=_relative(row, "after"),
        deleted_at=row["deleted_at"],
    )


def _relative(row: Row, side: str) -> Relative | None:
    id = row[f"{side}_id"]
    if id is None:
        return None
    return Relative(id, row[f"{side}_category"], row[f"{side}_author_id"], visibility_of(row, f"{side}_"))
