"""Mail leaves: what is due becomes mails, each decided again, composed and handed over at that moment.

A mail's Message-ID is kept before it is first offered, so that one offered again after a crash is the same mail to who
receives it. While the server is away nothing is taken up, and nothing is counted against any mail.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from terresante_contents.sealing import MasterKeys, OwnerKey
from terresante_platform.database import Database
from terresante_platform.telemetry import log

from terresante_messaging.domain.emails import Given
from terresante_messaging.domain.log import Entry
from terresante_messaging.domain.mails import Gist, MailKind, MailState, again_at, is_given_up
from terresante_messaging.feed.readers import Readers
from terresante_messaging.store import addresses, escalations, mails, taken_back
from terresante_messaging.store.escalations import is_there
from terresante_messaging.store.keys import owner_keys
from terresante_messaging.store.mails import Mail
from terresante_messaging.telling import composing
from terresante_messaging.telling.composing import Envelope, Letterhead
from terresante_messaging.telling.posting import Answer, MailServer, ServerAway, Session

EVERY_SECONDS = 1.0
AWAY_SECONDS = (5.0, 300.0)
"""Between two tries to reach the server while it is away: at first, and at most."""
LEASE = timedelta(minutes=5)
"""Longer than a mail takes to hand over: then another process may."""
MAIL_CODE = "mail.code"
_NOTHING_LEFT = "NOTHING_LEFT"
_NO_ADDRESS = "NO_ADDRESS"


@dataclass(frozen=True, slots=True)
class Office:
    """What mailing works with."""

    database: Database
    masters: MasterKeys
    readers: Readers
    server: MailServer
    head: Letterhead
    now: Callable[[], datetime]


class Mailing:
    """Sends what is due."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def run(self) -> None:
        """For ever."""
        wait = AWAY_SECONDS[0]
        while True:
            try:
                await self.round()
            except ServerAway as away:
                log.warning("the mail server is away", why=away.why, next_try_seconds=wait)
                await asyncio.sleep(wait)
                wait = min(2 * wait, AWAY_SECONDS[1])
            except Exception as fault:  # what is due stays due
                log.warning("mail waits", exc_info=fault)
                await asyncio.sleep(AWAY_SECONDS[0])
            else:
                wait = AWAY_SECONDS[0]
                await asyncio.sleep(EVERY_SECONDS)

    async def round(self) -> int:
        """Sends all that is due. Gives how many mails there were. Raises ServerAway."""
        office = self._office
        while True:
            async with office.database.transaction() as transaction:
                if await mails.bind(transaction, office.now()) < mails.AT_ONCE:
                    break
        async with office.database.reading() as connection:
            if not await mails.is_due(connection, office.now()):
                return 0
        sent = 0
        async with office.server.reached() as session:
            while (mail := await self._taken()) is not None:
                await self._send(session, mail)
                sent += 1
        return sent

    async def _taken(self) -> Mail | None:
        async with self._office.database.transaction() as transaction:
            return await mails.take(transaction, self._office.now(), LEASE)

    async def _send(self, session: Session, mail: Mail) -> None:
        office = self._office
        async with office.database.reading() as connection:
            key = await owner_keys.find(connection, office.masters, mail.who.id)
            address = await addresses.find(connection, key, mail.who)
        is_code = mail.kind is MailKind.CODE
        to = address.given if is_code else address.confirmed
        if not to or key is None:
            await self._withhold(mail, _NO_ADDRESS)
            return
        envelope = Envelope(mail.id, to, office.now())
        composed = self._code(mail, key, address.code, envelope) if is_code else await self._news(mail, envelope)
        if composed is None:
            await self._withhold(mail, _NOTHING_LEFT)
            return
        answer, code = await session.hand_over(office.head.sender, to, composed)
        await self._note(mail, answer, code)

    def _code(self, mail: Mail, key: OwnerKey, code: Given | None, envelope: Envelope) -> bytes | None:
        """None: too late, or another code went out since."""
        if mail.code is None or code is None or code.ends_at <= envelope.at:
            return None
        digits = key.open(MAIL_CODE, mail.id, mail.code).decode()
        return composing.code(self._office.head, envelope, digits)

    async def _news(self, mail: Mail, envelope: Envelope) -> bytes | None:
        """None: nothing is left of what they may be told, have not read, and was not taken back."""
        office = self._office
        async with office.database.reading() as connection:
            lines = await mails.lines_of(connection, mail.id)
            messages = await escalations.facts(connection, [line.message for line in lines if line.message])
        lines = [line for line in lines if line.message is None or is_there(messages.get(line.message))]
        told = await office.readers.told([Entry(0, line.entry, line.what()) for line in lines])
        kept = [line for line, who in zip(lines, told, strict=True) if mail.who in who]
        return composing.news(office.head, envelope, Gist.of(kept)) if kept else None

    async def _withhold(self, mail: Mail, why: str) -> None:
        async with self._office.database.transaction() as transaction:
            await mails.done(transaction, mail.id, MailState.WITHHELD, self._office.now(), why)
            await taken_back.withhold_of(transaction, mail.id)

    async def _note(self, mail: Mail, answer: Answer, code: str) -> None:
        now = self._office.now()
        async with self._office.database.transaction() as transaction:
            if answer is Answer.TAKEN:
                await mails.done(transaction, mail.id, MailState.SENT, now)
                await addresses.failed(transaction, mail.who, None)
            elif answer is Answer.REFUSED or is_given_up(mail.made_at, now):
                state = MailState.REFUSED if answer is Answer.REFUSED else MailState.GIVEN_UP
                await mails.done(transaction, mail.id, state, now, code)
                await addresses.failed(transaction, mail.who, now)
            else:
                await mails.postpone(transaction, mail.id, again_at(now, mail.attempts), code)
