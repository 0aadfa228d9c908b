"""What an act holds until it is done: its subjects, in one order for all acts, and numbers that must stay single."""

from collections.abc import Collection, Iterable
from uuid import UUID
from zlib import crc32

from sqlalchemy import BigInteger, Column, Table, Text, Uuid, any_, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.facts import Fact, Statement, Subject, SubjectKind
from terresante_directory.domain.identifiers import ProfessionalId
from terresante_directory.store.tables import commune, offer, place, professional, structure, territory

KEY_BUCKETS = 1024
"""Of locks on keys: an act on 20,000 subjects takes so many at most, for which PostgreSQL has room."""
KEY_SPACE = 5
_buckets = (
    func.unnest(bindparam("buckets", type_=ARRAY(BigInteger)))
    .table_valued(column("bucket", BigInteger), name="wanted")
    .render_derived()
)
LOCK_KEYS = select(func.pg_advisory_xact_lock(KEY_SPACE * KEY_BUCKETS + _buckets.c.bucket))
TABLES: tuple[tuple[SubjectKind, Table, Column[str] | Column[UUID]], ...] = (
    (SubjectKind.TERRITORY, territory, territory.c.code),
    (SubjectKind.COMMUNE, commune, commune.c.code),
    (SubjectKind.STRUCTURE, structure, structure.c.id),
    (SubjectKind.OFFER, offer, offer.c.id),
    (SubjectKind.PROFESSIONAL, professional, professional.c.id),
)
WHOSE = select(place.c.professional_id).where(place.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


async def lock_subjects(
    transaction: AsyncConnection, subjects: Iterable[Subject], people: Collection[ProfessionalId] = ()
) -> None:
    """Nobody else changes these until the transaction ends; a place is held by its professional.

    `people`: held too, in the same order.
    """
    by_kind: dict[SubjectKind, set[str]] = {}
    for subject in subjects:
        by_kind.setdefault(subject.kind, set()).add(subject.id)
    if people:
        by_kind.setdefault(SubjectKind.PROFESSIONAL, set()).update(map(str, people))
    if places := by_kind.get(SubjectKind.PLACE):
        rows = await transaction.execute(WHOSE, {"ids": [UUID(id) for id in places]})
        by_kind.setdefault(SubjectKind.PROFESSIONAL, set()).update(str(row.professional_id) for row in rows)
    for kind, table, identifier in TABLES:
        ids = by_kind.get(kind)
        if not ids:
            continue
        is_code = kind in (SubjectKind.TERRITORY, SubjectKind.COMMUNE)
        wanted: list[str] | list[UUID] = sorted(ids) if is_code else [UUID(id) for id in sorted(ids)]
        within = bindparam("ids", type_=ARRAY(Text if is_code else Uuid))
        rows_of = select(identifier).select_from(table).where(identifier == any_(within)).order_by(identifier)
        await transaction.execute(rows_of.with_for_update(), {"ids": wanted})


def held(said: Iterable[Statement | Fact]) -> set[Subject]:
    """The subjects to lock: those of which it is said, and the professionals of places that may have no row."""
    subjects: set[Subject] = set()
    for one in said:
        subjects.add(one.subject)
        if one.subject.kind is SubjectKind.PLACE and one.content is not None:
            subjects.add(Subject(SubjectKind.PROFESSIONAL, str(one.content["professional_id"])))
    return subjects


async def lock_keys(transaction: AsyncConnection, keys: Iterable[str]) -> None:
    """Nobody else writes a fact with one of these keys until the transaction ends."""
    buckets = sorted({crc32(key.encode()) % KEY_BUCKETS for key in keys})
    if buckets:
        await transaction.execute(LOCK_KEYS, {"buckets": buckets})
