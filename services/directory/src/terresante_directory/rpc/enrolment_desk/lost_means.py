"""A phone or a card is lost: administrators say so, after what the region's rules ask for."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory.domain.accounts import AccountsUnavailable
from terresante_directory.domain.enrolment import Rules
from terresante_directory.domain.lost_means import (
    AccountAct,
    AccountActKind,
    given_why,
    known_evidence,
    lose_card,
    lose_phone,
)
from terresante_directory.domain.professionals import Profession
from terresante_directory.rpc.accounts import FRESH_SECONDS
from terresante_directory.rpc.enrolment_desk.answering import answered_for, as_it_is
from terresante_directory.settling import Settling
from terresante_directory.store import accounts, lost_means


class LostMeansCalls:
    """See the module."""

    _database: Database
    _settling: Settling
    _professions: Mapping[str, Profession]
    _rules: Rules
    _now: Callable[[], datetime]

    @allow("administrator", fresh=FRESH_SECONDS)
    async def ReplacePhone(self, request: pb.ReplacePhoneRequest, _: Any) -> pb.ReplacePhoneResponse:
        now = self._now()
        evidence, why = known_evidence(request.evidence, self._rules.evidence), given_why(request.why)
        async with self._database.transaction() as transaction:
            by, professional, account = await answered_for(transaction, request.professional_id)
            await accounts.save(transaction, lose_phone(account))
            await lost_means.phone_asked(transaction, account.uid, now)
            territories = frozenset({professional.home()})
            done = AccountAct(account.uid, AccountActKind.PHONE_REPLACED, by.id, now, why, evidence, territories)
            await lost_means.record(transaction, done)
        await self._settling.finish(account.uid)
        async with self._database.reading() as connection:
            return pb.ReplacePhoneResponse(account=await as_it_is(connection, professional.id, self._professions))

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
