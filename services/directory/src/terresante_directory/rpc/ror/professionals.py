"""What was said wrong of a professional is corrected, as if it had been said right from the beginning."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.ids import parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import events, wire
from terresante_directory.domain.accounts import renumbered
from terresante_directory.domain.acts import ActKind, ActOf, why
from terresante_directory.domain.enrolled import professional_corrected
from terresante_directory.domain.identifiers import ProfessionalId, rpps
from terresante_directory.domain.professionals import Corrected, Profession, corrected
from terresante_directory.domain.subjects import of_professional
from terresante_directory.rpc.callers import administrator
from terresante_directory.store import accounts, acting, enrolments, professionals


class CorrectionCalls:
    """See the module."""

    _database: Database
    _professions: Mapping[str, Profession]
    _now: Callable[[], datetime]

    @allow("administrator")
    async def CorrectProfessional(
        self, request: pb.CorrectProfessionalRequest, _: Any
    ) -> pb.CorrectProfessionalResponse:
        id, now = ProfessionalId(parsed(request.professional_id, "professional_id")), self._now()
        typed = Corrected(request.rpps, request.family_name, request.given_name, request.profession)
        async with self._database.transaction() as transaction:
            by = await administrator(transaction)
            if request.rpps:
                await enrolments.give_way(transaction, rpps(request.rpps))
            present = await professionals.get_for_update(transaction, id)
            right = corrected(present, typed, version=request.version, by=by, professions=self._professions)
            account = await accounts.get_for_update(transaction, id)
            if account is not None and right.rpps != present.rpps:
                await accounts.save(transaction, renumbered(account, right.rpps))
            known = await acting.hold(transaction, [of_professional(id)], now)
            act = ActOf(ActKind.CORRECTED, by.id, why(request.why), territories=frozenset({present.home()}))
            await events.acted(
                transaction, await acting.act(transaction, act, professional_corrected(right, known), now)
            )
            told = (await professionals.get_many(transaction, [id]))[id]
        return pb.CorrectProfessionalResponse(
            professional=wire.professional_to_proto(told, self._professions, account=True),
            doubts=wire.doubts_to_proto(told.doubts()),
        )
