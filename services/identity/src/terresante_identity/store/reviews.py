"""Pairs that wait for a human: proposed once for two versions of two sources, decided, overtaken, waiting again."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, Select, and_, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_identity.domain.evidence import Evidence
from terresante_identity.domain.identity import PersonId
from terresante_identity.domain.linkage import ActId, ReviewId
from terresante_identity.domain.reviews import Mandate, Pair, Review, ReviewState, Wanted, unknown_review
from terresante_identity.domain.sources import SourceId
from terresante_identity.store.tables import review, source

ONE, OTHER = source.alias("one"), source.alias("other")
READ = (
    select(review, ONE.c.person_id.label("person_id"), OTHER.c.person_id.label("other_person_id"))
    .join(ONE, ONE.c.id == review.c.source_id)
    .join(OTHER, OTHER.c.id == review.c.other_source_id)
)
CURRENT = and_(ONE.c.version == review.c.source_version, OTHER.c.version == review.c.other_source_version)


async def add(transaction: AsyncConnection, new: Review) -> bool:
    """Proposes a pair; False when these two versions were compared before: nothing is changed."""
    kept = await transaction.execute(
        insert(review)
        .values(
            id=new.id,
            source_id=new.pair.source,
            source_version=new.pair.source_version,
            other_source_id=new.pair.other,
            other_source_version=new.pair.other_version,
            state=new.state.value,
            risk=new.risk,
            evidence=new.evidence.to_document(),
            structure_ids=list(new.structures),
            territory_codes=list(new.territories),
            created_at=new.created_at,
        )
        .on_conflict_do_nothing()
    )
    return kept.rowcount == 1


async def settled(connection: AsyncConnection, one: PersonId, other: PersonId) -> bool:
    """Whether a pair of these two persons waits already, or was found to be two people, with the traits of now."""
    found = READ.where(
        or_(
            and_(ONE.c.person_id == one, OTHER.c.person_id == other),
            and_(ONE.c.person_id == other, OTHER.c.person_id == one),
        ),
        CURRENT,
        review.c.state.in_([ReviewState.WAITING.value, ReviewState.REFUSED.value]),
    )
    return (await connection.execute(found.limit(1))).first() is not None


async def get(connection: AsyncConnection, id: ReviewId) -> Review:
    """A pair. Refuses with REVIEW_UNKNOWN."""
    found = await _read(connection, READ.where(review.c.id == id))
    if not found:
        raise unknown_review()
    return found[0]


async def lock(transaction: AsyncConnection, id: ReviewId) -> Review:
    """The same, locked until the transaction ends."""
    await transaction.execute(select(review.c.id).where(review.c.id == id).with_for_update())
    return await get(transaction, id)


async def save(transaction: AsyncConnection, changed: Review) -> None:
    """Keeps who looks after a pair, and what was decided."""
    await transaction.execute(
        update(review)
        .where(review.c.id == changed.id)
        .values(
            state=changed.state.value,
            assigned_to=changed.assigned_to,
            decided_by=changed.decided_by,
            decided_at=changed.decided_at,
            comment=changed.comment,
            act_id=changed.act,
        )
    )


async def overtake_older(transaction: AsyncConnection, source: SourceId, below: int) -> None:
    """A trait of a source changed: what was asked about its older versions is no longer a question."""
    await transaction.execute(
        update(review)
        .where(_about(source, below), review.c.state == ReviewState.WAITING.value)
        .values(state=ReviewState.OVERTAKEN.value)
    )


async def carry_over(transaction: AsyncConnection, source: SourceId, number: int) -> None:
    """A new version without another trait: what was asked and answered about the one before holds for it."""
    for ours, theirs in (
        (review.c.source_id, review.c.source_version),
        (review.c.other_source_id, review.c.other_source_version),
    ):
        await transaction.execute(
            update(review).where(ours == source, theirs == number - 1).values({theirs.name: number})
        )


async def overtake_united(transaction: AsyncConnection, person: PersonId, act: ActId) -> None:
    """Pairs whose two sources are now one person's are no longer a question, because of that act."""
    united = READ.where(
        ONE.c.person_id == person, OTHER.c.person_id == person, review.c.state == ReviewState.WAITING.value
    ).with_only_columns(review.c.id)
    await transaction.execute(
        update(review).where(review.c.id.in_(united)).values(state=ReviewState.OVERTAKEN.value, act_id=act)
    )


