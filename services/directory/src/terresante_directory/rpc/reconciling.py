"""Two sources of the same thing, reconciled field by field, one method per RPC."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import import_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory import wire as shapes
from terresante_directory.domain.acts import why
from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.history import subject_invalid
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.imports.formats import SOURCES
from terresante_directory.domain.imports.states import DifferenceUnknown, invalid_choice, unknown_source
from terresante_directory.domain.territories import Administrator, Territory, known_territory
from terresante_directory.imports import differing
from terresante_directory.rpc.callers import administrator
from terresante_directory.rpc.ror.history import acts_to_proto
from terresante_directory.store import territories
from terresante_directory.store.sources.reconciling import RECONCILED, Wanted
from terresante_directory.wire.acts import subject

MOST_DIFFERENCES, DIFFERENCES = 200, 50
MOST_COUNTED = 1_000
SETTLEMENTS = (pb.SETTLEMENT_TAKE_SOURCE, pb.SETTLEMENT_KEEP_LOCAL, pb.SETTLEMENT_OPEN_AGAIN)


class DifferenceCalls:
    """See the module."""

    _database: Database
    _territories: Mapping[TerritoryCode, Territory]
    _now: Callable[[], datetime]

    @allow("administrator")
    async def ListDifferences(self, request: pb.ListDifferencesRequest, _: Any) -> pb.ListDifferencesResponse:
        size = shapes.page_size(request.limit, MOST_DIFFERENCES, DIFFERENCES)
        if request.source not in [one.value for one in SOURCES]:
            raise unknown_source()
        kinds, only = _about(request)
        async with self._database.reading() as connection:
            by = await administrator(connection)
            scope = await scope_of(connection, by, request.territory_code, self._territories)
            wanted, total = Wanted(request.source, scope, kinds, only, request.kept), 0
            if request.cursor:
                after = await self._difference_place(connection, request.cursor)
                found, cursor = await differing.page(connection, wanted, after, size, self._today())
            else:
                first = await differing.first_page(connection, wanted, size, MOST_COUNTED, self._today())
                found, cursor, total = first
        told = map(_difference_to_proto, found)
        return pb.ListDifferencesResponse(differences=told, next_cursor=cursor, total=total)

    @allow("administrator")
    async def SettleDifferences(self, request: pb.SettleDifferencesRequest, _: Any) -> pb.SettleDifferencesResponse:
        if len(request.difference_ids) > shapes.MOST_IDS:
            raise shapes.TooManyIds("Pas plus de 200 écarts à la fois.", "Décidez-les en plusieurs fois.")
        if request.settlement not in SETTLEMENTS or not request.difference_ids:
            raise invalid_choice()
        because, again = why(request.why), request.settlement == pb.SETTLEMENT_OPEN_AGAIN
        async with self._database.transaction() as transaction:
            by = await administrator(transaction)
            chosen = await differing.standing(transaction, request.difference_ids, by, self._today(), again)
            if again:
                await differing.open_again(transaction, chosen)
                return pb.SettleDifferencesResponse()
            if request.settlement == pb.SETTLEMENT_KEEP_LOCAL:
                await differing.keep_local(transaction, chosen, by, because, self._now())
                return pb.SettleDifferencesResponse()
            done = await differing.take_source(transaction, chosen, by, because, self._now())
            (act,) = await acts_to_proto(transaction, [done.act], by)
            return pb.SettleDifferencesResponse(act=act)

    async def _difference_place(self, connection: AsyncConnection, cursor: str) -> tuple[str, str, str]:
        """Raises `CursorInvalid`."""
        try:
            found = await differing.place_of(connection, cursor)
        except DifferenceUnknown:
            found = None
        if found is None:
            raise shapes.cursor_invalid()
        return found

    def _today(self) -> str:
        return self._now().date().isoformat()


async def scope_of(
    connection: AsyncConnection, by: Administrator, code: str, given: Mapping[TerritoryCode, Territory]
) -> frozenset[TerritoryCode]:
    """The territory asked for, all of the administrator's if blank. Raises `TerritoryUnknown`, `TerritoryNotYours`."""
    if not code:
        return by.territories
    known = known_territory(code, await territories.known(connection, given))
    by.must_administer(known)
    return frozenset({known})


def _about(request: pb.ListDifferencesRequest) -> tuple[Collection[SubjectKind], str]:
    """Which kinds, and the id of the only subject if there is one. Raises `SubjectInvalid`."""
    if not request.HasField("subject"):
        return RECONCILED, ""
    if request.subject.id:
        one = subject(request.subject)
        return (one.kind,), one.id
    if request.subject.kind not in [kind.value for kind in RECONCILED]:
        raise subject_invalid()
    return (SubjectKind(request.subject.kind),), ""


def _difference_to_proto(one: differing.Difference) -> pb.Difference:
    told = pb.Difference(
        difference_id=str(one.name),
        subject=ror.Subject(kind=one.told.kind.value, id=one.told.subject),
        label=one.label,
        field=one.name.field,
        local_value=one.local_value,
        source_value=one.source_value,
        local_at=shapes.timestamp(one.local_at),
        source_at=shapes.timestamp(one.source_at),
    )
    if one.decision is not None:
        told.keeping.administrator_name = one.decision.name
        told.keeping.at.CopyFrom(shapes.timestamp(one.decision.at))
        told.keeping.why = one.decision.why
    return told
