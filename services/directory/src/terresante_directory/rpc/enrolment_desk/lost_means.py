"""A phone or a card is lost: administrators say so, after what the region's rules ask for."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory.domain.accounts import Account, AccountsUnavailable
from terresante_directory.domain.enrolment import Rules
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.lost_means import (
    AccountAct,
    AccountActKind,
    given_why,
    known_evidence,
    lose_card,
    lose_phone,
)
from terresante_directory.domain.professionals import Profession
from terresante_directory.domain.territories import Administrator
from terresante_directory.rpc.accounts import FRESH_SECONDS
from terresante_directory.rpc.enrolment_desk.answering import answered_for, answered_for_other, as_it_is
from terresante_directory.settling import Settling
from terresante_directory.store import accounts, lost_means
from terresante_directory.wire.enrolment import administrators_account_to_proto


class LostMeansCalls:
    """See the module."""

    _database: Database
    _settling: Settling
    _professions: Mapping[str, Profession]
    _rules: Rules
    _now: Callable[[], datetime]

    @allow("administrator", fresh=FRESH_SECONDS)
    async def ReplacePhone(self, request: pb.ReplacePhoneRequest, _: Any) -> pb.ReplacePhoneResponse:
        if request.administrator_id:
            return await self._administrators_phone(request)
        evidence, why = known_evidence(request.evidence, self._rules.evidence), given_why(request.why)
        async with self._database.transaction() as transaction:
            by, professional, account = await answered_for(transaction, request.professional_id)
            there = frozenset({professional.home()})
            done = self._replaced(account, by, there, why, evidence)
            await _replace_phone(transaction, account, done)
        await self._settling.finish(account.uid)
        async with self._database.reading() as connection:
            return pb.ReplacePhoneResponse(account=await as_it_is(connection, professional.id, self._professions))

    async def _administrators_phone(self, request: pb.ReplacePhoneRequest) -> pb.ReplacePhoneResponse:
        evidence, why = known_evidence(request.evidence, self._rules.evidence), given_why(request.why)
        async with self._database.transaction() as transaction:
            by, other, account = await answered_for_other(transaction, request.administrator_id)
            done = self._replaced(account, by, other.territories, why, evidence)
            await _replace_phone(transaction, account, done)
        await self._settling.finish(account.uid)
        async with self._database.reading() as connection:
            account = await accounts.get(connection, account.uid) or account
        return pb.ReplacePhoneResponse(account=administrators_account_to_proto(other, account))

    def _replaced(
        self, account: Account, by: Administrator, there: frozenset[TerritoryCode], why: str, evidence: str
    ) -> AccountAct:
        return AccountAct(account.uid, AccountActKind.PHONE_REPLACED, by.id, self._now(), why, evidence, there)

    @allow("administrator")
    async def ReportCardLost(self, request: pb.ReportCardLostRequest, _: Any) -> pb.ReportCardLostResponse:
        now = self._now()
        why = given_why(request.why)
        async with self._database.transaction() as transaction:
            by, professional, account = await answered_for(transaction, request.professional_id)
            account = lose_card(account)
            await accounts.save(transaction, account)
            await lost_means.card_lost(transaction, account.uid, now)
            territories = frozenset({professional.home()})
            done = AccountAct(account.uid, AccountActKind.CARD_LOST, by.id, now, why, territories=territories)
            await lost_means.record(transaction, done)
        # nobody logs in while Keycloak is away; `settled` says that it is still to be done
        with suppress(AccountsUnavailable):
            await self._settling.take_card(account)
        async with self._database.reading() as connection:
            return pb.ReportCardLostResponse(account=await as_it_is(connection, professional.id, self._professions))


async def _replace_phone(transaction: AsyncConnection, account: Account, done: AccountAct) -> None:
    await accounts.save(transaction, lose_phone(account))
    await lost_means.phone_asked(transaction, account.uid, done.at)
    await lost_means.record(transaction, done)
