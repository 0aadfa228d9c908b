"""What an administrator of the whole region, and of its largest territory, reads at their desk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror_pb
from terresante_dev.territory_work.model import Directory
from terresante_directory.rpc.enrolment_desk import EnrolmentService
from terresante_directory.rpc.ror import RorService

from bench.directory.measuring import Load
from bench.directory.reads import NOW

PAGE_MS = 300


def loads(service: EnrolmentService, ror: RorService, region: Directory) -> list[Load]:
    """Each is one page's read: under 300 ms, alone."""
    largest = largest_territory(region)

    def stamp(at: datetime) -> Timestamp:
        made = Timestamp()
        made.FromDatetime(at)
        return made

    def accounts(**asked: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: service.ListAccounts(pb.ListAccountsRequest(**asked), None)

    def indicators(**asked: Any) -> Callable[[], Awaitable[Any]]:
        request = pb.GetIndicatorsRequest(territory_code=largest, **asked)
        return lambda: service.GetIndicators(request, None)

    two_years = {"from": stamp(NOW - timedelta(weeks=103))}
    of_old = {"not_since": stamp(NOW - timedelta(days=350))}
    asked: dict[str, Callable[[], Awaitable[Any]]] = {
        "desk: what waits": lambda: service.GetDesk(pb.GetDeskRequest(), None),
        "accounts of all territories": accounts(),
        "accounts of the largest territory": accounts(territory_code=largest),
        "accounts, not logged in for a year": accounts(territory_code=largest, **of_old),
        "accounts, not logged in for a year, everywhere": accounts(**of_old),
        "accounts, suspended": accounts(state=directory_pb.ACCOUNT_STATE_SUSPENDED),
        "accounts, locked": accounts(locked=True),
        "accounts, unsettled": accounts(unsettled=True),
        "accounts, that differ": accounts(differing=True),
        "requests that wait": lambda: service.ListRequests(pb.ListRequestsRequest(), None),
        "requests, closed too": lambda: service.ListRequests(pb.ListRequestsRequest(with_closed=True), None),
        "offers to be confirmed": lambda: ror.ListStaleOffers(ror_pb.ListStaleOffersRequest(), None),
        "history of the region": lambda: ror.ListActs(ror_pb.ListActsRequest(), None),
        "indicators, twelve weeks": indicators(),
        "indicators, two years": indicators(**two_years),
    }
    return [Load(what, ask, median=PAGE_MS) for what, ask in asked.items()]


def largest_territory(region: Directory) -> str:
    """Of most sites."""
    ((code, _),) = Counter(site.territory for site in region.sites).most_common(1)
    return code
