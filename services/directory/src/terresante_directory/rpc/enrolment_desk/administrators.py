"""Administrators name others within their own rights, end them, and see who they are."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.accounts import new_starting_password, new_username
from terresante_directory.domain.accounts import Account, Kind, Means, State, anew, ask, give_up, suspended
from terresante_directory.domain.administrators import ended_territories, name_administrator
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode, rpps
from terresante_directory.domain.lost_means import AccountAct, AccountActKind, given_why
from terresante_directory.domain.territories import Administrator, Territory
from terresante_directory.rpc.accounts import FRESH_SECONDS
from terresante_directory.rpc.callers import administrator
from terresante_directory.rpc.enrolment_desk.answering import other_administrator
from terresante_directory.settling import Settling
from terresante_directory.store import accounts, administrators, enrolments, lost_means, naming
from terresante_directory.store import territories as kept_territories
from terresante_directory.wire.enrolment import administrator_to_proto


class AdministratorCalls:
    """See the module."""

    _database: Database
    _settling: Settling
    _territories: Mapping[TerritoryCode, Territory]
    _now: Callable[[], datetime]

    @allow("administrator", fresh=FRESH_SECONDS)
    async def NameAdministrator(self, request: pb.NameAdministratorRequest, _: Any) -> pb.NameAdministratorResponse:
        """Asked again with the same key after `ACCOUNTS_UNAVAILABLE`, it goes on; a password is told once.

        Also when a round has opened the account meanwhile: nobody was handed a start then.
        """
        async with (
            self._database.transaction() as transaction,
            once(transaction, request, pb.NameAdministratorResponse) as use,
        ):
            reply = use.reply or use.keep(await self._named(transaction, request))
            id = UUID(reply.administrator.administrator_id)
            account = await accounts.get_for_update(transaction, id)
            if account is None:
                raise LookupError("an administrator without an account")
            owed = await self._owed(transaction, account) if use.reply else account
        if owed is None:
            return pb.NameAdministratorResponse(administrator=await self._as_they_are(id), username=account.username)
        password = new_starting_password() if account.means is Means.PASSWORD_AND_CODE else None
        opened = await self._settling.start_anew(owed, password)
        if opened.state is State.SUSPENDED:
            raise suspended()
        return pb.NameAdministratorResponse(
            administrator=await self._as_they_are(id), username=opened.username, starting_password=password or ""
        )

    @allow("administrator")
    async def EndAdministrator(self, request: pb.EndAdministratorRequest, _: Any) -> pb.EndAdministratorResponse:
        now, why = self._now(), given_why(request.why)
        id = parsed(request.administrator_id, "administrator_id")
        async with self._database.transaction() as transaction:
            await naming.lock(transaction, calls.person().id, id)
            by = await administrator(transaction)
            other = await other_administrator(transaction, id)
            ended = ended_territories(other, request.territory_codes, by)
            await naming.end(transaction, id, ended)
            kind = AccountActKind.ADMINISTRATOR_ENDED
            await lost_means.record(transaction, AccountAct(id, kind, by.id, now, why, territories=ended))
            account = await accounts.get_for_update(transaction, id)
            account = await _suspended(transaction, account) if account and ended == other.territories else None
        if account is not None and not account.settled:
            await self._settling.shut(account)
        left = Administrator(other.id, other.given_name, other.family_name, other.territories - ended)
        shared = left.territories & by.territories
        told = Administrator(left.id, left.given_name, left.family_name, shared)
        return pb.EndAdministratorResponse(administrator=administrator_to_proto(told, await self._state(id)))

    @allow("administrator")
    async def ListAdministrators(self, _: pb.ListAdministratorsRequest, __: Any) -> pb.ListAdministratorsResponse:
        async with self._database.reading() as connection:
            by = await administrator(connection)
            found = await naming.sharing(connection, by.territories)
        return pb.ListAdministratorsResponse(
            administrators=[administrator_to_proto(one, state) for one, state in found]
        )

    async def _named(
        self, transaction: AsyncConnection, request: pb.NameAdministratorRequest
    ) -> pb.NameAdministratorResponse:
        """A new administrator and their account, as yet in the database only."""
        now, means = self._now(), wire.means(request.means)
        await naming.lock(transaction, calls.person().id)
        by = await administrator(transaction)
        names = (request.given_name, request.family_name)
        known = await kept_territories.known(transaction, self._territories)
        new = name_administrator(AdministratorId(new_id()), names, request.territory_codes, by, known)
        card = rpps(request.rpps) if request.rpps else None
        if card is not None:
            await enrolments.give_way(transaction, card)
        account = ask(
            None,
            uid=new.id,
            kind=Kind.ADMINISTRATOR,
            rpps=card,
            means=means,
            username=new_username(),
            at=now,
        )
        await administrators.add(transaction, new)
        await accounts.save(transaction, account)
        done = AccountAct(new.id, AccountActKind.ADMINISTRATOR_NAMED, by.id, now, territories=new.territories)
        await lost_means.record(transaction, done)
        return pb.NameAdministratorResponse(administrator=administrator_to_proto(new, account.state))

    async def _owed(self, transaction: AsyncConnection, account: Account) -> Account | None:
        """Leased to the caller if its start is still to be handed over, by somebody who still may name its holder.

        Raises `AdministratorUnknown`, `AdministratorOtherUnknown`, `TerritoryNotYours`, `AccountBusy`.
        """
        by = await administrator(transaction)
        by.must_administer_all((await other_administrator(transaction, account.uid)).territories)
        if account.state is State.SUSPENDED or await lost_means.was_started(transaction, account.uid):
            return None
        leased = anew(account, self._now())
        await accounts.save(transaction, leased)
        return leased

    async def _as_they_are(self, id: UUID) -> pb.Administrator:
        async with self._database.reading() as connection:
            named = await administrators.get(connection, id)
        return administrator_to_proto(named, await self._state(id))

    async def _state(self, id: UUID) -> State | None:
        async with self._database.reading() as connection:
            account = await accounts.get(connection, id)
        return account.state if account else None


async def _suspended(transaction: AsyncConnection, account: Account) -> Account:
    """Without its card: who is named again has another account."""
    shut = give_up(account)
    await accounts.save(transaction, shut)
    return shut
