"""The directory service, one method per RPC: to read a method is to read the use case."""

from collections.abc import Callable, Mapping
from datetime import datetime

from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceServicer
from terresante_platform.database import Database

from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.professionals import Profession
from terresante_directory.domain.territories import Territory
from terresante_directory.rpc.accounts import AccountCalls
from terresante_directory.rpc.enrolment import EnrolmentCalls
from terresante_directory.rpc.feeders import FeederCalls
from terresante_directory.rpc.officers import OfficerCalls
from terresante_directory.rpc.reading import ReadingCalls
from terresante_directory.settling import Settling

__all__ = ["DirectoryService"]


class DirectoryService(EnrolmentCalls, AccountCalls, OfficerCalls, FeederCalls, ReadingCalls, DirectoryServiceServicer):
    """All calls: who is enrolled, their accounts, who answers for identities and who feeds them, and reading."""

    def __init__(
        self,
        database: Database,
        settling: Settling,
        territories: Mapping[TerritoryCode, Territory],
        professions: Mapping[str, Profession],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._settling = settling
        self._territories = territories
        self._professions = professions
        self._now = now
