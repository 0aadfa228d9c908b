"""Requests of correspondents: listed, talked about, decided."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.domain.disclosure import Disclosure
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.domain.requests import (
    ChangeRequest,
    Comment,
    RequestState,
    Shown,
    approved,
    assignee_invalid,
    comment_text,
    first_of,
    refused,
    unknown_request,
)
from terresante_directory.domain.territories import Administrator
from terresante_directory.rpc.callers import administrator, must_be_in
from terresante_directory.rpc.enrolment_desk.carrying_out import Author, to_do
from terresante_directory.rpc.enrolment_desk.telling import told
from terresante_directory.rpc.enrolment_desk.within import Changing, Joined
from terresante_directory.store import naming, requests
from terresante_directory.wire.requests import asked_again, kept, request_to_proto


class RequestCalls:
    """See the module."""

    _database: Database
    _changing: Changing
    _disclosure: Disclosure
    _now: Callable[[], datetime]

    @allow("professional", "administrator")
    async def ListRequests(self, request: pb.ListRequestsRequest, _: Any) -> pb.ListRequestsResponse:
        size, after = wire.page_size(request.limit), wire.position(request.cursor)
        me, wanted = calls.person().id, _wanted(request)
        async with self._database.reading() as connection:
            by = await _asking(connection)
            wanted.append(requests.in_territories(by.territories) if by else requests.asked_by(me))
            found = await requests.page(connection, wanted, after, size + 1)
        return pb.ListRequestsResponse(
            requests=[request_to_proto(one, me) for one in found[:size]],
            next_cursor=str(found[size - 1].request.id) if len(found) > size else "",
        )

    @allow("professional", "administrator")
    async def GetRequest(self, request: pb.GetRequestRequest, _: Any) -> pb.GetRequestResponse:
        async with self._database.reading() as connection:
            by = await _asking(connection)
            shown = await _visible(connection, request.request_id, by, lock=False)
            told = request_to_proto(shown, calls.person().id)
            if by and shown.request.decided_at is None:
                change = await self._to_do(connection, shown)
                told.change = json.dumps(kept(change), ensure_ascii=False).encode()
        return pb.GetRequestResponse(request=told)

    @allow("professional", "administrator")
    async def CommentRequest(self, request: pb.CommentRequestRequest, _: Any) -> pb.CommentRequestResponse:
        text = comment_text(request.text, compulsory=not request.assign_to)
        async with self._database.transaction() as transaction:
            by = await _asking(transaction)
            shown = await _visible(transaction, request.request_id, by)
            shown.request.must_wait()
            if request.assign_to:
                await _assign(transaction, shown, request.assign_to, by)
            if text:
                if by is None:
                    shown.must_take_another_comment()
                name = by.name if by else shown.asked_by_name
                await _say(transaction, shown.request, name, text, self._now())
            return pb.CommentRequestResponse(request=await told(transaction, shown.request.id))

    @allow("administrator")
    async def DecideRequest(self, request: pb.DecideRequestRequest, _: Any) -> pb.DecideRequestResponse:
        now = self._now()
        text = comment_text(request.comment, compulsory=not request.approve)
        async with self._database.transaction() as transaction:
            by = await administrator(transaction)
            shown = await _visible(transaction, request.request_id, by)
            if request.approve:
                decided = approved(first_of(shown.request, await _administering(transaction, shown)), by.id, now)
            else:
                decided = refused(shown.request, by.id, now)
            if decided.state is RequestState.APPROVED:
                decided = await self._carried_out(transaction, replace(shown, request=decided), by, now)
            await requests.save(transaction, decided)
            if text:
                await _say(transaction, decided, by.name, text, now)
            return pb.DecideRequestResponse(request=await told(transaction, decided.id))

    async def _to_do(self, connection: AsyncConnection, shown: Shown) -> Any:
        by = Author(self._disclosure, shown.territory)
        return await to_do(connection, shown.request.kind, asked_again(shown.request), by, self._now())

    async def _carried_out(
        self, transaction: AsyncConnection, shown: Shown, by: Administrator, at: datetime
    ) -> ChangeRequest:
        """The change is made as the deciding administrator's own act, in the same transaction."""
        decided = shown.request
        change = await self._to_do(transaction, shown)
        await self._changing(Joined(transaction))(decided.kind, change)
        return replace(decided, act=await requests.own_act(transaction, by.id, at))


async def _asking(connection: AsyncConnection) -> Administrator | None:
    """The calling administrator; None for a professional. Raises as `must_be_in`, and `AdministratorUnknown`."""
    person = calls.person()
    if person.kind == "administrator":
        return await administrator(connection)
    await must_be_in(connection, person.id)
    return None


def _wanted(request: pb.ListRequestsRequest) -> list[ColumnElement[bool]]:
    wanted = [] if request.with_closed else [requests.waits()]
    if request.territory_code:
        wanted.append(requests.in_territories([TerritoryCode(request.territory_code)]))
    if request.structure_id:
        wanted.append(requests.of_structure(parsed(request.structure_id, "structure_id")))
    if request.mine:
        wanted.append(requests.assigned_to(calls.person().id))
    return wanted


async def _visible(connection: AsyncConnection, id: str, by: Administrator | None, lock: bool = True) -> Shown:
    """A request that the caller may see, locked by default. Raises `RequestUnknown`."""
    shown = await requests.get(connection, parsed(id, "request_id"), lock=lock)
    if shown is None:
        raise unknown_request()
    theirs = shown.territory in by.territories if by else shown.request.asked_by == calls.person().id
    if not theirs:
        raise unknown_request()
    return shown


async def _assign(transaction: AsyncConnection, shown: Shown, to: str, by: Administrator | None) -> None:
    id: UUID = parsed(to, "assign_to")
    found = next((one for one in await _administering(transaction, shown) if one == id), None)
    if by is None or found is None:
        raise assignee_invalid()
    await requests.save(transaction, replace(shown.request, assignee=found))


async def _administering(transaction: AsyncConnection, shown: Shown) -> list[AdministratorId]:
    """Who administers a request's territory."""
    return [one.id for one, _ in await naming.sharing(transaction, [shown.territory])]


async def _say(transaction: AsyncConnection, of: ChangeRequest, name: str, text: str, at: datetime) -> None:
    line = Comment(new_id(), of.id, calls.person().id, name, at, text)
    await requests.comment(transaction, line)
