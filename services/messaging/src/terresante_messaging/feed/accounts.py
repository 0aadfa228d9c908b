"""Whose account is open: streams of those who were suspended end within a second, on every replica.

That an account changed is heard on the bus; this is a hint, and may be missed. So consent is also asked about everybody
whose stream is open from time to time, and every second while the bus is not heard. No answer ends nothing: nothing is
given without one either.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from google.protobuf.message import DecodeError
from google.protobuf.wrappers_pb2 import StringValue
from terresante_contents.watching import PROFESSIONAL_CHANGED, SETTLES_SECONDS
from terresante_platform import background
from terresante_platform.bus import Bus
from terresante_platform.refusals import Denied
from terresante_platform.telemetry import log

from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.feed.readers import Readers
from terresante_messaging.feed.streams import Streams

EVERY_SECONDS = 10.0
EVERY_SECONDS_DEAF = 1.0
AGAIN_SECONDS = (0.0, SETTLES_SECONDS)
"""After a hint: at once, and once consent has surely taken the change in."""


class AccountSuspended(Denied):
    """The account is no longer open."""

    reason = "ACCOUNT_SUSPENDED"

    def __init__(self) -> None:
        super().__init__("Votre compte est suspendu.", "Adressez-vous à l’administrateur de votre territoire.")


class Accounts:
    """Asks whether accounts are still open, and ends the streams of the others."""

    def __init__(self, readers: Readers, streams: Streams, bus: Bus | None = None) -> None:
        self._readers = readers
        self._streams = streams
        self._bus = bus
        self._hinted: list[tuple[float, Recipient | None]] = []
        self._wake = asyncio.Event()

    async def is_open(self, who: Recipient) -> bool:
        """Whether it is, as far as consent has heard of them. A person of the patients' realm always has one."""
        return who.realm is Realm.PERSON or who.id in await self._readers.open_accounts([who.id])

    async def check(self, some: list[Recipient]) -> None:
        """Ends the streams of those of them whose account is not open."""
        asked = [who for who in some if who.realm is not Realm.PERSON]
        if asked:
            opened = await self._readers.open_accounts(who.id for who in asked)
            self._streams.end(AccountSuspended, [who for who in asked if who.id not in opened])

    def heard(self, _: str, payload: bytes) -> None:
        """A hint. One that cannot be read concerns everybody."""
        try:
            who = Recipient(Realm.PROFESSIONAL, UUID(StringValue.FromString(payload).value))
        except (DecodeError, ValueError):
            who = None
        if who is None or who in self._streams.people:
            now = asyncio.get_running_loop().time()
            self._hinted += [(now + later, who) for later in AGAIN_SECONDS]
            self._wake.set()

    async def run(self) -> None:
        """Asks for ever."""
        clock = asyncio.get_running_loop().time
        asked = clock()
        while True:
            every = EVERY_SECONDS if self._bus is not None and self._bus.live else EVERY_SECONDS_DEAF
            due = min([asked + every, *(at for at, _ in self._hinted)])
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._wake.wait()
            self._wake.clear()
            now = clock()
            hinted = [who for at, who in self._hinted if at <= now]
            self._hinted = [(at, who) for at, who in self._hinted if at > now]
            everybody = now >= asked + every or None in hinted
            if everybody:
                asked = now
            try:
                await self.check(
                    list(self._streams.people) if everybody else [who for who in hinted if who is not None]
                )
            except Exception as fault:  # consent is away: asked again when next due
                log.warning("accounts not checked", exc_info=fault)

    async def listen(self) -> None:
        """Hears until cancelled."""
        if self._bus is not None:
            await self._bus.hear([PROFESSIONAL_CHANGED], self.heard)


@asynccontextmanager
async def checking(readers: Readers, streams: Streams, bus: Bus | None) -> AsyncIterator[Accounts]:
    """Asks in the background until left."""
    accounts = Accounts(readers, streams, bus)
    async with background.running(accounts.run()), background.running(accounts.listen()):
        yield accounts
