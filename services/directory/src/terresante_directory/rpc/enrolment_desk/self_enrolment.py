"""Professionals enrol by themselves: asked without a person, proved by the card, completed by a choice."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import events, wire
from terresante_directory.domain.accounts import must_not_be_suspended
from terresante_directory.domain.acts import ActKind, ActOf
from terresante_directory.domain.enrolled import professional_enrolled
from terresante_directory.domain.enrolment import (
    FOR_ALL,
    PER_ADDRESS,
    WAITING,
    Enrolment,
    KnownProfessional,
    Rules,
    accepted,
    joined,
    must_wait,
    place_chosen,
    unknown_enrolment,
)
from terresante_directory.domain.identifiers import PlaceId, ProfessionalId, StructureId, rpps
from terresante_directory.domain.lost_means import AccountAct, AccountActKind
from terresante_directory.domain.professionals import Profession, Professional
from terresante_directory.domain.structures import Structure
from terresante_directory.joining import Sources
from terresante_directory.store import (
    accounts,
    acting,
    enrolments,
    known_people,
    lost_means,
    professionals,
    structures,
)
from terresante_directory.wire.enrolment import known_place_to_proto

CARD = 3
BY_THEMSELVES = "inscription par la personne elle-même, avec sa carte"


class SelfEnrolmentCalls:
    """See the module."""

    _database: Database
    _professions: Mapping[str, Profession]
    _rules: Rules
    _sources: Sources
    _now: Callable[[], datetime]

    @allow()
    async def AskToEnrol(self, request: pb.AskToEnrolRequest, _: Any) -> pb.AskToEnrolResponse:
        """Only keeps what was asked: whether there is somebody to wait for is looked up afterwards (`joining`)."""
        number, now = rpps(request.rpps), self._now()
        async with self._database.transaction() as transaction:
            await enrolments.spend(transaction, {"all": FOR_ALL, _from_where(): PER_ADDRESS}, now)
            await enrolments.ask(transaction, number, now)
        return pb.AskToEnrolResponse(until=wire.timestamp(now + WAITING))

    @allow("professional")
    async def GetEnrolment(self, _: pb.GetEnrolmentRequest, __: Any) -> pb.GetEnrolmentResponse:
        async with self._database.reading() as connection:
            me = calls.person().id
            must_not_be_suspended(await accounts.get(connection, me))
            enrolment = await enrolments.get(connection, me)
            if enrolment is None:
                raise unknown_enrolment()
            known = await self._sources.by_rpps(connection, enrolment.rpps)
            places = known.places if known else ()
            here = await known_people.here(connection, places)
        return pb.GetEnrolmentResponse(
            professional_id=str(me),
            done=enrolment.done_at is not None,
            terms_version=self._rules.terms_version,
            terms=self._rules.terms,
            places=[known_place_to_proto(place, id) for place, id in zip(places, here, strict=True)],
        )

    @allow("professional", strength=CARD)
    async def CompleteEnrolment(self, request: pb.CompleteEnrolmentRequest, _: Any) -> pb.CompleteEnrolmentResponse:
        me, now = ProfessionalId(calls.person().id), self._now()
        chosen = StructureId(parsed(request.structure_id, "structure_id"))
        async with self._database.transaction() as transaction:
            enrolment = must_wait(await enrolments.get(transaction, me, lock=True), now)
            must_not_be_suspended(await accounts.get(transaction, me))
            done = accepted(enrolment, request.terms_version, self._rules, now)
            known, structure = await self._chosen(transaction, enrolment, chosen)
            place = (PlaceId(new_id()), structure, request.role)
            await self._enrol(transaction, joined(enrolment, known, place, self._professions, now), now)
            await enrolments.save(transaction, done)
            told = (await professionals.get_many(transaction, [me]))[me]
        return pb.CompleteEnrolmentResponse(
            professional=wire.professional_to_proto(told, self._professions, account=True)
        )

    async def _chosen(
        self, transaction: AsyncConnection, enrolment: Enrolment, id: StructureId
    ) -> tuple[KnownProfessional, Structure]:
        known = await self._sources.by_rpps(transaction, enrolment.rpps)
        if known is None:
            raise unknown_enrolment()
        (structure,) = await structures.get_all_for_share(transaction, [id])
        here: Sequence[StructureId | None] = await known_people.here(transaction, known.places)
        return known, place_chosen(structure, [one for one in here if one])

    async def _enrol(self, transaction: AsyncConnection, professional: Professional, at: datetime) -> None:
        """By nobody's act but their own; the territory sees it at the desk, others by the event."""
        of = ActOf(ActKind.ENROLLED, None, BY_THEMSELVES, at)
        await events.acted(transaction, await acting.act(transaction, of, professional_enrolled(professional, at), at))
        territories = frozenset({professional.home()})
        kind = AccountActKind.ENROLLED_ALONE
        act = AccountAct(professional.id, kind, professional.id, at, territories=territories)
        await lost_means.record(transaction, act)


def _from_where() -> str:
    """The budget of where a call without a person comes from: hashed, for a day at most. Those untold share one."""
    return f"address:{hashlib.sha256(calls.current().client.encode()).hexdigest()}"
