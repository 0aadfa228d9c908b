"""The regional digital services that are open to who asks."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory.domain.digital_services import DigitalService
from terresante_directory.domain.identifiers import ProfessionalId
from terresante_directory.rpc.callers import reader
from terresante_directory.store import professionals


class DigitalServiceCalls:
    """See the module."""

    _database: Database
    _digital_services: Sequence[DigitalService]

    @allow("professional", "administrator", "patient")
    async def ListDigitalServices(self, _: pb.ListDigitalServicesRequest, __: Any) -> pb.ListDigitalServicesResponse:
        async with self._database.reading() as connection:
            by = await reader(connection)
            profession = await _profession(connection) if by.kind == "professional" else ""
        open_to_them = (one for one in self._digital_services if one.is_open_to(by.kind, profession))
        told = [
            pb.DigitalService(
                code=one.code,
                name=one.name,
                description=one.description,
                entry_point=one.entry_point,
                client_id=one.client_id,
            )
            for one in sorted(open_to_them, key=lambda one: (one.name, one.code))
        ]
        return pb.ListDigitalServicesResponse(services=told)


async def _profession(connection: AsyncConnection) -> str:
    """The caller's; blank for one whom the directory does not know (any more)."""
    id = ProfessionalId(calls.person().id)
    found = (await professionals.get_many(connection, [id])).get(id)
    return found.profession if found else ""
