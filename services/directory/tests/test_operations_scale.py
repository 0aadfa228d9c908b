"""A territory of thousands of structures is split in seconds. Only with LONG=1: it makes the territory first."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from terresante_directory.domain.acts import ActKind, ActOf
from terresante_directory.domain.facts import Span, Statement, Subject, SubjectKind
from terresante_directory.domain.offers import OfferContent
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.store import acting
from terresante_platform.database import Database

from .operations_desk import Operations, split_territory
from .operations_world import FIRST, OUEST, day
from .tree import Tree

STRUCTURES, OFFERS, PEOPLE, PLACES = 4_000, 1_500, 12_000, 15_000
"""Half of the structures are in the communes that go; a third of them are roots, the others under these."""
GOING, STAYING = "94081", "94022"
LIMIT_SECONDS = 5.0
"""On processors of one's own; that much more when neighbours want them too."""


def uuid(kind: int, number: int) -> str:
    return str(UUID(int=(kind << 64) + number, version=4))


def statements() -> Iterator[Statement]:
    """A made-up territory; all its offers go."""
    territory = {"name": "94 Ouest", "department": "94", "started": True}
    yield Statement(Subject(SubjectKind.TERRITORY, OUEST), Span(), territory)
    for code in (GOING, STAYING):
        yield Statement(Subject(SubjectKind.COMMUNE, code), Span(), {"territory_code": OUEST})
    for number in range(STRUCTURES):
        yield _said(SubjectKind.STRUCTURE, uuid(1, number), _structure(number))
    for number in range(OFFERS):
        offer = OfferContent(uuid(1, number * 2), f"Consultation {number}", confirmed_at=FIRST.isoformat())
        yield _said(SubjectKind.OFFER, uuid(2, number), offer.content())
    for number in range(PEOPLE):
        said = {"rpps": "", "family_name": "Martin", "given_name": "Anne", "profession": "10"}
        yield _said(SubjectKind.PROFESSIONAL, uuid(3, number), said)
    for number in range(PLACES):
        place = {
            "professional_id": uuid(3, number % PEOPLE),
            "structure_id": uuid(1, (number + number // PEOPLE) % STRUCTURES),
        }
        yield _said(SubjectKind.PLACE, uuid(4, number), {**place, "role": "", "continues_since": ""})


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_a_territory_of_two_thousand_structures_is_split_within_five_seconds(
    database: Database, tree: Tree
) -> None:
    everything = statements()
    while part := list(islice(everything, 5_000)):
        async with database.transaction() as transaction:
            await acting.act(transaction, ActOf(ActKind.IMPORTED, None), part, FIRST)
    await tree.desk.administrator(OUEST)
    tree.clock.at, operations = day(1), Operations(tree, database)
    asked = split_territory(OUEST, "94-vitry", GOING)

    begun = time.monotonic()
    shown = await operations.preview(asked)
    previewed = time.monotonic() - begun
    done = await operations.perform(asked, shown.preview)
    performed = time.monotonic() - begun - previewed
    tree.later()
    begun = time.monotonic()
    await operations.undo(done.act)
    undone = time.monotonic() - begun

    print(f"preview {previewed:.2f} s, performed {performed:.2f} s, undone {undone:.2f} s")  # noqa: T201
    impacts = shown.impacts
    assert (impacts.structures, impacts.offers, impacts.places) == (STRUCTURES // 2, OFFERS, PLACES // 2)
    neighbours = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert max(previewed, performed, undone) < LIMIT_SECONDS * neighbours


def _structure(number: int) -> Any:
    """Even ones go. Every third pair is a root; the two after it are under it."""
    rank, root = number // 2, (number // 2) // 3 * 3 * 2 + number % 2
    return StructureContent(
        name=f"Structure {number}",
        level="internal" if rank % 3 else "site",
        kind="other",
        territory_code=OUEST,
        part_of=uuid(1, root) if rank % 3 else "",
        commune_code=STAYING if number % 2 else GOING,
    ).content()


def _said(kind: SubjectKind, id: str, content: Any) -> Statement:
    return Statement(Subject(kind, id), Span(FIRST - timedelta(days=1)), content)
