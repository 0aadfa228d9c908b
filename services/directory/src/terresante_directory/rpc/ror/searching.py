"""Offers read by id, searched, and those that nobody confirmed lately."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.domain.disclosure import Disclosure, Reader
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.words import searched
from terresante_directory.rpc.callers import administrator, reader
from terresante_directory.rpc.ror.telling import found_to_proto, sheets
from terresante_directory.store import offers
from terresante_directory.wire.moments import asked_moment, since
from terresante_directory.wire.offers import filters

STALE_AFTER = timedelta(days=183)
"""Six months: nobody confirmed what may have changed (issue 5)."""


class SearchCalls:
    """See the module."""

    _database: Database
    _disclosure: Disclosure
    _now: Callable[[], datetime]

    @allow("professional", "administrator", "patient")
    async def BatchGetOffers(self, request: pb.BatchGetOffersRequest, _: Any) -> pb.BatchGetOffersResponse:
        ids = wire.ids(request.offer_ids, "offer_ids")
        moment = asked_moment(request, self._now())
        async with self._database.reading() as connection:
            who = (self._disclosure, await reader(connection))
            told = await sheets(connection, ids, moment, who, request.with_closed)
        return pb.BatchGetOffersResponse(offers=told)

    @allow("professional", "administrator", "patient", services=("gateway", "messaging"))
    async def SearchOffers(self, request: pb.SearchOffersRequest, _: Any) -> pb.SearchOffersResponse:
        size, after = wire.page_size(request.limit), wire.position(request.cursor)
        words = searched(wire.searched_text(request.text))
        async with self._database.reading() as connection:
            by = await reader(connection)
            wanted = filters(request, words, self._disclosure.sees_sensitive(by))
            await _must_be_there(connection, after)
            if request.text and not words:
                return pb.SearchOffersResponse()
            found = await offers.search(connection, wanted, after, size + 1)
        cursor = found[size - 1].told.fact.subject.id if len(found) > size else ""
        return pb.SearchOffersResponse(offers=found_to_proto(found[:size], (self._disclosure, by)), next_cursor=cursor)

    @allow("administrator")
    async def ListStaleOffers(self, request: pb.ListStaleOffersRequest, _: Any) -> pb.ListStaleOffersResponse:
        size, after = wire.page_size(request.limit), wire.position(request.cursor)
        now = self._now()
        moment = since(request, now - STALE_AFTER, now)
        async with self._database.reading() as connection:
            by = await administrator(connection)
            if request.territory_code:
                by.must_administer(TerritoryCode(request.territory_code))
            territories = [TerritoryCode(request.territory_code)] if request.territory_code else by.territories
            await _must_be_there(connection, after)
            found = await offers.stale(connection, territories, moment, after, size + 1)
            total = await offers.count_stale(connection, territories, moment)
        who = (self._disclosure, Reader("administrator", by.territories))
        cursor = found[size - 1].told.fact.subject.id if len(found) > size else ""
        return pb.ListStaleOffersResponse(offers=found_to_proto(found[:size], who), next_cursor=cursor, total=total)


async def _must_be_there(connection: AsyncConnection, after: UUID | None) -> None:
    if after is not None and not await offers.exists(connection, after):
        raise wire.cursor_invalid()
