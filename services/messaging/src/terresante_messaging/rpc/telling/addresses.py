"""The address that mail goes to. Whether anybody else has it is never looked at: no answer tells of others."""

from dataclasses import replace
from secrets import randbelow
from typing import Any

from terresante.messaging.v1 import telling_service_pb2 as pb
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.emails import (
    CODE_DIGITS,
    CODE_LASTS,
    CodeInvalid,
    Given,
    asked_again,
    confirms,
    is_code,
    parsed,
)
from terresante_messaging.domain.mails import MailKind
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.telling.desk import PEOPLE, TellingDesk
from terresante_messaging.store import addresses, mails
from terresante_messaging.telling.mailing import MAIL_CODE
from terresante_messaging.wire.parts import stamp


class AddressCalls:
    """See the module."""

    _desk: TellingDesk

    @allow(*PEOPLE)
    async def GiveEmail(self, request: pb.GiveEmailRequest, _: Any) -> pb.GiveEmailResponse:
        """Sends a code. Until it is given back, mail goes where it went before."""
        me, given, now = caller(), parsed(request.email), self._desk.now()
        key = await self._desk.key(me)
        code, mail = str(randbelow(10**CODE_DIGITS)).zfill(CODE_DIGITS), new_id()
        sent = Given(addresses.code_mark(key, given, code), now + CODE_LASTS, 0)
        async with self._desk.database.transaction() as transaction:
            kept = await addresses.locked(transaction, key, me)
            asked = tuple(asked_again(kept.asked, now))
            await addresses.keep(transaction, key, me, replace(kept, given=given, code=sent, asked=asked))
            await mails.cancel(transaction, me, [MailKind.CODE], now)
            sealed = key.seal(MAIL_CODE, mail, code.encode())
            await mails.add(transaction, me, MailKind.CODE, now, now, (mail, sealed))
        return pb.GiveEmailResponse(code_ends_at=stamp(sent.ends_at))

    @allow(*PEOPLE)
    async def ConfirmEmail(self, request: pb.ConfirmEmailRequest, _: Any) -> pb.ConfirmEmailResponse:
        """Takes the address from then on. A wrong code is counted, whatever is answered."""
        me, now = caller(), self._desk.now()
        if not is_code(request.code):
            raise CodeInvalid
        key = await self._desk.key(me)
        async with self._desk.database.transaction() as transaction:
            kept = await addresses.locked(transaction, key, me)
            right = confirms(kept.code, addresses.code_mark(key, kept.given, request.code), now)
            if right:
                new = replace(kept, confirmed=kept.given, given="", code=None, failed_at=None)
            else:
                new = replace(kept, code=kept.code and replace(kept.code, tries=kept.code.tries + 1))
            await addresses.keep(transaction, key, me, new)
            told = await self._desk.preferences(transaction, me)
        if not right:
            raise CodeInvalid
        return pb.ConfirmEmailResponse(preferences=told)

    @allow(*PEOPLE)
    async def ForgetEmail(self, _: pb.ForgetEmailRequest, __: Any) -> pb.ForgetEmailResponse:
        """Nothing leaves any more, not even what waits."""
        me = caller()
        async with self._desk.database.transaction() as transaction:
            await addresses.forget(transaction, me)
            await mails.cancel(transaction, me, list(MailKind), self._desk.now())
        return pb.ForgetEmailResponse()
