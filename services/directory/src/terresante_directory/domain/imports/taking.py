"""What an act says when chosen lines are taken: pure, from what is known of their subjects and what they hang on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from terresante_directory.domain.changing import changed
from terresante_directory.domain.facts import ActId, Content, Fact, Span, Statement, Subject, SubjectKind, revised
from terresante_directory.domain.hierarchy import UNDER
from terresante_directory.domain.identifiers import StructureId
from terresante_directory.domain.imports.said import Texts, midnight
from terresante_directory.domain.imports.states import ImportLine, Outcome
from terresante_directory.domain.imports.views import CLOSED_FOR_GOOD, corrected, new_offer, new_structure
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.subjects import of_structure

PERSON = ("rpps", "family_name", "given_name", "profession")


class LeftOut(Exception):
    """A line that cannot be taken after all: `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Chosen:
    """A line to take, with what its source says."""

    line: ImportLine
    said: Texts

    @property
    def subject(self) -> Subject:
        return Subject(_kind(self.line), self.line.subject)


@dataclass(slots=True)
class World:
    """What is known of all that the lines touch, and what the act will have said so far. `new`: ids to be, by kind and
    key; `linked`: ids that stand, by the same. `people`: what the source says of professionals, by key. `homes`: which
    territory answers for those who are enrolled, by id.
    """

    at: datetime
    territories: frozenset[str]
    known: Mapping[Subject, Sequence[Fact]]
    linked: Mapping[tuple[SubjectKind, str], str]
    people: Mapping[str, Texts]
    territory_of: Mapping[str, str]
    homes: Mapping[str, str]
    id: Callable[[], UUID]
    new: dict[tuple[SubjectKind, str], str] = field(default_factory=dict)
    begun: dict[str, StructureContent] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    closing: list[tuple[Chosen, Subject, str]] = field(default_factory=list)

    def structure(self, key: str, missing: str, is_past: bool = False) -> tuple[str, StructureContent]:
        """Id and content of a structure to hang something on; a closed one for what is past. Raises `LeftOut`."""
        id = self.linked.get((SubjectKind.STRUCTURE, key), "")
        found = self.content(Subject(SubjectKind.STRUCTURE, id)) if id else None
        if found is not None:
            told = StructureContent.of(found)
        else:
            id = self.new.get((SubjectKind.STRUCTURE, key), "")
            if id not in self.begun:
                raise LeftOut(missing)
            told = self.begun[id]
        if told.closed and not is_past:
            raise LeftOut("STRUCTURE_CLOSED")
        if told.territory_code not in self.territories:
            raise LeftOut("TERRITORY_NOT_YOURS")
        return id, told

    def content(self, subject: Subject) -> Content | None:
        """What holds now."""
        holding = (one.content for one in self.known.get(subject, ()) if one.span.holds(self.at))
        return next(holding, None)


def take(chosen: Chosen, world: World) -> Subject:
    """Adds what taking a line says; gives what it is about. Raises `LeftOut`; then nothing was added."""
    line = chosen.line
    if line.outcome is Outcome.NEW:
        return _BEGIN[_kind(line)](chosen, world)
    subject, known = chosen.subject, world.known.get(chosen.subject, ())
    if not any(str(fact.id) == line.seen for fact in known):
        raise LeftOut("CHANGED_SINCE")
    if line.kind is SubjectKind.PLACE:
        world.statements += _place_corrected(chosen, world)
        return subject
    content = world.content(subject)
    if content is None:
        raise LeftOut("CHANGED_SINCE")
    _must_be_theirs(line, content, world)
    if line.outcome is Outcome.GONE:
        world.closing.append((chosen, subject, CLOSED_FOR_GOOD))
        return subject
    fields = {one.field: one.after for one in line.fields}
    if "part_of" in fields:
        _must_hang(StructureContent.of(content), fields["part_of"], world)
    world.statements += changed(known, world.at, corrected(_kind(line), content, fields, world.at))
    if "closed" in fields:
        world.closing.append((chosen, subject, chosen.said.get("closing_kind", CLOSED_FOR_GOOD)))
    return subject


def _kind(line: ImportLine) -> SubjectKind:
    if line.kind is None:
        raise LeftOut("KEY_MISSING")
    return line.kind


def _must_be_theirs(line: ImportLine, content: Content, world: World) -> None:
    if line.kind is SubjectKind.STRUCTURE:
        code = str(content["territory_code"])
    elif line.kind is SubjectKind.OFFER:
        above = world.content(Subject(SubjectKind.STRUCTURE, str(content["structure_id"])))
        code = str(above["territory_code"]) if above else ""
    else:
        code = world.homes.get(line.subject, "")
    if code not in world.territories:
        raise LeftOut("TERRITORY_NOT_YOURS")
    if content.get("closed"):
        raise LeftOut("STRUCTURE_CLOSED")


def _must_hang(said: StructureContent, parent: str, world: World) -> None:
    above = world.content(Subject(SubjectKind.STRUCTURE, parent))
    if above is None:
        raise LeftOut("PARENT_NOT_TAKEN")
    told = StructureContent.of(above)
    if told.closed:
        raise LeftOut("STRUCTURE_CLOSED")
    if told.level not in UNDER[said.level]:
        raise LeftOut("PARENT_INVALID")


def _structure_begun(chosen: Chosen, world: World) -> Subject:
    line, said = chosen.line, chosen.said
    fields = {one.field: one.after for one in line.fields}
    parent = fields.get("part_of", "")
    above: StructureContent | None = None
    key = said.get("parent", "")
    if parent:
        _must_hang(new_structure(said, "", parent), parent, world)
        above = StructureContent.of(world.content(Subject(SubjectKind.STRUCTURE, parent)) or {})
    elif key and (key.startswith("id:") or (SubjectKind.STRUCTURE, key) in world.new):
        parent, above = world.structure(key, "PARENT_NOT_TAKEN")
    territory = (
        said.get("territory_code") or (above.territory_code if above else "") or world.territory_of.get(line.key, "")
    )
    if territory not in world.territories:
        raise LeftOut("TERRITORY_NOT_YOURS")
    content = new_structure(said, territory, parent)
    if above is not None and above.level not in UNDER[content.level]:
        raise LeftOut("PARENT_INVALID")
    id = world.new.setdefault((SubjectKind.STRUCTURE, line.key), str(world.id()))
    world.begun[id] = content
    subject = of_structure(StructureId(UUID(id)))
    shut = content.shut(said.get("closing_kind", CLOSED_FOR_GOOD)).content()
    world.statements += _lived(subject, content.content(), shut, said, world.at)
    return subject


def _offer_begun(chosen: Chosen, world: World) -> Subject:
    said = chosen.said
    is_past = "closed" in said and midnight(said["closed"]) <= world.at
    id, _ = world.structure(said["structure"], "STRUCTURE_NOT_TAKEN", is_past)
    content = new_offer(said, id, world.at)
    subject = Subject(SubjectKind.OFFER, str(world.id()))
    shut = content.shut(said.get("closing_kind", CLOSED_FOR_GOOD), world.at)
    world.statements += _lived(subject, content.content(), shut.content(), said, world.at)
    return subject


def _place_begun(chosen: Chosen, world: World) -> Subject:
    """With the professional, if they are not enrolled yet, from their first place on."""
    said = chosen.said
    since = midnight(said["since"]) if "since" in said else world.at
    until = midnight(said["until"]) if "until" in said else None
    is_past = until is not None and until <= world.at
    structure, _ = world.structure(said["structure"], "STRUCTURE_NOT_TAKEN", is_past)
    person = world.linked.get((SubjectKind.PROFESSIONAL, said["professional"]), "")
    if not person or world.content(Subject(SubjectKind.PROFESSIONAL, person)) is None:
        person = _enrolled(said["professional"], since, world)
    content: Content = {
        "professional_id": person,
        "structure_id": structure,
        "role": said.get("role", ""),
        "continues_since": "",
    }
    subject = Subject(SubjectKind.PLACE, str(world.id()))
    world.statements.append(Statement(subject, Span(since, until), content))
    return subject


def _enrolled(key: str, since: datetime, world: World) -> str:
    said = world.people.get(key)
    if said is None:
        raise LeftOut("NOT_ENROLLED")
    already = world.new.get((SubjectKind.PROFESSIONAL, key))
    if already:
        return already
    id = world.new[SubjectKind.PROFESSIONAL, key] = str(world.id())
    subject = Subject(SubjectKind.PROFESSIONAL, id)
    content = {name: said.get(name, "") for name in PERSON}
    world.statements.append(Statement(subject, Span(since), content))
    return id


def _lived(subject: Subject, open: Content, shut: Content, said: Texts, at: datetime) -> list[Statement]:
    """Open from its first day on, now if that is not said; closed from its last day on."""
    start = midnight(said["opened"]) if "opened" in said else at
    if "closed" not in said:
        return [Statement(subject, Span(start), open)]
    end = midnight(said["closed"])
    if end <= start:
        return [Statement(subject, Span(start), shut)]
    return [Statement(subject, Span(start, end), open), Statement(subject, Span(end), shut)]


def _place_corrected(chosen: Chosen, world: World) -> list[Statement]:
    """Its role for all of its time; its end as said, now if it is gone."""
    known = sorted(world.known[chosen.subject], key=lambda fact: (fact.span.start is not None, fact.span.start))
    first, last = known[0], known[-1]
    above = world.content(Subject(SubjectKind.STRUCTURE, str(last.content["structure_id"])))
    if above is None or above["territory_code"] not in world.territories:
        raise LeftOut("TERRITORY_NOT_YOURS")
    fields = {one.field: one.after for one in chosen.line.fields}
    content = {**last.content, **{name: fields[name] for name in ("role",) if name in fields}}
    until = last.span.end
    if chosen.line.outcome is Outcome.GONE:
        until = max(world.at, first.span.start or world.at)
    elif "until" in fields:
        until = max(midnight(fields["until"]), first.span.start or world.at)
    subject = chosen.subject
    return [Statement(subject, Span(), None), Statement(subject, Span(first.span.start, until), content)]


_BEGIN: Mapping[SubjectKind, Callable[[Chosen, World], Subject]] = {
    SubjectKind.STRUCTURE: _structure_begun,
    SubjectKind.OFFER: _offer_begun,
    SubjectKind.PLACE: _place_begun,
}


def once_said(known: Sequence[Fact], statements: Sequence[Statement], id: Callable[[], UUID]) -> list[Fact]:
    """What will be known once the statements are made."""
    act = ActId(id())
    revision = revised(known, statements, act)
    ended = {fact.id for fact in revision.ended}
    written = [Fact(id(), one.subject, one.span, one.content, act, one.said_by) for one in revision.written]
    return [*(fact for fact in known if fact.id not in ended), *written]


def circling(moves: Mapping[str, str], part_of: Mapping[str, str]) -> set[str]:
    """Of structures that get another parent (`moves`), those above which they would find themselves.

    `part_of`: what the others are part of.
    """
    found = set()
    for id in moves:
        above, seen = moves[id], {id}
        while above and above not in seen:
            seen.add(above)
            above = moves.get(above) or part_of.get(above, "")
        if above:
            found.add(id)
    return found
