"""Reading the directory: batches for whoever shows a name, searches for professionals and administrators."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.domain.identifiers import ProfessionalId, StructureId, TerritoryCode
from terresante_directory.domain.professionals import Profession, Professional
from terresante_directory.domain.structures import Structure
from terresante_directory.domain.territories import Territory
from terresante_directory.domain.words import searched
from terresante_directory.rpc.callers import reader
from terresante_directory.store import administrators, professionals, structures, territories
from terresante_directory.store.professionals import Filters

Found = TypeVar("Found", Professional, Structure)


class ReadingCalls:
    """See the module."""

    _database: Database
    _territories: Mapping[TerritoryCode, Territory]
    _professions: Mapping[str, Profession]
    _now: Callable[[], datetime]

    @allow("professional", "administrator", "patient", services=("gateway", "consent"), alone=("consent",))
    async def ListTerritories(self, _: pb.ListTerritoriesRequest, __: Any) -> pb.ListTerritoriesResponse:
        async with self._database.reading() as connection:
            await reader(connection)
            known = await territories.known(connection, self._territories)
        by_department = sorted(known.values(), key=lambda one: (one.department, one.code))
        return pb.ListTerritoriesResponse(territories=map(wire.territory_to_proto, by_department))

    @allow("professional", "administrator", "patient", services=("gateway", "consent"), alone=("consent",))
    async def BatchGetStructures(self, request: pb.BatchGetStructuresRequest, _: Any) -> pb.BatchGetStructuresResponse:
        wanted = [StructureId(id) for id in wire.ids(request.structure_ids, "structure_ids")]
        async with self._database.reading() as connection:
            await reader(connection)
            found = await structures.get_many(connection, wanted)
        told = [wire.structure_to_proto(found[id]) for id in wanted if id in found]
        return pb.BatchGetStructuresResponse(structures=told)

    @allow("professional", "administrator", "patient", services=("gateway", "consent", "messaging"), alone=("consent",))
    async def BatchGetProfessionals(
        self, request: pb.BatchGetProfessionalsRequest, _: Any
    ) -> pb.BatchGetProfessionalsResponse:
        wanted = [ProfessionalId(id) for id in wire.ids(request.professional_ids, "professional_ids")]
        async with self._database.reading() as connection:
            await reader(connection)
            found = await professionals.get_many(connection, wanted)
        return pb.BatchGetProfessionalsResponse(professionals=[self._shown(found[id]) for id in wanted if id in found])

    @allow("professional", "administrator")
    async def SearchStructures(self, request: pb.SearchStructuresRequest, _: Any) -> pb.SearchStructuresResponse:
        size, after = wire.page_size(request.limit), wire.optional_id(request.cursor, "cursor")
        words = searched(wire.searched_text(request.text))
        async with self._database.reading() as connection:
            await reader(connection)
            if request.text and not words:
                return pb.SearchStructuresResponse()
            found = await structures.search(connection, words, request.territory_code, after, size + 1)
        return pb.SearchStructuresResponse(
            structures=map(wire.structure_to_proto, found[:size]), next_cursor=_next(found, size)
        )

    @allow("professional", "administrator")
    async def SearchProfessionals(
        self, request: pb.SearchProfessionalsRequest, _: Any
    ) -> pb.SearchProfessionalsResponse:
        size, after = wire.page_size(request.limit), wire.optional_id(request.cursor, "cursor")
        filters = Filters(
            searched(wire.searched_text(request.text)),
            request.profession,
            wire.optional_id(request.structure_id, "structure_id"),
            request.territory_code,
            self._now(),
        )
        async with self._database.reading() as connection:
            await reader(connection)
            if request.text and not filters.words:
                return pb.SearchProfessionalsResponse()
            found = await professionals.search(connection, filters, after, size + 1)
        return pb.SearchProfessionalsResponse(
            professionals=map(self._shown, found[:size]), next_cursor=_next(found, size)
        )

    @allow("administrator")
    async def GetAdministrator(self, _: pb.GetAdministratorRequest, __: Any) -> pb.GetAdministratorResponse:
        async with self._database.reading() as connection:
            administrator = await administrators.get(connection, calls.person().id)
        return pb.GetAdministratorResponse(
            administrator_id=str(administrator.id),
            name=administrator.name,
            territory_codes=sorted(administrator.territories),
        )

    def _shown(self, professional: Professional) -> pb.Professional:
        """With the state of their account to administrators, and to `consent`, which refuses the suspended."""
        call = calls.current()
        told = call.service == "consent" or (call.caller is not None and call.caller.kind == "administrator")
        return wire.professional_to_proto(professional, self._professions, account=told)


def _next(found: Sequence[Found], size: int) -> str:
    """The cursor of the page after this one: the last id shown, blank if there is no more."""
    return str(found[size - 1].id) if len(found) > size else ""
