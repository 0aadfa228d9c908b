"""Structures in time: enrolled, changed, closed from a moment on, and what is said of one at a moment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import events
from terresante_directory.domain.acts import ActKind, ActOf, why
from terresante_directory.domain.changing import changed, closing_kind, nothing_changed
from terresante_directory.domain.closing import close_structure
from terresante_directory.domain.disclosure import Disclosure, Reader
from terresante_directory.domain.facts import Moment, Span, Statement, Told
from terresante_directory.domain.identifiers import StructureId, TerritoryCode, unknown_structure
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.subjects import of_structure
from terresante_directory.domain.territories import Administrator, Territory
from terresante_directory.domain.typed_structures import typed_structure
from terresante_directory.domain.versions import must_be_current
from terresante_directory.rpc.callers import administrator, reader
from terresante_directory.rpc.ror import fitting
from terresante_directory.store import acting, facts, nodes, structures
from terresante_directory.wire.moments import asked_moment, starting
from terresante_directory.wire.structures import sheet_to_proto, typed_content


class StructureCalls:
    """See the module."""

    _database: Database
    _territories: Mapping[TerritoryCode, Territory]
    _disclosure: Disclosure
    _now: Callable[[], datetime]

    @allow("professional", "administrator", "patient", services=("gateway", "messaging"))
    async def GetStructureSheet(self, request: pb.GetStructureSheetRequest, _: Any) -> pb.GetStructureSheetResponse:
        id = str(parsed(request.structure_id, "structure_id"))
        moment = asked_moment(request, self._now())
        async with self._database.reading() as connection:
            by = await reader(connection)
            chain = await nodes.chain(connection, id, moment)
            if not chain:
                raise unknown_structure()
            counts = await nodes.counts(connection, id, moment)
            sheet, *above = await self._structure_sheets(connection, chain, by)
        return pb.GetStructureSheetResponse(
            sheet=sheet,
            ancestors=reversed(above),
            structures=counts.structures,
            offers=counts.offers,
            professionals=counts.professionals,
        )

    @allow("administrator")
    async def EnrolStructure(self, request: pb.EnrolStructureRequest, _: Any) -> pb.EnrolStructureResponse:
        now = self._now()
        start = starting(request, now)
        async with (
            self._database.transaction() as transaction,
            once(transaction, request, pb.EnrolStructureResponse) as use,
        ):
            if use.reply:
                return use.reply
            by = await administrator(transaction)
            typed = typed_structure(typed_content(request.content))
            _, said = await fitting.held(transaction, None, typed, by, self._territories, (start, now))
            id = StructureId(new_id())
            act = ActOf(ActKind.ENROLLED, by.id, why(request.why), start)
            enrolled = Statement(of_structure(id), Span(start), said.content())
            await events.acted(transaction, await acting.act(transaction, act, [enrolled], now))
            return use.keep(pb.EnrolStructureResponse(sheet=await self._structure_sheet(transaction, id, start, by)))

    @allow("administrator")
    async def ChangeStructure(self, request: pb.ChangeStructureRequest, _: Any) -> pb.ChangeStructureResponse:
        now = self._now()
        start = starting(request, now)
        id = StructureId(parsed(request.structure_id, "structure_id"))
        async with self._database.transaction() as transaction:
            by = await administrator(transaction)
            typed = typed_structure(typed_content(request.content))
            known, said = await fitting.held(transaction, id, typed, by, self._territories, (start, now))
            await self._structure_must_be_current(transaction, id, request.version)
            statements = changed(known, start, said.content())
            if not statements:
                raise nothing_changed()
            act = ActOf(ActKind.CHANGED, by.id, why(request.why), start)
            await events.acted(transaction, await acting.act(transaction, act, statements, now))
            return pb.ChangeStructureResponse(sheet=await self._structure_sheet(transaction, id, start, by))

    @allow("administrator")
    async def CloseStructure(self, request: pb.CloseStructureRequest, _: Any) -> pb.CloseStructureResponse:
        now = self._now()
        start = starting(request, now)
        id = StructureId(parsed(request.structure_id, "structure_id"))
        async with self._database.transaction() as transaction:
            by = await administrator(transaction)
            under = await fitting.all_under(transaction, id, by, (start, now))
            await self._structure_must_be_current(transaction, id, request.version)
            closing = close_structure(under, start, closing_kind(request.closing_kind))
            act = ActOf(ActKind.CLOSED, by.id, why(request.why), start)
            await events.acted(transaction, await acting.act(transaction, act, closing.statements, now))
            return pb.CloseStructureResponse(
                sheet=await self._structure_sheet(transaction, id, start, by),
                structures=closing.structures,
                offers=closing.offers,
                places=closing.places,
            )

    async def _structure_must_be_current(self, transaction: AsyncConnection, id: StructureId, version: int) -> None:
        must_be_current((await structures.versions(transaction, [id]))[id], version)

    async def _structure_sheet(
        self, connection: AsyncConnection, id: StructureId, at: datetime, by: Administrator
    ) -> pb.StructureSheet:
        subject = of_structure(id)
        told = (await facts.as_of(connection, [subject], Moment(at)))[subject]
        (sheet,) = await self._structure_sheets(connection, [told], Reader("administrator", by.territories))
        return sheet

    async def _structure_sheets(
        self, connection: AsyncConnection, told: Sequence[Told], by: Reader
    ) -> list[pb.StructureSheet]:
        """With the contacts that the reader may know (R-ROR1)."""
        ids = [UUID(one.fact.subject.id) for one in told]
        versions = await structures.versions(connection, ids)
        sheets = []
        for id, one in zip(ids, told, strict=True):
            said = StructureContent.of(one.fact.content)
            contacts = self._disclosure.contacts(said.telecoms, by, said.territory_code)
            sheets.append(sheet_to_proto(one, replace(said, telecoms=contacts), versions.get(id, 0)))
        return sheets
