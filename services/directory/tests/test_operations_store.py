"""What is looked at in the database is enough: with everything that is known, an operation comes out the same."""

import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from terresante_directory.domain.acts import ActKind, ActOf
from terresante_directory.domain.facts import Fact, Span, Statement, Subject, SubjectKind
from terresante_directory.domain.offers import OfferContent
from terresante_directory.domain.operations.asked import (
    MergeStructures,
    MergeTerritories,
    MoveCommunes,
    MoveStructures,
    Operation,
    SplitStructure,
    SplitTerritory,
)
from terresante_directory.domain.operations.plan import World, planned
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.territories import Administrator
from terresante_directory.store import acting, facts
from terresante_directory.store.operations import concerned
from terresante_directory.store.tables import fact
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .operations_world import COMMUNES, FIRST, NORD, OUEST, SUD, administrator, day

TERRITORIES = (OUEST, SUD, NORD)
LEVELS = ("legal_entity",) * 2 + ("site",) * 5 + ("internal",) * 6
ABOVE = {"legal_entity": range(0), "site": range(2), "internal": range(2, 7)}
CODES = sorted(COMMUNES)


class Chance:
    """A made-up directory, and operations on it, all from one seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)  # noqa: S311
        self.structures = [self.id() for _ in LEVELS]
        self.people = [self.id() for _ in range(4)]
        self.offers = [self.id() for _ in range(6)]
        self.places = [self.id() for _ in range(8)]

    def id(self) -> str:
        return str(UUID(int=self.draw.getrandbits(128), version=4))

    def beginning(self) -> list[Statement]:
        """Everything there is, with some changes that are scheduled."""
        said = [_of(SubjectKind.TERRITORY, code, _territory(code)) for code in TERRITORIES]
        said += [
            _of(SubjectKind.COMMUNE, code, {"territory_code": self.draw.choice(TERRITORIES)}) for code in CODES[1:]
        ]
        for number, id in enumerate(self.structures):
            said.append(_of(SubjectKind.STRUCTURE, id, self.sheet(number), FIRST))
            if self.draw.random() < 0.3:
                said.append(_of(SubjectKind.STRUCTURE, id, self.sheet(number), day(self.draw.randrange(5, 20))))
        said += [_of(SubjectKind.PROFESSIONAL, id, _person(number), FIRST) for number, id in enumerate(self.people)]
        for id in self.offers:
            content = OfferContent(self.draw.choice(self.structures), "Consultation", confirmed_at=FIRST.isoformat())
            said.append(_of(SubjectKind.OFFER, id, content.content(), FIRST))
        pairs = [(person, structure) for person in self.people for structure in self.structures[2:6]]
        for id, (person, structure) in zip(self.places, self.draw.sample(pairs, len(self.places)), strict=True):
            content = {"professional_id": person, "structure_id": structure, "role": "", "continues_since": ""}
            said.append(_of(SubjectKind.PLACE, id, content, day(self.draw.randrange(10))))
        return said

    def sheet(self, number: int) -> dict[str, Any]:
        level = LEVELS[number]
        above = [one for one in ABOVE[level] if one != number]
        has_parent = above and (level == "internal" or self.draw.random() < 0.6)
        return dict(
            StructureContent(
                name=f"Structure {number}",
                level=level,
                kind="other",
                territory_code=self.draw.choice((OUEST, OUEST, SUD, NORD)),
                part_of=self.structures[self.draw.choice(above)] if has_parent else "",
                commune_code=self.draw.choice(CODES),
            ).content()
        )

    def operation(self) -> Operation:
        one, other, third = self.draw.sample(self.structures, 3)
        site, into = self.draw.sample(self.structures[2:7], 2)
        communes = tuple(self.draw.sample(CODES, self.draw.randrange(1, 3)))
        territory, new_home = self.draw.sample(TERRITORIES, 2)
        parts: Sequence[Callable[[], Operation]] = (
            lambda: MoveStructures((one,), other, ""),
            lambda: MoveStructures((one, third), "", territory),
            lambda: MoveStructures((self.structures[-1],), into, territory),
            lambda: MergeStructures((site,), into),
            lambda: MergeStructures((one, third), other),
            lambda: SplitStructure(site, self.sheet(3), (self.draw.choice(self.structures[7:]),), (), ()),
            lambda: SplitStructure(site, self.sheet(3), (), (), (self.draw.choice(self.places),)),
            lambda: SplitStructure(site, self.sheet(3), (), (self.draw.choice(self.offers),), ()),
            lambda: MoveCommunes(communes, territory),
            lambda: SplitTerritory(territory, f"94-{self.draw.randrange(100)}", "Nouveau", communes[:1]),
            lambda: MergeTerritories((territory,), new_home),
        )
        return self.draw.choice(parts)()


@pytest.mark.parametrize("seed", range(6))
async def test_an_operation_comes_out_as_if_everything_were_looked_at(database: Database, seed: int) -> None:
    chance, done = Chance(seed), 0
    async with database.transaction() as transaction:
        await acting.act(transaction, ActOf(ActKind.IMPORTED, None), chance.beginning(), FIRST)
    for number in range(25):
        asked, start, ids = chance.operation(), day(chance.draw.randrange(20)), chance.draw.getrandbits(64)
        at = day(20) + timedelta(minutes=number)
        async with database.transaction() as transaction:
            known = [
                facts.fact_of(row) for row in await transaction.execute(select(fact).where(fact.c.known_to.is_(None)))
            ]
            subjects = await concerned.subjects(transaction, asked, start)
            part = await acting.hold(transaction, subjects, at)
            by = administrator(*(one.subject.id for one in known if one.subject.kind is SubjectKind.TERRITORY))
            statements, refused = worked_out(part, asked, (start, ids), by)
            everything, also_refused = worked_out(known, asked, (start, ids), by)
            assert refused == also_refused
            assert comparable(statements) == comparable(everything)
            if statements:
                await acting.act(transaction, ActOf(ActKind.MOVED, None, starts=start), statements, at)
                done += 1
    assert done > 3


def worked_out(
    known: list[Fact], asked: Operation, given: tuple[datetime, int], by: Administrator
) -> tuple[Sequence[Statement], str]:
    """What an operation says, or why it is refused. `given`: its start, and what its new ids are drawn from."""
    draw = random.Random(given[1])  # noqa: S311
    world = World(known, COMMUNES, lambda: UUID(int=draw.getrandbits(128), version=4))
    try:
        return planned(world, asked, given[0], by).statements, ""
    except Refusal as refusal:
        return (), refusal.reason


def comparable(statements: Sequence[Statement]) -> set[tuple[Subject, Span, str]]:
    return {(one.subject, one.span, json.dumps(one.content, sort_keys=True)) for one in statements}


def _of(kind: SubjectKind, id: str, content: Any, since: Any = None) -> Statement:
    return Statement(Subject(kind, id), Span(since), content)


def _territory(code: str) -> dict[str, Any]:
    return {"name": code, "department": code[:2], "started": True}


def _person(number: int) -> dict[str, str]:
    return {"rpps": "", "family_name": f"Martin{'abcd'[number]}", "given_name": "Anne", "profession": "10"}
