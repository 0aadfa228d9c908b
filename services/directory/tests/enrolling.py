"""Structures and professionals that are there already, as the operator would have enrolled them."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_directory.domain.acts import ActKind, ActOf
from terresante_directory.domain.enrolled import place_begun, place_ended, professional_enrolled, structure_enrolled
from terresante_directory.domain.facts import Statement
from terresante_directory.domain.professionals import Professional
from terresante_directory.domain.structures import Structure
from terresante_directory.store import acting
from terresante_directory.store.acting import Done

MONDAY = datetime(2025, 3, 3, 9, tzinfo=UTC)


async def enrolled(transaction: AsyncConnection, *things: Structure | Professional, at: datetime = MONDAY) -> Done:
    """Enrols them, as one act."""
    said = [statement for thing in things for statement in _said(thing, at)]
    return await acting.act(transaction, ActOf(ActKind.ENROLLED, None, starts=at), said, at)


async def practising(transaction: AsyncConnection, changed: Professional, at: datetime) -> Done:
    """Says of all places of a professional what they are now."""
    said = [
        statement
        for place in changed.places
        for statement in (place_begun if place.until is None else place_ended)(changed, place)
    ]
    return await acting.act(transaction, ActOf(ActKind.PLACED, None, starts=at), said, at)


def _said(thing: Structure | Professional, at: datetime) -> list[Statement]:
    return structure_enrolled(thing, at) if isinstance(thing, Structure) else professional_enrolled(thing, at)
