"""What several calls of the desk begin or end with."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.ids import parsed

from terresante_directory.domain.accounts import Account, unknown_account
from terresante_directory.domain.administrators import must_answer_for, unknown_other
from terresante_directory.domain.identifiers import ProfessionalId
from terresante_directory.domain.professionals import Profession, Professional
from terresante_directory.domain.territories import Administrator, AdministratorUnknown
from terresante_directory.rpc.callers import administrator
from terresante_directory.store import account_list, accounts, administrators, naming, professionals
from terresante_directory.wire.enrolment import account_to_proto


async def answered_for(transaction: AsyncConnection, id: str) -> tuple[Administrator, Professional, Account]:
    """The caller, a professional whom they answer for, and that one's account, both locked.

    Raises `AdministratorUnknown`, `ProfessionalUnknown`, `TerritoryNotYours`, `AccountUnknown`.
    """
    by = await administrator(transaction)
    uid = ProfessionalId(parsed(id, "professional_id"))
    professional = await professionals.get_for_update(transaction, uid)
    professional.must_be_answered_for_by(by)
    account = await accounts.get_for_update(transaction, uid)
    if account is None:
        raise unknown_account()
    return by, professional, account


async def other_administrator(connection: AsyncConnection, id: UUID) -> Administrator:
    """Raises `AdministratorOtherUnknown`."""
    try:
        return await administrators.get(connection, id)
    except AdministratorUnknown:
        raise unknown_other() from None


async def answered_for_other(transaction: AsyncConnection, id: str) -> tuple[Administrator, Administrator, Account]:
    """The caller, another administrator all of whose territories are the caller's, and that one's account; all locked.

    Raises `AdministratorUnknown`, `AdministratorOtherUnknown`, `AdministratorSelf`, `TerritoryNotYours`,
    `AccountUnknown`.
    """
    uid = parsed(id, "administrator_id")
    await naming.lock(transaction, calls.person().id, uid)
    by = await administrator(transaction)
    other = await other_administrator(transaction, uid)
    must_answer_for(other, by)
    account = await accounts.get_for_update(transaction, uid)
    if account is None:
        raise unknown_account()
    return by, other, account


async def as_it_is(
    connection: AsyncConnection, id: ProfessionalId, professions: Mapping[str, Profession]
) -> pb.Account:
    """The account of a professional."""
    return account_to_proto(await account_list.one(connection, id), professions)
