"""Acts of identity officers: which source identities are which person, and taking that back."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.consent.v1 import decision_service_pb2 as consent
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_identity.domain import linkage
from terresante_identity.domain.identity import PersonChangedSince, PersonId, require_unmerged, require_version
from terresante_identity.domain.linkage import ActId, ActKind, LinkageAct, Move, ReviewId
from terresante_identity.domain.reviews import (
    Review,
    ReviewState,
    decided,
    require_comment,
    require_may_absorb,
    require_one_ins,
)
from terresante_identity.domain.sources import Source, SourceId
from terresante_identity.domain.survivorship import number
from terresante_identity.rpc.access import Concerned, concerned_by_pair
from terresante_identity.rpc.desk import Desk, caller
from terresante_identity.rpc.performing import Held, hold, perform
from terresante_identity.rpc.proposing import propose_among
from terresante_identity.store import acts, reviews, sources
from terresante_identity.wire.linkage import act_to_proto
from terresante_identity.wire.persons import person_id, person_to_proto
from terresante_identity.wire.sources import act_id, source_id


class Moving:
    """Link, unlink, merge, split, undo. Each is asked of consent about every person concerned."""

    _desk: Desk

    @allow("professional")
    async def Link(self, request: pb.LinkRequest, _: Any) -> pb.LinkResponse:
        id, to, why = source_id(request.source_id), person_id(request.person_id), require_comment(request.comment)
        origin = await self._person_of(id)
        await self._may_decide([origin, to])

        async with self._desk.database.transaction() as transaction:
            held = await hold(transaction, {origin, to})
            target = held.persons[to]
            _one_of(held, origin, id)
            require_unmerged(target)
            require_version(target, request.person_version)
            moves = linkage.link(id, origin, to)
            _require_one_ins_each(held, moves)
            act = await perform(transaction, self._desk.matcher, held, self._act(ActKind.LINKED, moves, why))

        return pb.LinkResponse(act=act_to_proto(act), person=person_to_proto(held.persons[to]))

    @allow("professional")
    async def Unlink(self, request: pb.UnlinkRequest, _: Any) -> pb.UnlinkResponse:
        id, why, own = source_id(request.source_id), require_comment(request.comment), PersonId(new_id())
        origin = await self._person_of(id)
        await self._may_decide([origin])

        async with self._desk.database.transaction() as transaction:
            held = await hold(transaction, [origin])
            require_version(held.persons[origin], request.person_version)
            _one_of(held, origin, id)
            moves = linkage.unlink(id, origin, _ids(held, origin), own)
            act = await perform(transaction, self._desk.matcher, held, self._act(ActKind.UNLINKED, moves, why))

        return pb.UnlinkResponse(act=act_to_proto(act), person=person_to_proto(held.persons[own]))

    @allow("professional")
    async def Merge(self, request: pb.MergeRequest, _: Any) -> pb.MergeResponse:
        absorbed, surviving = person_id(request.absorbed_id, "absorbed_id"), person_id(request.surviving_id)
        why = require_comment(request.comment)
        linkage.require_two(absorbed, surviving)
        await self._may_decide([absorbed, surviving])

        async with self._desk.database.transaction() as transaction:
            held = await hold(transaction, {absorbed, surviving})
            for id, version in ((absorbed, request.absorbed_version), (surviving, request.surviving_version)):
                require_unmerged(held.persons[id])
                require_version(held.persons[id], version)
            require_may_absorb(held.persons[surviving], held.persons[absorbed])
            moves = linkage.merge(absorbed, surviving, _ids(held, absorbed))
            act = await perform(transaction, self._desk.matcher, held, self._act(ActKind.MERGED, moves, why))

        return pb.MergeResponse(act=act_to_proto(act), person=person_to_proto(held.persons[surviving]))

    @allow("professional")
    async def Split(self, request: pb.SplitRequest, _: Any) -> pb.SplitResponse:
        id, why, own = person_id(request.person_id), require_comment(request.comment), PersonId(new_id())
        chosen = {source_id(text, "source_ids") for text in request.source_ids}
        await self._may_decide([id])

        async with self._desk.database.transaction() as transaction:
            held = await hold(transaction, [id])
            require_version(held.persons[id], request.person_version)
            moves = linkage.split(id, _ids(held, id), chosen, own)
            act = await perform(transaction, self._desk.matcher, held, self._act(ActKind.SPLIT, moves, why))

        return pb.SplitResponse(act=act_to_proto(act), person=person_to_proto(held.persons[own]))

    @allow("professional")
    async def Undo(self, request: pb.UndoRequest, _: Any) -> pb.UndoResponse:
        id, why, own = act_id(request.act_id), require_comment(request.comment), PersonId(new_id())
        async with self._desk.database.reading() as connection:
            undone = await acts.get(connection, id)
            pair = await _pair_of(connection, undone.act)
        concerned = await self._touched(undone.act, pair)
        await self._desk.access.require_of(consent.ACTION_DECIDE_IDENTITY, concerned)

        async with self._desk.database.transaction() as transaction:
            held = await hold(transaction, {one.person for one in concerned})
            since = await acts.since(transaction, undone)
            gone = [one.id for one in held.persons.values() if one.merged_into is not None]
            moves = linkage.undo(undone.act, since, await acts.emptied_by(transaction, gone), own)
            _require_one_ins_each(held, moves)
            about = pair.id if pair else None
            act = replace(self._act(ActKind.UNDONE, moves, why), undoes=undone.act.id, review=about)
            await perform(transaction, self._desk.matcher, held, act)
            await reviews.reopen(transaction, undone.act.id)
            if pair is not None and await _in_force_again(transaction, undone.act):
                await _decide_again(transaction, pair.id, act)
            if undone.act.absorbed is not None:
                await propose_among(transaction, self._desk.matcher, _moved(held, moves), act.at)

        return pb.UndoResponse(act=act_to_proto(act))

    async def _person_of(self, id: SourceId) -> PersonId:
        async with self._desk.database.reading() as connection:
            return (await sources.by_id(connection, id)).person

    async def _may_decide(self, ids: Collection[PersonId]) -> None:
        await self._desk.access.require_of(consent.ACTION_DECIDE_IDENTITY, await self._desk.concerned(ids))

    async def _touched(self, undone: LinkageAct, pair: Review | None) -> list[Concerned]:
        """Every person that an act moved something from or to; for a pair found to be two people, both."""
        named = {id for move in undone.moves for id in (move.before, move.after) if id is not None}
        if named or pair is None:
            return await self._desk.concerned(sorted(named))
        return list(concerned_by_pair(pair))

    def _act(self, kind: ActKind, moves: tuple[Move, ...], why: str) -> LinkageAct:
        return LinkageAct(id=ActId(new_id()), kind=kind, at=self._desk.now(), by=caller(), moves=moves, comment=why)


def _moved(held: Held, moves: Collection[Move]) -> list[Source]:
    """The sources of these moves, where they are now."""
    moved = {move.source for move in moves}
    return [one for some in held.members.values() for one in some if one.id in moved]


def _ids(held: Held, person: PersonId) -> set[SourceId]:
    return {one.id for one in held.members[person]}


def _one_of(held: Held, person: PersonId, id: SourceId) -> Source:
    """The source, still that person's now that both are locked. Refuses with VERSION_STALE."""
    for source in held.members[person]:
        if source.id == id:
            return source
    raise PersonChangedSince("Cette identité source vient de changer de personne.", "Relisez-la et recommencez.")


