"""Pairs are put before a human: each once, and never again once they were found to be two people."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import new_id

from terresante_identity import events
from terresante_identity.domain import arrival
from terresante_identity.domain.asking import kept_of
from terresante_identity.domain.evidence import Candidate, Decision, Evidence
from terresante_identity.domain.identity import PersonId
from terresante_identity.domain.linkage import ReviewId
from terresante_identity.domain.reviews import Review, opened, proposed
from terresante_identity.domain.sources import Claim, Source, SourceId
from terresante_identity.domain.survivorship import number
from terresante_identity.matcher import Matcher
from terresante_identity.store import reviews, sources


async def propose(
    transaction: AsyncConnection, source: Source, found: Sequence[Candidate], at: datetime
) -> list[Review]:
    """Asks a human about a source and each candidate, but those that wait or were answered already."""
    known = await sources.by_ids(transaction, [SourceId(one.source) for one in found]) if found else {}
    asked = [(known[SourceId(one.source)], one.evidence) for one in found]
    proposed = [await _propose(transaction, source, other, evidence, at) for other, evidence in asked]
    return [review for review in proposed if review is not None]


async def propose_again(
    transaction: AsyncConnection, source: Source, before: Claim, found: Sequence[Candidate], at: datetime
) -> list[Review]:
    """What waits about the version before holds for this one, unless a trait changed: then it is asked anew."""
    if not arrival.traits_changed(before, source.version.claim):
        await reviews.carry_over(transaction, source.id, source.version.number)
        return []
    await reviews.overtake_older(transaction, source.id, source.version.number)
    return await propose(transaction, source, proposed(found, source.person), at)


async def propose_among(
    transaction: AsyncConnection, matcher: Matcher, some: Sequence[Source], at: datetime
) -> list[Review]:
    """Asks a human about each of these sources and whoever may be the same person, as if they had just come."""
    answers = await matcher.candidates(transaction, [kept_of(one).asked for one in some])
    doubts: list[Review] = []
    for source, answer in zip(some, answers, strict=True):
        doubts += await propose(transaction, source, proposed(answer.found, source.person), at)
    return doubts


async def propose_pair(
    transaction: AsyncConnection, matcher: Matcher, one: Source, other: Source, at: datetime
) -> Review | None:
    """Asks a human about two sources that may be one person, as if there were nobody else."""
    if one.person == other.person:
        return None
    evidence = matcher.explained(kept_of(one), kept_of(other))
    return await _propose(transaction, one, other, evidence, at) if evidence.decision is not Decision.NONE else None


async def propose_holder(
    transaction: AsyncConnection, matcher: Matcher, source: Source, holder: PersonId | None, at: datetime
) -> list[Review]:
    """Asks a human about a source and whoever holds the number that it claims, if that is another person."""
    ins = source.version.claim.ins
    if holder is None or ins is None or holder == source.person:
        return []
    for other in await sources.of_person(transaction, holder):
        theirs = other.version.claim.ins
        if theirs is not None and number(theirs) == number(ins):
            evidence = matcher.explained(kept_of(source), kept_of(other))
            review = await _propose(transaction, source, other, evidence, at)
            return [review] if review else []
    return []


async def _propose(
    transaction: AsyncConnection, source: Source, other: Source, evidence: Evidence, at: datetime
) -> Review | None:
    if other.person == source.person or await reviews.settled(transaction, source.person, other.person):
        return None
    review = opened(ReviewId(new_id()), source, other, evidence, at)
    if not await reviews.add(transaction, review):
        return None
    await events.review_opened(transaction, review)
    return review
