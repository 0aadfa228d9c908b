"""A mail server: how it is reached, and what its answers mean."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import aiosmtplib
from terresante_platform.telemetry import log

SECONDS = 30.0
"""For each step of a conversation with the server."""
_REFUSED = range(500, 600)


class ServerAway(Exception):
    """The mail server cannot be reached, lets us not in, or will not send for us: no address is at fault."""

    def __init__(self, why: str) -> None:
        """`why`: a code of SMTP or the name of a fault, never what the server said, which may quote an address."""
        super().__init__(why)
        self.why = why


class Answer(Enum):
    """What the server said to one mail."""

    TAKEN = "TAKEN"
    REFUSED = "REFUSED"
    LATER = "LATER"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over."""

    host: str
    port: int
    security: str
    """starttls, tls or none."""
    user: str = ""
    password: str = field(default="", repr=False)
    authority: Path | None = None
    """Who vouches for its certificate; the system's authorities if unset."""

    @asynccontextmanager
    async def reached(self) -> AsyncIterator["Session"]:
        """A conversation with it. Raises ServerAway, also for a certificate that is not to be trusted."""
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            timeout=SECONDS,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            tls_context=None if self.security == "none" else self._trusted(),
        )
        try:
            await client.connect()
            if self.user:
                await client.login(self.user, self.password)
        except (aiosmtplib.SMTPException, OSError, ValueError) as fault:
            client.close()
            raise ServerAway(type(fault).__name__) from None
        try:
            yield Session(client)
        finally:
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
            client.close()

    def _trusted(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority) if self.authority else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


class Session:
    """Where mails are handed over, one after the other."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client

    async def hand_over(self, sender: str, to: str, mail: bytes) -> tuple[Answer, str]:
        """What the server said, with its code as SMTP_550. Raises ServerAway if it is gone, or refuses its sender.

        A fault names no address: what the server says may quote it."""
        try:
            await self._client.sendmail(sender, [to], mail)
        except aiosmtplib.SMTPSenderRefused as fault:
            log.error("the mail server refuses the sender", code=fault.code)
            raise ServerAway(f"SENDER_{fault.code}") from None
        except aiosmtplib.SMTPRecipientsRefused as fault:
            return _said(fault.recipients[0].code)
        except aiosmtplib.SMTPResponseException as fault:
            if fault.code == aiosmtplib.SMTPStatus.domain_unavailable:
                raise ServerAway(f"SMTP_{fault.code}") from None
            return _said(fault.code)
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise ServerAway(type(fault).__name__) from None
        return Answer.TAKEN, ""


def _said(code: int) -> tuple[Answer, str]:
    return (Answer.REFUSED if code in _REFUSED else Answer.LATER), f"SMTP_{code}"
