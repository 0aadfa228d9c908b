"""The parts of telling that go on beside the calls."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from terresante_contents.sealing import MasterKeys
from terresante_platform import background
from terresante_platform.counted import counting
from terresante_platform.database import Database
from terresante_platform.telemetry import log

from terresante_messaging.feed import reading
from terresante_messaging.feed.readers import Readers
from terresante_messaging.settings import Settings
from terresante_messaging.store import escalations, mails
from terresante_messaging.telling import forgetting
from terresante_messaging.telling.composing import Letterhead
from terresante_messaging.telling.escalating import Escalating
from terresante_messaging.telling.following import READER, Following
from terresante_messaging.telling.mailing import Mailing, Office
from terresante_messaging.telling.posting import MailServer

COUNTS = (*mails.COUNTS, *escalations.COUNTS)


@asynccontextmanager
async def telling(
    settings: Settings, database: Database, masters: MasterKeys, readers: Readers, now: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Tells until left. Without a mail server mail waits; all else goes on."""
    following = Following(database, readers, settings.urgent_minutes, now)
    escalating = Escalating(database, readers, now)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(counting(database, COUNTS))
        await stack.enter_async_context(
            background.running(reading.work(database, READER, following.apply, following.ask, begin="oldest"))
        )
        await stack.enter_async_context(background.running(escalating.run()))
        await stack.enter_async_context(background.running(forgetting.regularly(database, now)))
        server = mail_server(settings)
        if server is None:
            log.warning("no mail leaves: no mail server is set")
        else:
            head = Letterhead(settings.mail_from, settings.portal_url)
            mailing = Mailing(Office(database, masters, readers, server, head, now))
            await stack.enter_async_context(background.running(mailing.run()))
        yield


def mail_server(settings: Settings) -> MailServer | None:
    """As the settings name it; None if they name none. Raises ValueError when it is named without a sender."""
    if not settings.smtp_host:
        return None
    if "@" not in settings.mail_from:
        raise ValueError("TERRESANTE_MESSAGING_MAIL_FROM must be an address where a mail server is set")
    password = settings.smtp_password_file.read_text("utf-8").strip() if settings.smtp_password_file else ""
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_user,
        password,
        settings.smtp_ca_file,
    )
