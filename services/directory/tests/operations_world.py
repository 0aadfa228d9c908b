"""A made-up corner of the directory in memory: what is known of it, and what operations on it make known."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from terresante_directory.domain.facts import (
    ActId,
    Fact,
    Revision,
    Span,
    Statement,
    Subject,
    SubjectKind,
    revised,
    undone,
)
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.domain.operations.asked import MergeStructures, MoveStructures, Operation
from terresante_directory.domain.operations.plan import Plan, World, planned
from terresante_directory.domain.territories import Administrator
from terresante_platform.ids import new_id

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
OUEST, SUD, NORD = TerritoryCode("94-ouest"), TerritoryCode("95-sud"), TerritoryCode("92-nord")
COMMUNES = {"94028": 93_000, "94081": 95_000, "95018": 110_000, "92012": 120_000}
"""Inhabitants by COG code, rounded."""


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


def administrator(*codes: str) -> Administrator:
    return Administrator(AdministratorId(uuid4()), "Claire", "Durand", frozenset(map(TerritoryCode, codes)))


def sheet(name: str, **more: Any) -> dict[str, Any]:
    """What is said of a structure: an open site of 94 Ouest unless said otherwise."""
    said = {
        "level": "site",
        "territory_code": OUEST,
        "part_of": "",
        "commune_code": "",
        "closed": False,
        "closing_kind": "",
    }
    return {"name": name, **said, **more}


class Corner:
    """`known`: the facts known now. Territories, and the communes that the first two cover, are there since ever."""

    def __init__(self) -> None:
        self.known: list[Fact] = []
        self._written: dict[ActId, list[Fact]] = {}
        self._ended: dict[ActId, list[Fact]] = {}
        for code in (OUEST, SUD, NORD):
            said = {"name": code, "department": code[:2], "started": True}
            self.say(Subject(SubjectKind.TERRITORY, code), said, None)
        for commune, code in {"94028": OUEST, "94081": OUEST, "95018": SUD}.items():
            self.say(Subject(SubjectKind.COMMUNE, commune), {"territory_code": code}, None)

    def structure(self, name: str, since: datetime | None = FIRST, **more: Any) -> str:
        id = str(new_id())
        self.say(Subject(SubjectKind.STRUCTURE, id), sheet(name, **more), since)
        return id

    def offer(self, structure: str) -> str:
        id = str(new_id())
        self.say(
            Subject(SubjectKind.OFFER, id), {"structure_id": structure, "name": "Consultation", "closed": False}, FIRST
        )
        return id

    def place(self, structure: str, person: str = "", since: datetime = FIRST, until: datetime | None = None) -> str:
        id = str(new_id())
        said = {
            "professional_id": person or str(new_id()),
            "structure_id": structure,
            "role": "titulaire",
            "continues_since": "",
        }
        self.say(Subject(SubjectKind.PLACE, id), said, since, until)
        return id

    def say(self, subject: Subject, content: dict[str, Any] | None, since: datetime | None, until: Any = None) -> ActId:
        return self.act([Statement(subject, Span(since, until), content)])

    def change(self, id: str, since: datetime, until: datetime | None = None, **said: Any) -> ActId:
        """Something else of a structure from then on."""
        subject = Subject(SubjectKind.STRUCTURE, id)
        return self.say(subject, {**self.said(subject, since), **said}, since, until)

    def act(self, statements: Sequence[Statement]) -> ActId:
        act = ActId(uuid4())
        return self._keep(act, revised(self.known, statements, act))

    def undo(self, act: ActId) -> ActId:
        """Raises `ActBuiltUpon`."""
        return self._keep(ActId(uuid4()), undone(self._written[act], self.known, self._ended[act]))

    def plan(self, asked: Operation, start: datetime, by: Administrator | None = None) -> Plan:
        world = World(self.known, COMMUNES, new_id)
        return planned(world, asked, start, by or administrator(OUEST, SUD, NORD))

    def perform(self, asked: Operation, start: datetime, by: Administrator | None = None) -> tuple[Plan, ActId]:
        plan = self.plan(asked, start, by)
        return plan, self.act(plan.statements)

    def said(self, subject: Subject | str, at: datetime) -> dict[str, Any]:
        """Of a subject, or of a structure by id, at that moment; empty if nothing."""
        wanted = Subject(SubjectKind.STRUCTURE, subject) if isinstance(subject, str) else subject
        found = [dict(fact.content) for fact in self.known if fact.subject == wanted and fact.span.holds(at)]
        assert len(found) <= 1
        return found[0] if found else {}

    def of(self, kind: SubjectKind, at: datetime) -> dict[str, dict[str, Any]]:
        """All of a kind at that moment, by id."""
        here = [fact for fact in self.known if fact.subject.kind is kind and fact.span.holds(at)]
        return {fact.subject.id: dict(fact.content) for fact in here}

    def everything(self) -> set[tuple[Subject, Span, str, UUID]]:
        return {(fact.subject, fact.span, str(sorted(fact.content.items())), fact.said_by) for fact in self.known}

    def _keep(self, act: ActId, revision: Revision) -> ActId:
        gone = {fact.id for fact in revision.ended}
        new = [Fact(uuid4(), one.subject, one.span, one.content, act, one.said_by) for one in revision.written]
        self.known = [fact for fact in self.known if fact.id not in gone] + new
        self._written[act], self._ended[act] = new, list(revision.ended)
        return act


def moving(*ids: str, under: str = "", to: str = "") -> MoveStructures:
    return MoveStructures(ids, under, to)


def merging(*ids: str, into: str) -> MergeStructures:
    return MergeStructures(ids, into)


def hospital(corner: Corner, name: str = "Hôpital", territory: str = OUEST) -> tuple[str, str, str, str]:
    """A legal entity, its site, a pole of it and a unit of that."""
    entity = corner.structure(name, level="legal_entity", territory_code=territory)
    site = corner.structure(f"{name} (site)", part_of=entity, territory_code=territory)
    pole = corner.structure(f"{name} (pôle)", level="internal", part_of=site, territory_code=territory)
    unit = corner.structure(f"{name} (unité)", level="internal", part_of=pole, territory_code=territory)
    return entity, site, pole, unit
