"""Administrators name identity officers, end their mandates, and see who has one in their territories."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import events, wire
from terresante_directory.domain.identifiers import ProfessionalId, StructureId, TerritoryCode
from terresante_directory.domain.officers import MandateId, end_mandate, ended, name_officer, unknown_mandate
from terresante_directory.domain.professionals import Profession, Professional, with_mandate
from terresante_directory.domain.territories import Territory
from terresante_directory.rpc.accounts import FRESH_SECONDS
from terresante_directory.store import administrators, officers, professionals, structures, territories


class OfficerCalls:
    """See the module."""

    _database: Database
    _territories: Mapping[TerritoryCode, Territory]
    _professions: Mapping[str, Profession]
    _now: Callable[[], datetime]

    @allow("administrator", fresh=FRESH_SECONDS)
    async def NameIdentityOfficer(
        self, request: pb.NameIdentityOfficerRequest, _: Any
    ) -> pb.NameIdentityOfficerResponse:
        id = ProfessionalId(parsed(request.professional_id, "professional_id"))
        wanted = [StructureId(one) for one in wire.ids(request.structure_ids, "structure_ids")]
        async with self._database.transaction() as transaction:
            by = await administrators.get(transaction, calls.person().id)
            professional = await professionals.get_for_update(transaction, id)
            present = professional.mandate
            mandate = name_officer(
                MandateId(new_id()),
                id,
                present,
                territory_codes=request.territory_codes,
                structures=await structures.get_all(transaction, wanted),
                by=by,
                territories=await territories.known(transaction, self._territories),
                at=self._now(),
            )
            if mandate != present:
                if present is not None:
                    await officers.save(transaction, ended(present, by, self._now()))
                await officers.save(transaction, mandate)
                professional = with_mandate(professional, mandate)
                await self._keep(transaction, professional)
        return pb.NameIdentityOfficerResponse(officer=wire.officer_to_proto(professional, mandate, self._professions))

    @allow("administrator")
    async def EndIdentityOfficer(self, request: pb.EndIdentityOfficerRequest, _: Any) -> pb.EndIdentityOfficerResponse:
        id = ProfessionalId(parsed(request.professional_id, "professional_id"))
        async with self._database.transaction() as transaction:
            by = await administrators.get(transaction, calls.person().id)
            professional = await professionals.find_for_update(transaction, id)
            if professional is None:
                raise unknown_mandate()
            await officers.save(transaction, end_mandate(professional.mandate, by, self._now()))
            await self._keep(transaction, with_mandate(professional, None))
        return pb.EndIdentityOfficerResponse()

    @allow("administrator")
    async def ListIdentityOfficers(self, _: pb.ListIdentityOfficersRequest, __: Any) -> pb.ListIdentityOfficersResponse:
        async with self._database.reading() as connection:
            by = await administrators.get(connection, calls.person().id)
            holders = await officers.touching(connection, by.territories)
            found = await professionals.get_many(connection, holders)
        by_name = sorted(found.values(), key=lambda one: (one.search_column(), one.id))
        told = [wire.officer_to_proto(one, one.mandate, self._professions) for one in by_name if one.mandate]
        return pb.ListIdentityOfficersResponse(officers=told)

    async def _keep(self, transaction: AsyncConnection, changed: Professional) -> None:
        await professionals.keep_version(transaction, changed)
        await events.professional_changed(transaction, changed, self._now())
