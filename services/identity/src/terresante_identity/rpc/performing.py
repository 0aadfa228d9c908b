"""How an act on source identities takes effect: sources move, persons look otherwise, it is kept and announced.

Everybody takes locks in one order, so that nobody waits in a circle: names (numbers, birth dates), persons by id, their
sources, pairs; the act itself comes last.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_identity import events
from terresante_identity.domain import survivorship
from terresante_identity.domain.asking import kept_of
from terresante_identity.domain.identity import Person, PersonChangedSince, PersonId, ProfessionalId, registered
from terresante_identity.domain.linkage import ActKind, LinkageAct, turned
from terresante_identity.domain.sources import Source
from terresante_identity.domain.survivorship import InsNumber
from terresante_identity.matcher import Matcher
from terresante_identity.store import acts, persons, reviews, sources
from terresante_identity.store.persons import Act

WORDS = {
    ActKind.REGISTERED: "registered",
    ActKind.LINKED: "linked",
    ActKind.UNLINKED: "unlinked",
    ActKind.MERGED: "merged",
    ActKind.SPLIT: "split",
    ActKind.REFUSED: "refused",
    ActKind.UNDONE: "undone",
}
"""What the history of a person calls an act."""


@dataclass(slots=True)
class Held:
    """Persons and their source identities, locked until the transaction ends, as they are at this point of it."""

    persons: dict[PersonId, Person]
    members: dict[PersonId, list[Source]]


async def hold(transaction: AsyncConnection, ids: Collection[PersonId], more: Iterable[Source] = ()) -> Held:
    """Locks persons and what is linked to them; `more`: sources that will be. Raises `PersonUnknown`."""
    seen = await sources.of_persons(transaction, ids)
    named = _names([*more, *(one for some in seen.values() for one in some)])
    await persons.lock_names(transaction, named)
    locked = await persons.lock(transaction, ids)
    members = await sources.lock(transaction, ids)
    if not _names(one for some in members.values() for one in some) <= named:
        raise PersonChangedSince(
            "Une identité source vient de recevoir une autre version.", "Relisez la personne et recommencez."
        )
    return Held(locked, members)


async def perform(
    transaction: AsyncConnection,
    matcher: Matcher,
    held: Held,
    act: LinkageAct,
    arriving: Source | None = None,
    why: Act | None = None,
) -> LinkageAct:
    """Carries an act out on persons that are held; `arriving`: the source that is new with it. Gives the act as kept.

    `why`: what the histories of the persons say, if it is not the act's own word.
    """
    turn = turned(act.moves, {id: {one.id for one in some} for id, some in held.members.items()})
    if turn.absorbed is not None:
        act = replace(act, absorbed=turn.absorbed[0], surviving=turn.absorbed[1])
    revived = turn.separated is not None and turn.separated[0] in held.persons
    _move(held, act, arriving)
    why = why or Act(WORDS[act.kind], ProfessionalId(act.by), act.at)
    before = {move.before: None for move in act.moves if move.before is not None}
    after = {move.after: None for move in act.moves}
    for id in [*before, *after]:  # who gives a number up does so before another takes it
        await show(transaction, held, id, why, act.surviving if id == act.absorbed else None)
    await _keep(transaction, matcher, act, arriving)
    if before:  # a source that is new is in no pair yet
        for id in after:
            await reviews.overtake_united(transaction, id, act.id)
    if turn.absorbed is not None:
        await events.persons_merged(transaction, act, *turn.absorbed)
    if turn.separated is not None:
        await events.persons_separated(transaction, act, *turn.separated, revived)
    for move in act.moves:
        await events.source_moved(transaction, act, move)
    return act


async def show(
    transaction: AsyncConnection, held: Held, id: PersonId, why: Act, merged_into: PersonId | None = None
) -> Person:
    """Keeps and announces what a person looks like with the sources they have now; nothing when nothing changed."""
    before, members = held.persons.get(id), held.members.get(id, [])
    if before is not None and not members:
        after = survivorship.shown_as(before, survivorship.view_of(before), merged_into)
    else:
        view = survivorship.shown(members, await _held_by_others(transaction, id, members))
        if before is None:
            after = registered(id, view.traits, view.standing, view.ins, why.by, why.at)
        else:
            after = survivorship.shown_as(before, view)
    if before is None:
        await persons.add(transaction, after, why)
        await events.person_created(transaction, after)
    elif after is not before:
        await persons.save(transaction, after, why)
        await events.person_changed(transaction, after, why.at)
    held.persons[id] = after
    return after


async def find_by(transaction: AsyncConnection, matcher: Matcher, source: Source) -> None:
    """Makes a source findable by its present version."""
    await matcher.keep(transaction, kept_of(source))


def _move(held: Held, act: LinkageAct, arriving: Source | None) -> None:
    for move in act.moves:
        if move.before is None:
            if arriving is None:
                raise LookupError("a move from nobody is that of the source that arrives")
            moved = arriving
        else:
            moved = next(one for one in held.members[move.before] if one.id == move.source)
            held.members[move.before].remove(moved)
        held.members.setdefault(move.after, []).append(replace(moved, person=move.after))


async def _keep(transaction: AsyncConnection, matcher: Matcher, act: LinkageAct, arriving: Source | None) -> None:
    if arriving is not None:
        await sources.add(transaction, arriving)
        await find_by(transaction, matcher, arriving)
    moved = [move for move in act.moves if move.before is not None]
    for move in moved:
        if move.before is not None:
            await sources.move(transaction, move.source, move.before, move.after)
    if moved:
        await matcher.move(transaction, [move.source for move in moved], moved[0].after)
    await acts.add(transaction, act)


async def _held_by_others(
    transaction: AsyncConnection, id: PersonId, members: Collection[Source]
) -> frozenset[InsNumber]:
    claimed = {survivorship.number(ins): ins for one in members if (ins := one.version.claim.ins) is not None}
    holders = {number: await persons.find_holder(transaction, ins) for number, ins in claimed.items()}
    return frozenset(number for number, holder in holders.items() if holder not in {None, id})


def _names(some: Iterable[Source]) -> set[str]:
    return {persons.named_ins(ins) for one in some if (ins := one.version.claim.ins) is not None}
