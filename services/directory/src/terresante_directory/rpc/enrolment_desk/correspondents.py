"""Correspondents of structures: named by administrators, they ask for changes of their own structure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_directory.domain.identifiers import ProfessionalId, StructureId
from terresante_directory.domain.lost_means import AccountAct, AccountActKind, given_why
from terresante_directory.domain.offers import unknown_offer
from terresante_directory.domain.professionals import PlaceUnknown, Professional
from terresante_directory.domain.requests import (
    MOST_OPEN,
    ChangeKind,
    ChangeRequest,
    invalid,
    known_kind,
    not_correspondent,
)
from terresante_directory.rpc.callers import administrator, must_be_in
from terresante_directory.rpc.enrolment_desk.telling import told
from terresante_directory.store import (
    correspondents,
    lost_means,
    professionals,
    requests,
    structures,
)
from terresante_directory.wire.requests import kept, read_change


class CorrespondentCalls:
    """See the module."""

    _database: Database
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
            await structures.get_all_for_share(transaction, [id])
            if me not in await correspondents.of_structure(transaction, id, now):
                raise not_correspondent()
            kind, why = known_kind(request.kind), given_why(request.why)
            change = read_change(kind, request.change)
            await _must_be_of(transaction, id, kind, change)
            if await requests.open_in(transaction, id) >= MOST_OPEN:
                raise invalid(f"{MOST_OPEN} demandes attendent déjà pour cette structure.")
            asked = ChangeRequest(new_id(), id, kind, kept(change), why, me, now)
            await requests.add(transaction, asked)
            return use.keep(pb.AskForChangeResponse(request=await told(transaction, asked.id)))


def _must_practise(professional: Professional, structure: StructureId, at: datetime) -> None:
    """Raises `PlaceUnknown`."""
    if not any(place.structure == structure and place.stands(at) for place in professional.places):
        raise PlaceUnknown("Ce professionnel n’exerce pas dans cette structure.", "Choisissez quelqu’un qui y exerce.")


async def _must_be_of(connection: AsyncConnection, structure: StructureId, kind: ChangeKind, change: Any) -> None:
    """Raises `RequestInvalid`, `OfferUnknown`, `ProfessionalUnknown`: it is about another structure, or nothing."""
    if kind in (ChangeKind.ADD_PLACE, ChangeKind.END_PLACE):
        professional = ProfessionalId(parsed(change.professional_id, "professional_id"))
        await professionals.must_exist(connection, professional)
        if kind is ChangeKind.END_PLACE:
            return await _must_be_a_place_of(connection, structure, professional, change.place_id)
    if kind in (ChangeKind.CHANGE_OFFER, ChangeKind.CLOSE_OFFER):
        if await requests.structure_of_offer(connection, parsed(change.offer_id, "offer_id")) != structure:
            raise unknown_offer()
    elif _about(kind, change) != str(structure):
        raise invalid("Ce changement concerne une autre structure.")
    return None


def _about(kind: ChangeKind, change: Any) -> str:
    """The structure that a change names."""
    said = {ChangeKind.ENROL_OFFER: "content", ChangeKind.ADD_PLACE: "place"}.get(kind)
    return str((getattr(change, said) if said else change).structure_id)


async def _must_be_a_place_of(
    connection: AsyncConnection, structure: StructureId, professional: ProfessionalId, id: str
) -> None:
    known = (await professionals.get_many(connection, [professional]))[professional].places
    wanted = parsed(id, "place_id")
    if not any(place.id == wanted and place.structure == structure for place in known):
        raise invalid("Ce lieu d’exercice n’est pas dans votre structure.")