def _require_one_ins_each(held: Held, moves: Collection[Move]) -> None:
    """Refuses with IDENTITY_TWO_ACTIVE_INS a source whose number is in force and is not that of whom it goes to."""
    for move in moves:
        target = held.persons.get(move.after)
        if move.before is None or target is None or target.merged_into is not None:
            continue
        origin, claimed = held.persons[move.before].ins, _one_of(held, move.before, move.source).version.claim.ins
        in_force = claimed is not None and origin is not None and number(claimed) == number(origin)
        require_one_ins(target.ins, claimed if in_force else None)


async def _pair_of(connection: AsyncConnection, act: LinkageAct) -> Review | None:
    """The pair that an act decided, or the act that it undoes, or the one that that undoes."""
    while act.review is None and act.undoes is not None:
        act = (await acts.get(connection, act.undoes)).act
    return await reviews.get(connection, act.review) if act.review is not None else None


async def _in_force_again(connection: AsyncConnection, undone: LinkageAct) -> bool:
    """Whether undoing this brings back an act: it undid it, or undid what had undone what undid it."""
    times = 0
    while undone.undoes is not None:
        times += 1
        undone = (await acts.get(connection, undone.undoes)).act
    return times % 2 == 1


async def _decide_again(transaction: AsyncConnection, id: ReviewId, act: LinkageAct) -> None:
    """The pair is decided as it once was, by the act that brought the decision back. Refuses with ACT_OVERTAKEN."""
    review = await reviews.lock(transaction, id)
    if review.state is not ReviewState.WAITING and review.act not in {None, act.id}:
        raise linkage.overtaken([review.act])
    state = ReviewState.CONFIRMED if act.moves else ReviewState.REFUSED
    waiting = replace(review, state=ReviewState.WAITING)
    await reviews.save(transaction, decided(waiting, state, act.id, act.by, act.at, act.comment))
