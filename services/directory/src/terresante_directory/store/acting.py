"""Acts: every change of the directory goes through here, as facts, and shows in the present tables at once."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, Uuid, any_, bindparam, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import new_id

from terresante_directory.domain.acts import EARLIEST, Act, ActOf, Touched
from terresante_directory.domain.facts import (
    ActId,
    Content,
    Fact,
    NewFact,
    Revision,
    Statement,
    Subject,
    SubjectKind,
    already_undone,
    built_upon,
    revised,
    undone,
)
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.subjects import belonging, moved
from terresante_directory.domain.undoing import must_still_fit
from terresante_directory.domain.versions import overtaken
from terresante_directory.store import acts, facts, hierarchy, taking_over
from terresante_directory.store.locking import held, lock_keys, lock_subjects
from terresante_directory.store.present import people, project
from terresante_directory.store.tables import account, fact, feeder, mandate, place, structure

MOST_TRIES = 5
IDS = bindparam("ids", type_=ARRAY(Uuid))
TEXTS = bindparam("texts", type_=ARRAY(Text))
LATEST = select(func.max(fact.c.known_from)).where(fact.c.id == any_(IDS))
TERRITORIES = select(structure.c.territory).distinct().where(structure.c.id == any_(IDS))
STILL_USED = select(
    or_(
        exists().where(fact.c.parent == any_(TEXTS), fact.c.known_to.is_(None)),
        exists().where(place.c.professional_id == any_(IDS)),
        exists().where(account.c.uid == any_(IDS)),
        exists().where(feeder.c.structure_id == any_(IDS)),
        exists().where(mandate.c.structures.overlap(IDS)),
    )
)


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was done, and what is another version by it: to be announced by `events.acted`."""

    act: Act
    touched: Touched


async def hold(transaction: AsyncConnection, subjects: Iterable[Subject], at: datetime) -> list[Fact]:
    """All that is known now of subjects, which nobody else changes until the transaction ends.

    Of structures and places together, who practises there is held too: an act that moves both makes them all other
    versions, and two of these would else take them in two orders.
    """
    wanted = set(subjects)
    places = any(one.kind is SubjectKind.PLACE for one in wanted)
    structures = [UUID(one.id) for one in wanted if one.kind is SubjectKind.STRUCTURE] if places else []
    await lock_subjects(transaction, wanted, await people.practising(transaction, structures, at))
    await taking_over.take_over(transaction, wanted, at)
    return await facts.known_of(transaction, wanted)


async def hold_found(
    transaction: AsyncConnection, find: Callable[[], Awaitable[set[Subject]]], at: datetime
) -> list[Fact]:
    """As `hold`, of what `find` finds, so that it finds no more as long as they are held.

    What it finds once they are held may be more: then all are let go, and held anew in the one order. Raises
    `VersionStale` when that has no end.
    """
    wanted = await find()
    for _ in range(MOST_TRIES):
        async with transaction.begin_nested() as attempt:
            known = await hold(transaction, wanted, at)
            found = await find()
            if found <= wanted:
                return known
            await attempt.rollback()
        wanted = found
    raise overtaken()


async def act(transaction: AsyncConnection, of: ActOf, statements: Sequence[Statement], at: datetime) -> Done:
    """Makes the statements true, as one act known from `at` on.

    Raises `StructureAlready`, `ProfessionalAlready`, `PlaceAlready` for a number, or a place, that another has then.
    """
    subjects = {statement.subject for statement in statements}
    await lock_subjects(transaction, held(statements))
    await taking_over.take_over(transaction, subjects, at)
    known = await facts.known_of(transaction, subjects)
    id = ActId(new_id())
    return await _do(transaction, id, of, revised(known, statements, id), at)


async def undo(transaction: AsyncConnection, present: Act, of: ActOf, at: datetime) -> Done:
    """Undoes an act that the transaction has locked (`acts.get_for_update`), as an act of its own.

    Raises `ActUndone`, `ActBuiltUpon`, and as `act` where somebody else has the number by now.
    """
    if present.undone_by is not None:
        raise already_undone()
    written, ended = await facts.written_by(transaction, present.id), await facts.ended_by(transaction, present.id)
    subjects = {one.subject for one in (*written, *ended)}
    above = {one.subject for one in await _above(transaction, ended)}
    practising = await people.practising(transaction, moved((*written, *ended)), at)
    await lock_subjects(transaction, above | held((*written, *ended)), practising)
    revision = undone(written, await facts.known_of(transaction, subjects), ended)
    done = await _do(transaction, ActId(new_id()), of, revision, at, undoes=present.id)
    must_still_fit(revision.written, await _above(transaction, revision.written))
    vanished = {one.subject for one in written} - {one.subject for one in revision.written}
    await _must_be_unused(transaction, vanished)
    return done


async def _do(
    transaction: AsyncConnection, id: ActId, of: ActOf, revision: Revision, at: datetime, undoes: ActId | None = None
) -> Done:
    """`at` is put off to the latest moment that what it ends is known from: clocks of two processes differ."""
    if revision.ended:
        latest = await transaction.scalar(LATEST, {"ids": [one.id for one in revision.ended]})
        at = max(at, latest)
    await lock_subjects(transaction, (), await people.practising(transaction, moved(_said(revision)), at))
    keys = [key for one in revision.written if (key := belonging(one.subject, one.content).key)]
    await lock_keys(transaction, keys)
    contents = [(one.subject, one.content) for one in _said(revision)]
    subjects = {subject for subject, _ in contents}
    done = Act(
        id=id,
        kind=of.kind,
        at=at,
        starts=of.starts,
        by=of.by,
        why=of.why,
        territories=of.territories | await _territories(transaction, contents),
        subjects=len(subjects),
        undoes=undoes,
    )
    await acts.add(transaction, done)
    await facts.write(transaction, revision, id, at)
    await facts.must_be_free(transaction, keys)
    return Done(done, await project(transaction, subjects, at))


async def _territories(
    transaction: AsyncConnection, contents: Iterable[tuple[Subject, Content]]
) -> frozenset[TerritoryCode]:
    """Those that the subjects are in, before and after: an offer's and a place's are their structure's."""
    said = [belonging(subject, content) for subject, content in contents]
    parents = {UUID(one.parent) for one in said if one.parent and one.territory is None}
    rows = await transaction.execute(TERRITORIES, {"ids": list(parents)}) if parents else ()
    return frozenset(TerritoryCode(one.territory) for one in said if one.territory) | {
        TerritoryCode(row.territory) for row in rows
    }


def _said(revision: Revision) -> list[Fact | NewFact]:
    return [*revision.ended, *revision.written]


async def _above(connection: AsyncConnection, said: Sequence[Fact | NewFact]) -> list[Fact]:
    """What is known of the structures that this is said of or under, and of all that they are part of."""
    ids = {belonging(one.subject, one.content).parent for one in said}
    ids |= {one.subject.id for one in said if one.subject.kind is SubjectKind.STRUCTURE}
    return await hierarchy.above(connection, {id for id in ids if id}, EARLIEST)


async def _must_be_unused(transaction: AsyncConnection, vanished: Iterable[Subject]) -> None:
    """Raises `ActBuiltUpon` when something else is said of, or rests on, what there would no longer be."""
    kinds = (SubjectKind.STRUCTURE, SubjectKind.PROFESSIONAL)
    texts = [subject.id for subject in vanished if subject.kind in kinds]
    if texts and await transaction.scalar(STILL_USED, {"texts": texts, "ids": [UUID(text) for text in texts]}):
        raise built_upon()
