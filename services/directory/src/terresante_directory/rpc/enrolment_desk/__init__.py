"""People come in, stay able to log in, and leave; one method per RPC: to read a method is to read the use case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from terresante.directory.v1.enrolment_service_pb2_grpc import EnrolmentServiceServicer
from terresante_platform.database import Database

from terresante_directory.domain.care import CountCircles, CountMessages, not_known
from terresante_directory.domain.disclosure import Disclosure
from terresante_directory.domain.enrolment import Rules
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.professionals import Profession
from terresante_directory.domain.territories import Territory
from terresante_directory.joining import Sources
from terresante_directory.rpc.accounts import AccountCalls
from terresante_directory.rpc.enrolment_desk.account_acts import AccountActCalls
from terresante_directory.rpc.enrolment_desk.accounts import AccountListCalls
from terresante_directory.rpc.enrolment_desk.administrators import AdministratorCalls
from terresante_directory.rpc.enrolment_desk.correspondents import CorrespondentCalls
from terresante_directory.rpc.enrolment_desk.desk import DeskCalls
from terresante_directory.rpc.enrolment_desk.indicators import IndicatorCalls
from terresante_directory.rpc.enrolment_desk.leaving import LeavingCalls
from terresante_directory.rpc.enrolment_desk.lost_means import LostMeansCalls
from terresante_directory.rpc.enrolment_desk.requests import RequestCalls
from terresante_directory.rpc.enrolment_desk.self_enrolment import SelfEnrolmentCalls
from terresante_directory.rpc.enrolment_desk.within import Changing
from terresante_directory.settling import Settling

__all__ = ["EnrolmentService", "Parts", "Reference"]


@dataclass(frozen=True, slots=True)
class Reference:
    """What data files say."""

    territories: Mapping[TerritoryCode, Territory]
    professions: Mapping[str, Profession]
    rules: Rules
    disclosure: Disclosure


@dataclass(frozen=True, slots=True)
class Parts:
    """Others that it asks. `accounts`: opens accounts; `sources`: knows who may enrol; `changing`: makes changes;
    `circles`, `messages`: count these."""

    settling: Settling
    accounts: AccountCalls
    sources: Sources
    changing: Changing
    circles: CountCircles = not_known
    messages: CountMessages = not_known


class EnrolmentService(
    AccountListCalls,
    AccountActCalls,
    LostMeansCalls,
    AdministratorCalls,
    SelfEnrolmentCalls,
    LeavingCalls,
    CorrespondentCalls,
    RequestCalls,
    DeskCalls,
    IndicatorCalls,
    EnrolmentServiceServicer,
):
    """All calls."""

    def __init__(self, database: Database, parts: Parts, reference: Reference, now: Callable[[], datetime]) -> None:
        self._database = database
        self._settling = parts.settling
        self._accounts = parts.accounts
        self._sources = parts.sources
        self._changing = parts.changing
        self._circles = parts.circles
        self._messages = parts.messages
        self._territories = reference.territories
        self._professions = reference.professions
        self._rules = reference.rules
        self._disclosure = reference.disclosure
        self._now = now
