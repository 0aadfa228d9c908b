"""Administrators register structures and professionals in their territories, and begin and end places of practice."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import events, wire
from terresante_directory.domain.acts import ActKind, ActOf
from terresante_directory.domain.enrolled import place_begun, place_ended, professional_enrolled, structure_enrolled
from terresante_directory.domain.facts import Statement, Subject, SubjectKind
from terresante_directory.domain.identifiers import PlaceId, ProfessionalId, StructureId, TerritoryCode
from terresante_directory.domain.professionals import (
    NewPlace,
    Profession,
    Professional,
    add_place,
    end_place,
    register_professional,
)
from terresante_directory.domain.structures import Structure, register_structure
from terresante_directory.domain.territories import Administrator, Territory
from terresante_directory.store import acting, administrators, locking, professionals, structures, territories


class EnrolmentCalls:
    """See the module."""

    _database: Database
    _territories: Mapping[TerritoryCode, Territory]
    _professions: Mapping[str, Profession]
    _now: Callable[[], datetime]

    @allow("administrator")
    async def RegisterStructure(self, request: pb.RegisterStructureRequest, _: Any) -> pb.RegisterStructureResponse:
        async with (
            self._database.transaction() as transaction,
            once(transaction, request, pb.RegisterStructureResponse) as use,
        ):
            if use.reply:
                return use.reply
            by, at = await administrators.get(transaction, calls.person().id), self._now()
            await locking.lock_subjects(transaction, [Subject(SubjectKind.TERRITORY, request.territory_code)])
            structure = register_structure(
                StructureId(new_id()),
                name=request.name,
                kind=request.kind,
                finess_number=request.finess,
                siret_number=request.siret,
                territory=request.territory_code,
                part_of=await _structure(transaction, request.part_of, "part_of") if request.part_of else None,
                postal_code=request.postal_code,
                commune=request.commune,
                by=by,
                territories=await territories.known(transaction, self._territories),
            )
            await self._act(transaction, ActKind.ENROLLED, by, structure_enrolled(structure, at))
            return use.keep(
                pb.RegisterStructureResponse(
                    structure=wire.structure_to_proto(structure),
                    doubts=wire.doubts_to_proto(structure.doubts()),
                )
            )

    @allow("administrator")
    async def RegisterProfessional(
        self, request: pb.RegisterProfessionalRequest, _: Any
    ) -> pb.RegisterProfessionalResponse:
        async with (
            self._database.transaction() as transaction,
            once(transaction, request, pb.RegisterProfessionalResponse) as use,
        ):
            if use.reply:
                return use.reply
            by, at = await administrators.get(transaction, calls.person().id), self._now()
            professional = register_professional(
                ProfessionalId(new_id()),
                rpps_number=request.rpps,
                family_name=request.family_name,
                given_name=request.given_name,
                profession=request.profession,
                places=await _places(transaction, request.places),
                by=by,
                professions=self._professions,
                at=at,
            )
            await self._act(transaction, ActKind.ENROLLED, by, professional_enrolled(professional, at))
            return use.keep(
                pb.RegisterProfessionalResponse(
                    professional=self._told(professional),
                    doubts=wire.doubts_to_proto(professional.doubts()),
                )
            )

    @allow("administrator")
    async def AddPlace(self, request: pb.AddPlaceRequest, _: Any) -> pb.AddPlaceResponse:
        id = ProfessionalId(parsed(request.professional_id, "professional_id"))
        async with self._database.transaction() as transaction:
            by, at = await administrators.get(transaction, calls.person().id), self._now()
            await professionals.must_exist(transaction, id)
            (place,) = await _places(transaction, [request.place])
            professional = await professionals.get_for_update(transaction, id)
            changed = add_place(professional, place, version=request.version, by=by, at=at)
            begun = place_begun(changed, changed.places[-1])
            await self._act(transaction, ActKind.PLACED, by, begun)
        return pb.AddPlaceResponse(professional=self._told(changed))

    @allow("administrator")
    async def EndPlace(self, request: pb.EndPlaceRequest, _: Any) -> pb.EndPlaceResponse:
        id = ProfessionalId(parsed(request.professional_id, "professional_id"))
        place = PlaceId(parsed(request.place_id, "place_id"))
        async with self._database.transaction() as transaction:
            by = await administrators.get(transaction, calls.person().id)
            professional = await professionals.get_for_update(transaction, id)
            changed = end_place(professional, place, version=request.version, by=by, at=self._now())
            (ended,) = (one for one in changed.places if one.id == place)
            await self._act(transaction, ActKind.PLACE_ENDED, by, place_ended(changed, ended))
        return pb.EndPlaceResponse(professional=self._told(changed))

    async def _act(
        self, transaction: AsyncConnection, kind: ActKind, by: Administrator, said: Sequence[Statement]
    ) -> None:
        at = self._now()
        await events.acted(transaction, await acting.act(transaction, ActOf(kind, by.id, starts=at), said, at))

    def _told(self, professional: Professional) -> pb.Professional:
        return wire.professional_to_proto(professional, self._professions, account=True)


async def _structure(transaction: AsyncConnection, text: str, field: str) -> Structure:
    (found,) = await structures.get_all_for_share(transaction, [StructureId(parsed(text, field))])
    return found


async def _places(transaction: AsyncConnection, asked: Sequence[pb.NewPlace]) -> list[NewPlace]:
    """The places asked for, with their structures, which stay open. Raises `StructureUnknown`, `TooManyIds`."""
    wanted = [StructureId(id) for id in wire.ids([place.structure_id for place in asked], "structure_id")]
    found = await structures.get_all_for_share(transaction, wanted)
    return [NewPlace(PlaceId(new_id()), structure, place.role) for structure, place in zip(found, asked, strict=True)]
