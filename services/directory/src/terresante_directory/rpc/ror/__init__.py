"""The directory in time, one method per RPC: to read a method is to read the use case."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from terresante.directory.v1.ror_service_pb2_grpc import RorServiceServicer
from terresante_platform.database import Database

from terresante_directory.domain.care import CountCircles, not_known
from terresante_directory.domain.digital_services import DigitalService
from terresante_directory.domain.disclosure import Disclosure
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.professionals import Profession
from terresante_directory.domain.territories import Territory
from terresante_directory.gazetteer import Gazetteer
from terresante_directory.rpc.ror.communes import CommuneCalls
from terresante_directory.rpc.ror.digital_services import DigitalServiceCalls
from terresante_directory.rpc.ror.finding import FindCalls
from terresante_directory.rpc.ror.history import HistoryCalls
from terresante_directory.rpc.ror.offers import OfferCalls
from terresante_directory.rpc.ror.operations import OperationCalls
from terresante_directory.rpc.ror.professionals import CorrectionCalls
from terresante_directory.rpc.ror.reading import NodeCalls
from terresante_directory.rpc.ror.searching import SearchCalls
from terresante_directory.rpc.ror.structures import StructureCalls

__all__ = ["RorService"]


class RorService(
    StructureCalls,
    OfferCalls,
    SearchCalls,
    FindCalls,
    NodeCalls,
    CorrectionCalls,
    HistoryCalls,
    OperationCalls,
    CommuneCalls,
    DigitalServiceCalls,
    RorServiceServicer,
):
    """All calls."""

    def __init__(
        self,
        database: Database,
        territories: Mapping[TerritoryCode, Territory],
        professions: Mapping[str, Profession],
        gazetteer: Gazetteer,
        disclosure: Disclosure,
        now: Callable[[], datetime],
        digital_services: Sequence[DigitalService] = (),
        circles: CountCircles = not_known,
    ) -> None:
        self._database = database
        self._territories = territories
        self._professions = professions
        self._gazetteer = gazetteer
        self._disclosure = disclosure
        self._now = now
        self._digital_services = digital_services
        self._circles = circles
