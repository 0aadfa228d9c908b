"""Correspondents of structures: named by administrators, they ask for changes of their own structure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_directory.domain.accounts import must_not_be_suspended
from terresante_directory.domain.disclosure import Disclosure
from terresante_directory.domain.identifiers import ProfessionalId, StructureId
from terresante_directory.domain.lost_means import AccountAct, AccountActKind, given_why
from terresante_directory.domain.professionals import PlaceUnknown, Professional, unknown_professional
from terresante_directory.domain.requests import (
    MOST_OPEN,
    ChangeRequest,
    invalid,
    known_kind,
    not_correspondent,
)
from terresante_directory.rpc.callers import administrator, must_be_in
from terresante_directory.rpc.enrolment_desk.asked_rightly import must_be_of, must_be_sayable
from terresante_directory.rpc.enrolment_desk.carrying_out import Author, must_change_something
from terresante_directory.rpc.enrolment_desk.telling import told
from terresante_directory.store import (
    accounts,
    correspondents,
    enrolments,
    lost_means,
    professionals,
    requests,
    structures,
)
from terresante_directory.wire.requests import correspondent_to_proto, kept, read_change


class CorrespondentCalls:
    """See the module."""

    _database: Database
    _disclosure: Disclosure
    _now: Callable[[], datetime]

    @allow("administrator")
    async def SetCorrespondent(self, request: pb.SetCorrespondentRequest, _: Any) -> pb.SetCorrespondentResponse:
        now = self._now()
        id = StructureId(parsed(request.structure_id, "structure_id"))
        who = ProfessionalId(parsed(request.professional_id, "professional_id"))
        async with self._database.transaction() as transaction:
            by = await administrator(transaction)
            (structure,) = await structures.get_all_for_share(transaction, [id])
            by.must_administer(structure.territory)
            professional = await professionals.get_for_update(transaction, who)
            kind = AccountActKind.CORRESPONDENT_ENDED
            if request.correspondent:
                _must_practise(professional, id, now)
                changed = await correspondents.add(transaction, id, who, by.id, now)
                kind = AccountActKind.CORRESPONDENT_NAMED
            else:
                changed = await correspondents.end(transaction, id, who)
            if changed:
                territories = frozenset({structure.territory})
                await lost_means.record(transaction, AccountAct(who, kind, by.id, now, territories=territories))
            all_of_them = await correspondents.of_structure(transaction, id, now)
        return pb.SetCorrespondentResponse(professional_ids=map(str, all_of_them))

    @allow("administrator")
    async def ListCorrespondents(self, request: pb.ListCorrespondentsRequest, _: Any) -> pb.ListCorrespondentsResponse:
        wanted = []
        if request.structure_id or not request.professional_id:
            wanted.append(correspondents.for_structure(parsed(request.structure_id, "structure_id")))
        if request.professional_id:
            wanted.append(correspondents.by_professional(parsed(request.professional_id, "professional_id")))
        async with self._database.reading() as connection:
            by = await administrator(connection)
            theirs = correspondents.in_territories(by.territories)
            found = await correspondents.speaking(connection, self._now(), theirs, *wanted)
        return pb.ListCorrespondentsResponse(correspondents=map(correspondent_to_proto, found))

    @allow("professional")
    async def GetMyself(self, _: pb.GetMyselfRequest, __: Any) -> pb.GetMyselfResponse:
        me = ProfessionalId(calls.person().id)
        async with self._database.reading() as connection:
            must_not_be_suspended(await accounts.get(connection, me))
            enrolment = await enrolments.get(connection, me)
            known = (await professionals.get_many(connection, [me])).get(me)
            found = await correspondents.speaking(connection, self._now(), correspondents.by_professional(me))
        if known is None and enrolment is None:
            raise unknown_professional()
        enrolled = known is not None and (enrolment is None or enrolment.done_at is not None)
        return pb.GetMyselfResponse(
            professional_id=str(me),
            name=f"{known.given_name} {known.family_name}" if known else "",
            enrolled=enrolled,
            structures=map(correspondent_to_proto, found if enrolled else ()),
        )

    @allow("professional")
    async def AskForChange(self, request: pb.AskForChangeRequest, _: Any) -> pb.AskForChangeResponse:
        now = self._now()
        id = StructureId(parsed(request.structure_id, "structure_id"))
        async with (
            self._database.transaction() as transaction,
            once(transaction, request, pb.AskForChangeResponse) as use,
        ):
            me = ProfessionalId(calls.person().id)
            await must_be_in(transaction, me)
            if use.reply:
                return use.reply
            (structure,) = await structures.get_all_for_share(transaction, [id])
            if me not in await correspondents.of_structure(transaction, id, now):
                raise not_correspondent()
            kind, why = known_kind(request.kind), given_why(request.why)
            change = read_change(kind, request.change)
            await must_be_of(transaction, id, kind, change)
            must_be_sayable(kind, change, now)
            author = Author(self._disclosure, structure.territory)
            await must_change_something(transaction, kind, change, author, now)
            if await requests.open_in(transaction, id) >= MOST_OPEN:
                raise invalid(f"{MOST_OPEN} demandes attendent déjà pour cette structure.")
            asked = ChangeRequest(new_id(), id, kind, kept(change), why, me, now)
            await requests.add(transaction, asked)
            return use.keep(pb.AskForChangeResponse(request=await told(transaction, asked.id)))


def _must_practise(professional: Professional, structure: StructureId, at: datetime) -> None:
    """Raises `PlaceUnknown`."""
    if not any(place.structure == structure and place.stands(at) for place in professional.places):
        raise PlaceUnknown("Ce professionnel n’exerce pas dans cette structure.", "Choisissez quelqu’un qui y exerce.")
