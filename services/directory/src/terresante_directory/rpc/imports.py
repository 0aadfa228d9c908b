"""Files of others, one method per RPC: to read a method is to read the use case."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import import_service_pb2 as pb
from terresante.directory.v1.import_service_pb2_grpc import ImportServiceServicer
from terresante_platform.database import Database
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.refusals import Refusal
from terresante_platform.rpc.allow import allow

from terresante_directory import wire as shapes
from terresante_directory.domain.acts import why
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.imports.arriving import Arrivals, must_have_room
from terresante_directory.domain.imports.formats import Arriving, file_name, missing_description, source_of
from terresante_directory.domain.imports.states import (
    CHOOSABLE,
    Import,
    ImportId,
    ImportUnknown,
    Outcome,
    State,
    invalid_choice,
    nothing_chosen,
    unknown_line,
)
from terresante_directory.domain.territories import Administrator, Territory
from terresante_directory.domain.versions import must_be_current
from terresante_directory.imports import wire
from terresante_directory.imports.importing import Importing
from terresante_directory.imports.receiving import receive
from terresante_directory.rpc.callers import administrator
from terresante_directory.rpc.reconciling import DifferenceCalls, scope_of
from terresante_directory.store import import_lines, imports, sources

MOST_LINES, LINES = 200, 100
MOST_AT_ONCE = 200
"""Chosen lines that are applied before the answer; more are in the background."""
TO_LOOK_AT = tuple(one for one in Outcome if one not in (Outcome.SAME, Outcome.ELSEWHERE))


class ImportService(DifferenceCalls, ImportServiceServicer):
    """All calls."""

    def __init__(
        self,
        database: Database,
        importing: Importing,
        given: Mapping[TerritoryCode, Territory],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._importing = importing
        self._territories = given
        self._now = now
        self._arrivals = Arrivals()

    @allow("administrator")
    async def UploadFile(self, requests: AsyncIterator[pb.UploadFileRequest], _: Any) -> pb.UploadFileResponse:
        first = await anext(aiter(requests), None)
        if first is None or first.WhichOneof("part") != "description":
            raise missing_description()
        told = first.description
        format = wire.source_format(told.format)
        async with self._database.reading() as connection:
            by = await administrator(connection)
            scope = await scope_of(connection, by, told.territory_code, self._territories)
            must_have_room(*await imports.waiting(connection, scope))
        id, arriving = ImportId(new_id()), Arriving(format)
        try:
            with self._arrivals.one_more(scope):
                await receive(self._database, requests, id, arriving, told.closed)
            encoding = arriving.finish()
            new = Import(
                id=id,
                format=format,
                source=source_of(format, scope),
                file_name=file_name(told.file_name),
                territory=told.territory_code,
                territories=scope,
                complete=told.complete,
                encoding=encoding,
                state=State.READING,
                at=self._now(),
                by=by.id,
                bytes_total=arriving.size,
            )
            async with self._database.transaction() as transaction:
                must_have_room(*await imports.waiting(transaction, scope, lock=True))
                await imports.add(transaction, new)
        except Refusal:
            async with self._database.transaction() as transaction:
                await imports.forget(transaction, id, pieces=True)
            raise
        self._importing.wake()
        return pb.UploadFileResponse(import_id=str(id))

    @allow("administrator")
    async def GetImport(self, request: pb.GetImportRequest, _: Any) -> pb.GetImportResponse:
        async with self._database.reading() as connection:
            of = await self._of(connection, request.import_id)
            return pb.GetImportResponse(**{"import": await self._told(connection, of)})

    @allow("administrator")
    async def ListImports(self, request: pb.ListImportsRequest, _: Any) -> pb.ListImportsResponse:
        size, after = shapes.page_size(request.limit), shapes.position(request.cursor)
        states = wire.states(request.states)
        async with self._database.reading() as connection:
            by = await administrator(connection)
            if after is not None:
                await self._must_be_place(connection, by, after)
            found = await imports.page(connection, by.territories, states, after, size + 1)
            names = await imports.names(connection, found[:size])
        told = [wire.import_to_proto(one, names[one.by]) for one in found[:size]]
        return pb.ListImportsResponse(imports=told, next_cursor=str(found[size - 1].id) if len(found) > size else "")

    @allow("administrator")
    async def ListImportLines(self, request: pb.ListImportLinesRequest, _: Any) -> pb.ListImportLinesResponse:
        size, after = shapes.page_size(request.limit, MOST_LINES, LINES), wire.line_position(request.cursor)
        outcomes = [wire.outcome(one) for one in request.outcomes] or TO_LOOK_AT
        async with self._database.reading() as connection:
            of = await self._of(connection, request.import_id)
            found = await import_lines.page(connection, of.id, outcomes, after, size + 1)
        last = found[size - 1] if len(found) > size else None
        cursor = f"{last.number}.{last.rank}" if last else ""
        return pb.ListImportLinesResponse(lines=map(wire.line_to_proto, found[:size]), next_cursor=cursor)

    @allow("administrator")
    async def ChooseLines(self, request: pb.ChooseLinesRequest, _: Any) -> pb.ChooseLinesResponse:
        outcome = wire.outcome(request.outcome) if request.outcome else None
        if bool(request.numbers) == bool(outcome) or len(request.numbers) > shapes.MOST_IDS * 5:
            raise invalid_choice()
        if outcome and outcome not in CHOOSABLE:
            raise invalid_choice()
        async with self._database.transaction() as transaction:
            of = await self._of(transaction, request.import_id, lock=True)
            of.must_be_ready()
            await sources.patient(transaction)
            if request.numbers:
                lines = await import_lines.numbered(transaction, of.id, request.numbers)
                if {one.number for one in lines} != set(request.numbers):
                    raise unknown_line()
                if {one.number for one in lines if one.choosable} != set(request.numbers):
                    raise invalid_choice()
            await imports.choose(transaction, of.id, request.numbers, outcome, request.chosen)
            await imports.save(transaction, of.id, failure="")
            of = await imports.get(transaction, of.id)
            return pb.ChooseLinesResponse(**{"import": await self._told(transaction, of)})

    @allow("administrator")
    async def ApplyImport(self, request: pb.ApplyImportRequest, _: Any) -> pb.ApplyImportResponse:
        because = why(request.why)
        async with (
            self._database.transaction() as transaction,
            once(transaction, request, pb.ApplyImportResponse) as use,
        ):
            if use.reply:
                return use.reply
            of = await self._of(transaction, request.import_id, lock=True)
            of.must_be_ready()
            must_be_current(of.version, request.version)
            chosen = sum(chosen for _, chosen in of.counts.values())
            if not chosen:
                raise nothing_chosen()
            by = await administrator(transaction)
            at_once = chosen <= MOST_AT_ONCE
            lease = self._now() + imports.LEASE if at_once else None
            columns = {"state": State.APPLYING, "why": because, "by": by.id, "failure": "", "leased_until": lease}
            await imports.save(transaction, of.id, **columns)
            of = await imports.get(transaction, of.id)
            use.keep(pb.ApplyImportResponse(**{"import": await self._told(transaction, of)}))
        if at_once:
            await self._importing.apply(of.id)
        self._importing.wake()
        async with self._database.reading() as connection:
            of = await imports.get(connection, of.id)
            return pb.ApplyImportResponse(**{"import": await self._told(connection, of)})

    @allow("administrator")
    async def DiscardImport(self, request: pb.DiscardImportRequest, _: Any) -> pb.DiscardImportResponse:
        async with self._database.transaction() as transaction:
            of = await self._of(transaction, request.import_id, lock=True)
            of.must_be_discardable()
            await sources.patient(transaction)
            await imports.save(transaction, of.id, state=State.DISCARDED, counts={}, leased_until=None)
            await imports.forget(transaction, of.id, lines=True, pieces=True)
            of = await imports.get(transaction, of.id)
            return pb.DiscardImportResponse(**{"import": await self._told(transaction, of)})

    async def _of(self, connection: AsyncConnection, text: str, lock: bool = False) -> Import:
        """Raises `IdInvalid`, `ImportUnknown`."""
        by = await administrator(connection)
        of = await imports.get(connection, parsed(text, "import_id"), lock)
        of.must_be_seen_by(by)
        return of

    async def _told(self, connection: AsyncConnection, of: Import) -> pb.Import:
        return wire.import_to_proto(of, (await imports.names(connection, [of]))[of.by])

    async def _must_be_place(self, connection: AsyncConnection, by: Administrator, id: Any) -> None:
        """Raises `CursorInvalid`."""
        try:
            (await imports.get(connection, id)).must_be_seen_by(by)
        except ImportUnknown:
            raise shapes.cursor_invalid() from None
