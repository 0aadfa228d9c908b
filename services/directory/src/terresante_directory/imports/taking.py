"""What chosen lines need of the database before an act takes them: all that they touch, held; what closes with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import new_id

from terresante_directory.domain.changing import ended, shut
from terresante_directory.domain.facts import Fact, Statement, Subject, SubjectKind
from terresante_directory.domain.identifiers import ProfessionalId
from terresante_directory.domain.imports.states import ImportLine, Outcome
from terresante_directory.domain.imports.taking import Chosen, LeftOut, World, circling, once_said, take
from terresante_directory.domain.subjects import belonging
from terresante_directory.store import acting, hierarchy, professionals, sources
from terresante_directory.store.locking import lock_keys
from terresante_directory.store.tables import fact

ORDER = (SubjectKind.STRUCTURE, SubjectKind.PROFESSIONAL, SubjectKind.PLACE, SubjectKind.OFFER)
LINKS = {"parent": SubjectKind.STRUCTURE, "structure": SubjectKind.STRUCTURE, "professional": SubjectKind.PROFESSIONAL}
TAKEN_KEYS = select(fact.c.key).where(
    fact.c.known_to.is_(None), fact.c.key == any_(bindparam("keys", type_=ARRAY(Text)))
)


@dataclass(frozen=True, slots=True)
class Source:
    """Whose words are taken, and in which territories."""

    name: str
    territories: frozenset[str]


@dataclass(slots=True)
class Taken:
    """Lines that the act takes, with what each is about; those left out, with the reason; and what is to be said."""

    lines: list[tuple[Chosen, Subject]] = field(default_factory=list)
    left: list[ImportLine] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    enrolled: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    """Key, id and words of the people who came with their places."""

    def leave(self, chosen: Chosen, reason: str) -> None:
        reasons = tuple(dict.fromkeys((*chosen.line.reasons, reason)))
        self.left.append(replace(chosen.line, outcome=Outcome.CONFLICT, reasons=reasons))


async def taken_of(transaction: AsyncConnection, source: Source, chosen: Sequence[Chosen], now: datetime) -> Taken:
    """What an act is to say so that these lines are taken; their subjects are held until the transaction ends."""
    world = await _world(transaction, source, chosen, now)
    taken = await _take(transaction, chosen, world)
    await _leave_taken_numbers(transaction, taken, world)
    closing = await _closings(transaction, world, taken)
    taken.statements = [*world.statements, *closing]
    said = {one.subject.id for one in world.statements}
    taken.enrolled = [
        (key, id, world.people[key])
        for (kind, key), id in world.new.items()
        if kind is SubjectKind.PROFESSIONAL and id in said
    ]
    return taken


async def _world(transaction: AsyncConnection, source: Source, chosen: Sequence[Chosen], now: datetime) -> World:
    linked: dict[tuple[SubjectKind, str], str] = {}
    for name, kind in LINKS.items():
        keys = {one.said[name] for one in chosen if name in one.said}
        found = await sources.subjects_of(transaction, source.name, kind, keys)
        linked |= {(kind, key): id for key, id in found.items()}
    parents = {one.after for each in chosen for one in each.line.fields if one.field == "part_of"}
    subjects = {one.subject for one in chosen if one.line.subject}
    subjects |= {Subject(kind, id) for (kind, _), id in linked.items()}
    subjects |= {Subject(SubjectKind.STRUCTURE, id) for id in parents}
    subjects |= {Subject(SubjectKind.TERRITORY, code) for code in source.territories}
    known = _by_subject(await acting.hold(transaction, subjects, now))
    over = {
        str(one.content["structure_id"]) for facts in known.values() for one in facts if "structure_id" in one.content
    }
    more = {Subject(SubjectKind.STRUCTURE, id) for id in over} - set(known)
    known |= _by_subject(await acting.hold(transaction, more, now))
    structures = [one.line.key for one in chosen if one.line.kind is SubjectKind.STRUCTURE]
    placed = await sources.contents_of(transaction, source.name, SubjectKind.STRUCTURE, structures)
    keys = {one.said["professional"] for one in chosen if "professional" in one.said}
    people = await sources.contents_of(transaction, source.name, SubjectKind.PROFESSIONAL, keys)
    return World(
        at=now,
        territories=source.territories,
        known=known,
        linked=linked,
        people={key: content for key, (content, _) in people.items()},
        territory_of={key: territory for key, (_, territory) in placed.items()},
        homes=await _homes(transaction, known),
        id=new_id,
        new={
            (SubjectKind.STRUCTURE, one.line.key): str(new_id())
            for one in chosen
            if one.line.outcome is Outcome.NEW and one.line.kind is SubjectKind.STRUCTURE
        },
    )


async def _homes(transaction: AsyncConnection, known: Iterable[Subject]) -> dict[str, str]:
    """Which territory answers for these professionals now: since the preview they may practise elsewhere."""
    ids = [ProfessionalId(UUID(one.id)) for one in known if one.kind is SubjectKind.PROFESSIONAL]
    enrolled = await professionals.get_many(transaction, ids)
    return {str(id): one.home() for id, one in enrolled.items() if one.places}


async def _take(transaction: AsyncConnection, chosen: Sequence[Chosen], world: World) -> Taken:
    """In the order in which one hangs on the other."""
    taken = Taken()
    circles = await _circling(transaction, chosen, world.at)
    for kind in ORDER:
        mine = [one for one in chosen if one.line.kind is kind]
        for one in mine:
            if one.line.subject in circles and one.line.outcome is not Outcome.GONE:
                taken.leave(one, "PARENT_CIRCULAR")
        free = [one for one in mine if one.line.subject not in circles or one.line.outcome is Outcome.GONE]
        _take_kind(sorted(free, key=lambda one: one.said.get("since", "9999")), taken, world)
    return taken


def _take_kind(waiting: list[Chosen], taken: Taken, world: World) -> None:
    """A structure waits for the one that it is part of, as long as others come in."""
    while waiting:
        again = []
        for one in waiting:
            try:
                taken.lines.append((one, take(one, world)))
            except LeftOut as why:
                if why.reason == "PARENT_NOT_TAKEN":
                    again.append(one)
                else:
                    taken.leave(one, why.reason)
        if len(again) == len(waiting):
            for one in again:
                taken.leave(one, "PARENT_NOT_TAKEN")
            return
        waiting = again


async def _circling(transaction: AsyncConnection, chosen: Iterable[Chosen], now: datetime) -> set[str]:
    moves = {
        each.line.subject: one.after
        for each in chosen
        if each.line.subject
        for one in each.line.fields
        if one.field == "part_of"
    }
    part_of: dict[str, str] = {}
    for parent in set(moves.values()):
        for above in await hierarchy.above(transaction, parent, now):
            part_of[above.subject.id] = str(above.content["part_of"])
    return circling(moves, part_of)


async def _leave_taken_numbers(transaction: AsyncConnection, taken: Taken, world: World) -> None:
    """Leaves out what would begin under a number that something else has by now."""
    keys = {
        key: one.subject
        for one in world.statements
        if one.content is not None and (key := belonging(one.subject, one.content).key)
    }
    begun = {subject for chosen, subject in taken.lines if chosen.line.outcome is Outcome.NEW}
    begun |= {Subject(kind, id) for (kind, _), id in world.new.items()}
    await lock_keys(transaction, keys)
    rows = await transaction.execute(TAKEN_KEYS, {"keys": [key for key, one in keys.items() if one in begun]})
    clashing = _hanging_on({keys[row.key] for row in rows}, world.statements)
    if not clashing:
        return
    world.statements = [one for one in world.statements if one.subject not in clashing]
    for chosen, subject in taken.lines:
        if subject in clashing:
            taken.leave(chosen, "CHANGED_SINCE")
    taken.lines = [(chosen, subject) for chosen, subject in taken.lines if subject not in clashing]


async def _closings(transaction: AsyncConnection, world: World, taken: Taken) -> list[Statement]:
    """Structures and offers that close, with all that is under them, as they are once the rest is said."""
    said: list[Statement] = []
    for chosen, subject, closing_kind in world.closing:
        under = await _under(transaction, subject, world.at)
        codes = {str(one.content["territory_code"]) for one in under if one.subject.kind is SubjectKind.STRUCTURE}
        if not codes <= world.territories:
            taken.lines = [(one, of) for one, of in taken.lines if one is not chosen]
            taken.leave(chosen, "TERRITORY_NOT_YOURS")
            continue
        facts = once_said(under, world.statements, new_id)
        places = [one for one in facts if one.subject.kind is SubjectKind.PLACE]
        rest = [one for one in facts if one.subject.kind in (SubjectKind.STRUCTURE, SubjectKind.OFFER)]
        concerned = {one.subject for one in under}
        closing = shut([one for one in rest if one.subject in concerned], world.at, closing_kind)
        stamp = {"confirmed_at": world.at.isoformat()}
        said += [_stamped(one, stamp) if one.subject.kind is SubjectKind.OFFER else one for one in closing]
        said += ended([one for one in places if one.subject in concerned], world.at)
    return said


async def _under(transaction: AsyncConnection, subject: Subject, now: datetime) -> list[Fact]:
    itself = await acting.hold(transaction, [subject], now)
    if subject.kind is not SubjectKind.STRUCTURE:
        return itself
    structures = await hierarchy.under(transaction, subject.id, now)
    ids = {subject.id, *(one.subject.id for one in structures)}
    kinds = [SubjectKind.OFFER, SubjectKind.PLACE]
    inside = await hierarchy.directly_under(transaction, ids, kinds, now)
    more = {one.subject for one in (*structures, *inside)}
    return [*itself, *await acting.hold(transaction, more, now)]


def _hanging_on(clashing: set[Subject], statements: Sequence[Statement]) -> set[Subject]:
    """With what would be under what cannot be, however deep."""
    found = set(clashing)
    while True:
        ids = {one.id for one in found}
        more = {
            one.subject
            for one in statements
            if one.content is not None
            and one.subject not in found
            and ids & {str(one.content.get(name) or "") for name in ("part_of", "structure_id", "professional_id")}
        }
        if not more:
            return found
        found |= more


def _stamped(one: Statement, stamp: Mapping[str, str]) -> Statement:
    return replace(one, content={**(one.content or {}), **stamp})


def _by_subject(facts: Iterable[Fact]) -> dict[Subject, list[Fact]]:
    known: dict[Subject, list[Fact]] = {}
    for one in facts:
        known.setdefault(one.subject, []).append(one)
    return known
