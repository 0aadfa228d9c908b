"""Communes, and who covered them on any day, as known on any day."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.operations.coverage import Coverage
from terresante_directory.domain.territories import Territory, known_territory
from terresante_directory.gazetteer import Commune, Gazetteer
from terresante_directory.rpc.callers import reader
from terresante_directory.store import territories
from terresante_directory.store.operations.coverage import covered
from terresante_directory.wire.moments import asked_moment


class CommuneCalls:
    """See the module."""

    _database: Database
    _territories: Mapping[TerritoryCode, Territory]
    _gazetteer: Gazetteer
    _now: Callable[[], datetime]

    @allow("professional", "administrator", "patient")
    async def ListCommunes(self, request: pb.ListCommunesRequest, _: Any) -> pb.ListCommunesResponse:
        moment, wanted = asked_moment(request, self._now()), request.territory_code
        async with self._database.reading() as connection:
            await reader(connection)
            if wanted and not await territories.was_ever(connection, wanted):
                known_territory(wanted, self._territories)
            found = await covered(connection, moment, request.commune_code, wanted)
        told = [
            _commune_to_proto(commune, found.get(commune.code))
            for commune in self._gazetteer.communes.values()
            if request.commune_code in ("", commune.code) and _is_of(wanted, found.get(commune.code))
        ]
        return pb.ListCommunesResponse(communes=told)


def _is_of(territory: str, coverage: Coverage | None) -> bool:
    return not territory or (coverage is not None and coverage.territory == territory)


def _commune_to_proto(commune: Commune, coverage: Coverage | None) -> pb.Commune:
    return pb.Commune(
        code=commune.code,
        name=commune.name,
        postal_codes=commune.postal_codes,
        population=commune.population,
        territory_code=coverage.territory if coverage else "",
        covered_from=wire.timestamp(coverage.since) if coverage and coverage.since else None,
    )