async def reopen(transaction: AsyncConnection, act: ActId) -> None:
    """What an act decided or overtook is a question again, unless a trait changed since, or both are one person."""
    apart = ONE.c.person_id != OTHER.c.person_id
    current = READ.where(review.c.act_id == act, CURRENT, apart).with_only_columns(review.c.id)
    undecided: dict[str, Any] = {"decided_by": None, "decided_at": None, "comment": "", "act_id": None}
    await transaction.execute(
        update(review)
        .where(review.c.act_id == act, review.c.id.in_(current))
        .values(state=ReviewState.WAITING.value, **undecided)
    )
    await transaction.execute(
        update(review).where(review.c.act_id == act).values(state=ReviewState.OVERTAKEN.value, **undecided)
    )


async def of_sources(connection: AsyncConnection, sources: Collection[SourceId]) -> set[ReviewId]:
    """The pairs that one of these sources is in."""
    wanted = select(review.c.id).where(or_(review.c.source_id.in_(sources), review.c.other_source_id.in_(sources)))
    return {ReviewId(row.id) for row in await connection.execute(wanted)}


async def page(connection: AsyncConnection, mandate: Mandate, wanted: Wanted) -> list[Review]:
    """A page of pairs within a mandate, the riskiest first, then the oldest."""
    found = READ.where(within(mandate), review.c.state == wanted.state.value, review.c.risk >= wanted.least_risk)
    if wanted.structure is not None:
        found = found.where(review.c.structure_ids.contains([wanted.structure]))
    if wanted.territory:
        found = found.where(review.c.territory_codes.contains([wanted.territory]))
    if wanted.assigned_to is False:
        found = found.where(review.c.assigned_to.is_(None))
    elif wanted.assigned_to is not None:
        found = found.where(review.c.assigned_to == wanted.assigned_to)
    if wanted.after is not None:
        risk, at, id = wanted.after
        position = tuple_(-review.c.risk, review.c.created_at, review.c.id)
        found = found.where(position > tuple_(-risk, at, id))
    order = (review.c.risk.desc(), review.c.created_at, review.c.id)
    return await _read(connection, found.order_by(*order).limit(wanted.limit))


def within(mandate: Mandate) -> Any:
    """Whether any structure or territory of a pair is in the mandate."""
    return or_(
        review.c.structure_ids.overlap(list(mandate.structures)),
        review.c.territory_codes.overlap(list(mandate.territories)),
    )


def _about(source: SourceId, below: int) -> Any:
    return or_(
        and_(review.c.source_id == source, review.c.source_version < below),
        and_(review.c.other_source_id == source, review.c.other_source_version < below),
    )


async def _read(connection: AsyncConnection, wanted: Select[Any]) -> list[Review]:
    return [_review_of(row) for row in await connection.execute(wanted)]


def _review_of(row: Row[Any]) -> Review:
    pair = Pair(SourceId(row.source_id), row.source_version, SourceId(row.other_source_id), row.other_source_version)
    return Review(
        id=ReviewId(row.id),
        pair=pair,
        person=PersonId(row.person_id),
        other_person=PersonId(row.other_person_id),
        state=ReviewState(row.state),
        risk=row.risk,
        evidence=Evidence.of_document(row.evidence),
        structures=tuple(row.structure_ids),
        territories=tuple(row.territory_codes),
        created_at=row.created_at,
        assigned_to=row.assigned_to,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        comment=row.comment,
        act=ActId(row.act_id) if row.act_id else None,
    )
