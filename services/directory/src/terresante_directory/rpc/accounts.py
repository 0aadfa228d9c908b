"""Accounts of professionals are opened, suspended and reinstated by the administrators who answer for them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.ids import parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.accounts import new_starting_password, new_username
from terresante_directory.domain import acts
from terresante_directory.domain.accounts import (
    Account,
    Kind,
    Means,
    State,
    ask,
    must_be_new,
    reinstate,
    suspend,
    suspended,
    unknown_account,
)
from terresante_directory.domain.identifiers import ProfessionalId
from terresante_directory.domain.professionals import Profession, Professional
from terresante_directory.settling import Settling, keep_state
from terresante_directory.store import accounts, administrators, enrolments, professionals

FRESH_SECONDS = 300
"""What gives somebody access asks for a login of less than five minutes; taking it away does not."""


class AccountCalls:
    """See the module."""

    _database: Database
    _settling: Settling
    _professions: Mapping[str, Profession]
    _now: Callable[[], datetime]

    @allow("administrator", fresh=FRESH_SECONDS)
    async def OpenAccount(self, request: pb.OpenAccountRequest, _: Any) -> pb.OpenAccountResponse:
        return await self.open(request)

    async def open(self, request: pb.OpenAccountRequest, *, only_new: bool = False) -> pb.OpenAccountResponse:
        """Opens it, or makes another letter; `only_new`: raises `AccountAlready` in place of that."""
        means = wire.means(request.means)
        async with self._database.transaction() as transaction:
            await enrolments.give_way_to(
                transaction, ProfessionalId(parsed(request.professional_id, "professional_id"))
            )
            professional, present = await _answered_for(transaction, request.professional_id)
            if only_new:
                must_be_new(present)
            account = ask(
                present,
                uid=professional.id,
                kind=Kind.PROFESSIONAL,
                rpps=professional.rpps,
                means=means,
                username=new_username(),
                at=self._now(),
            )
            await accounts.save(transaction, account)
            await keep_state(transaction, professional, account, self._now())
        password = new_starting_password() if means is Means.PASSWORD_AND_CODE else None
        opened = await self._settling.start_anew(account, password)
        if opened.state is State.SUSPENDED:
            raise suspended()
        return pb.OpenAccountResponse(
            professional=await self._present(professional.id),
            username=opened.username,
            starting_password=password or "",
        )

    @allow("administrator")
    async def SuspendAccount(self, request: pb.SuspendAccountRequest, _: Any) -> pb.SuspendAccountResponse:
        why = acts.why(request.why)
        async with self._database.transaction() as transaction:
            professional, present = await _answered_for(transaction, request.professional_id)
            if present is None:
                raise unknown_account()
            account = suspend(present)
            await accounts.save(transaction, account)
            await keep_state(transaction, professional, account, self._now(), why)
        if not account.settled:
            await self._settling.shut(account)
        return pb.SuspendAccountResponse(professional=await self._present(professional.id))

    @allow("administrator", fresh=FRESH_SECONDS)
    async def ReinstateAccount(self, request: pb.ReinstateAccountRequest, _: Any) -> pb.ReinstateAccountResponse:
        why = acts.why(request.why)
        async with self._database.transaction() as transaction:
            professional, present = await _answered_for(transaction, request.professional_id)
            if present is None:
                raise unknown_account()
            account = reinstate(present, self._now())
            await accounts.save(transaction, account)
            await keep_state(transaction, professional, account, self._now(), why)
        if not account.settled:
            await self._settling.settle(account)
        return pb.ReinstateAccountResponse(professional=await self._present(professional.id))

    async def _present(self, id: ProfessionalId) -> pb.Professional:
        async with self._database.reading() as connection:
            professional = (await professionals.get_many(connection, [id]))[id]
        return wire.professional_to_proto(professional, self._professions, account=True)


async def _answered_for(transaction: AsyncConnection, id: str) -> tuple[Professional, Account | None]:
    """A professional whom the caller answers for, and their account if any, both locked."""
    by = await administrators.get(transaction, calls.person().id)
    uid = ProfessionalId(parsed(id, "professional_id"))
    professional = await professionals.get_for_update(transaction, uid)
    professional.must_be_answered_for_by(by)
    return professional, await accounts.get_for_update(transaction, uid)
