"""Which conversations the caller reads, and who reads a conversation: asked by messaging, nothing is written down."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

from terresante.consent.v1 import decision_service_pb2 as pb
from terresante_platform.rpc.allow import allow

from terresante_consent.domain.reading import DIRECT, READING, TEAM, WRITING, Deciding
from terresante_consent.domain.vocabulary import Who
from terresante_consent.rpc.desk import Desk
from terresante_consent.rpc.readers import Readers
from terresante_consent.rpc.standings import Asked
from terresante_consent.store import mine
from terresante_consent.wire import readers

One = TypeVar("One")
MOST_PATIENTS = 20_000
AT_ONCE = 1_000
"""Patients that are decided on before others are served."""


class Conversing:
    """RPCs on conversations."""

    _desk: Desk
    _readers: Readers

    @allow("professional", "patient", services=("messaging",))
    async def ListMyConversations(
        self, request: pb.ListMyConversationsRequest, _: Any
    ) -> pb.ListMyConversationsResponse:
        """The caller's own standing, which is no access (docs/decisions/0007); each patient is decided on as if asked
        about alone."""
        asked = await self._desk.standings.asked([None], request.any_place)
        facts, deciding = asked.facts[None], Deciding(self._desk.policy)
        in_team = deciding.decide(TEAM, facts._replace(in_team=True)).allowed
        reply = pb.ListMyConversationsResponse(
            structure_ids=sorted(map(str, asked.ground.practices)) if in_team else (),
            direct=deciding.decide(DIRECT, facts).allowed,
        )
        if request.without_patients:
            return reply
        if facts.who is Who.PROFESSIONAL:
            reply.more = await self._add_of_professional(reply, asked, _structures(asked, request.any_place), deciding)
        else:
            reply.more = await self._add_of_person(reply, asked.caller, deciding)
        return reply

    @allow(services=("messaging",))
    async def ListReaders(self, request: pb.ListReadersRequest, _: Any) -> pb.ListReadersResponse:
        """Who may read now, by any place at which they practise. What a professional is, is read in the copy whatever
        its age, as a suspension is brought here before it is acknowledged; how strong a login is, the door of each open
        stream has checked. Who was never heard of is none."""
        return readers.to_proto(await self._readers.of(readers.conversations(request.conversations)))

    async def _add_of_professional(
        self, reply: pb.ListMyConversationsResponse, asked: Asked, structures: Collection[UUID], deciding: Deciding
    ) -> bool:
        """Whether there are more."""
        asking, at = mine.Asking(asked.facts[None], asked.caller, structures), self._desk.now()
        found = await self._desk.audiences.run(
            lambda driver: mine.of_professional(driver, asking, at, MOST_PATIENTS + 1)
        )
        for some in _parts(found[:MOST_PATIENTS]):
            for patient, around, sees_earlier in some:
                reader = deciding.reader(around, sees_earlier)
                if reader is not None:
                    writes = deciding.may_write(around)
                    reply.patients.append(readers.own_to_proto(patient, reader.visible_from, writes))
            await asyncio.sleep(0)
        return len(found) > MOST_PATIENTS

    async def _add_of_person(self, reply: pb.ListMyConversationsResponse, caller: UUID, deciding: Deciding) -> bool:
        at = self._desk.now()
        found = await self._desk.audiences.run(lambda driver: mine.of_person(driver, caller, at, MOST_PATIENTS + 1))
        for some in _parts(found[:MOST_PATIENTS]):
            facts = (await self._desk.standings.asked(some)).facts
            for patient in some:
                if deciding.decide(READING, facts[patient]).allowed:
                    writes = deciding.decide(WRITING, facts[patient]).allowed
                    reply.patients.append(readers.own_to_proto(patient, None, writes))
        return len(found) > MOST_PATIENTS


def _structures(asked: Asked, any_place: bool) -> Collection[UUID]:
    """From which they ask."""
    if any_place:
        return asked.ground.practices
    return [asked.place.structure] if asked.place else []


def _parts(all_: Sequence[One]) -> Iterator[Sequence[One]]:
    return (all_[begin : begin + AT_ONCE] for begin in range(0, len(all_), AT_ONCE))
