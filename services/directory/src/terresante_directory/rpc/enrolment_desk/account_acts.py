"""What was done to accounts: administrators read it again."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.domain.administrators import unknown_other
from terresante_directory.domain.enrolment import Rules
from terresante_directory.domain.identifiers import ProfessionalId
from terresante_directory.domain.lost_means import Remembered
from terresante_directory.domain.territories import Administrator, AdministratorUnknown
from terresante_directory.rpc.callers import administrator
from terresante_directory.store import account_acts, administrators, professionals
from terresante_directory.wire.enrolment import account_act_to_proto


class AccountActCalls:
    """See the module."""

    _database: Database
    _rules: Rules

    @allow("administrator")
    async def ListAccountActs(self, request: pb.ListAccountActsRequest, _: Any) -> pb.ListAccountActsResponse:
        size, after = wire.page_size(request.limit), wire.position(request.cursor)
        id = wire.optional_id(request.account_id, "account_id")
        async with self._database.reading() as connection:
            by = await administrator(connection)
            if id is None:
                found = await account_acts.there(connection, by.territories, after, size + 1)
            else:
                found = await _of(connection, id, by, after, size + 1)
        return pb.ListAccountActsResponse(
            acts=[account_act_to_proto(one, self._rules.evidence) for one in found[:size]],
            next_cursor=str(found[size - 1].id) if len(found) > size else "",
        )


async def _of(
    connection: AsyncConnection, id: UUID, by: Administrator, after: UUID | None, limit: int
) -> list[Remembered]:
    """Of a professional all, for whoever answers for them now; of an administrator what touched shared territories.

    Raises `TerritoryNotYours`, `AdministratorOtherUnknown`.
    """
    uid = ProfessionalId(id)
    professional = (await professionals.get_many(connection, [uid])).get(uid)
    if professional is not None:
        professional.must_be_answered_for_by(by)
        return await account_acts.of(connection, id, after, limit)
    if not await _share(connection, id, by) and not await account_acts.touched(connection, id, by.territories):
        raise unknown_other()
    return await account_acts.of_there(connection, id, by.territories, after, limit)


async def _share(connection: AsyncConnection, id: UUID, by: Administrator) -> bool:
    try:
        return bool((await administrators.get(connection, id)).territories & by.territories)
    except AdministratorUnknown:
        return False
