"""A professional leaves: places and mandate end, the account is closed, and what they wrote stays."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory import events
from terresante_directory.domain.accounts import AccountsUnavailable, must_not_be_suspended, suspend
from terresante_directory.domain.acts import ActKind, ActOf
from terresante_directory.domain.enrolled import place_ended
from terresante_directory.domain.identifiers import ProfessionalId
from terresante_directory.domain.lost_means import AccountAct, AccountActKind
from terresante_directory.domain.officers import ended
from terresante_directory.domain.professionals import Professional, with_mandate
from terresante_directory.domain.versions import must_be_current
from terresante_directory.rpc.accounts import FRESH_SECONDS
from terresante_directory.settling import Settling, keep_state
from terresante_directory.store import accounts, acting, correspondents, lost_means, officers, professionals

LEFT = (
    "Vos lieux d’exercice ont pris fin et votre compte est fermé. Ce que vous avez écrit reste dans les dossiers des "
    "patients, sous votre nom, aussi longtemps que ces dossiers sont gardés. Pour revenir, adressez-vous à "
    "l’administrateur de votre territoire."
)


class LeavingCalls:
    """See the module."""

    _database: Database
    _settling: Settling
    _now: Callable[[], datetime]

    @allow("professional", fresh=FRESH_SECONDS)
    async def Leave(self, request: pb.LeaveRequest, _: Any) -> pb.LeaveResponse:
        me, now = ProfessionalId(calls.person().id), self._now()
        async with self._database.transaction() as transaction:
            professional = await professionals.get_for_update(transaction, me)
            account = await accounts.get_for_update(transaction, me)
            must_not_be_suspended(account)
            must_be_current(professional.version, request.version)
            territories = frozenset({professional.home()})
            await _end_mandate(transaction, professional, now)
            await _end_places(transaction, professional, now)
            await correspondents.end_all(transaction, me)
            done = AccountAct(me, AccountActKind.LEFT, me, now, territories=territories)
            await lost_means.record(transaction, done)
            if account is not None:
                account = suspend(account)
                placeless = await professionals.get_for_update(transaction, me)
                await accounts.save(transaction, account)
                await keep_state(transaction, placeless, account, now)
        if account is not None:
            with suppress(AccountsUnavailable):
                await self._settling.shut(account)
        return pb.LeaveResponse(sentence=LEFT)


async def _end_mandate(transaction: AsyncConnection, professional: Professional, at: datetime) -> None:
    if professional.mandate is not None:
        await officers.save(transaction, ended(professional.mandate, None, at))
        without = with_mandate(professional, None)
        await professionals.keep_version(transaction, without)
        await events.professional_changed(transaction, without, at)


async def _end_places(transaction: AsyncConnection, professional: Professional, at: datetime) -> None:
    lasting = [place for place in professional.places if place.until is None or place.until > at]
    said = [
        statement
        for place in lasting
        for statement in place_ended(professional, replace(place, until=max(at, place.since)))
    ]
    if said:
        of = ActOf(ActKind.PLACE_ENDED, None, "départ de la plateforme", at)
        await events.acted(transaction, await acting.act(transaction, of, said, at))
