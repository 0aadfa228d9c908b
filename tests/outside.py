"""What stands outside of the platform in these tests: a mail server, and where portals receive webhooks."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from terresante_dev.webhook_receiver import Verifier, receiver
from terresante_platform.testing.postgres import free_port

PORT_IS_IN = "TERRESANTE_MESSAGING_SMTP_PORT"
POLL = 0.05
"""Seconds between two looks."""


class Postbox:
    """A mail server that keeps all that it is given. It can be down, and up again at the same port."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []
        self._server: Controller | None = None

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:
        """Takes one mail."""
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        mail["X-Given-To"] = ", ".join(envelope.rcpt_tos)
        self.mails.append(mail)
        return "250 OK"

    def up(self) -> None:
        """Takes mail from now on."""
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)
        self._server.start()

    def down(self) -> None:
        """Nobody listens any more."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def of(self, address: str) -> list[EmailMessage]:
        """What came for somebody, in the order of arrival."""
        return [mail for mail in self.mails if mail["X-Given-To"] == address]

    def until(self, address: str, holds: Callable[[list[EmailMessage]], bool], seconds: float) -> list[EmailMessage]:
        """Waits until it holds of somebody's mail, and gives that."""
        end = time.monotonic() + seconds
        while not holds(self.of(address)):
            seen = [mail["Subject"] for mail in self.of(address)]
            assert time.monotonic() < end, f"not within {seconds:.0f} s; mail so far: {seen}"
            time.sleep(POLL)
        return self.of(address)


def text_of(mail: EmailMessage) -> str:
    """All that a mail says: its headers and every readable part."""
    parts: list[Any] = [part for part in mail.walk() if not part.is_multipart()]
    return "\n".join([str(mail.items()), *(str(part.get_content()) for part in parts)])


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that a portal believed. `at`: monotonic seconds at which it came."""

    event: dict[str, Any]
    at: float

    @property
    def recipient(self) -> str:
        """Whom it concerns, if that is a professional."""
        return str(self.event["data"].get("recipient_professional_id"))

    @property
    def message(self) -> str:
        """The message that it tells of, if it tells of one that was posted."""
        return str(self.event["data"]["message_id"]) if self.event["type"] == "message_posted" else ""


class Receiving:
    """A portal's own server. It can be down, and up again; while it is up it keeps each event once, as they come."""

    def __init__(self) -> None:
        self.port = free_port()
        self.secrets: list[str] = []
        self.deliveries: list[Delivery] = []

    @property
    def url(self) -> str:
        """Where it is told."""
        return f"http://127.0.0.1:{self.port}/evenements"

    def messages(self) -> list[str]:
        """The messages that it was told of."""
        return [one.message for one in list(self.deliveries) if one.message]

    @contextmanager
    def up(self) -> Iterator[None]:
        """It answers in the block."""
        with receiver(self.port, Verifier(self.secrets), self._take) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()

    def _take(self, event: dict[str, Any]) -> None:
        self.deliveries.append(Delivery(event, time.monotonic()))


def postbox() -> Postbox:
    """At the port that the stack was told, if somebody made it by hand; else at a free one."""
    return Postbox(int(os.environ.get(PORT_IS_IN) or free_port()))


def settings(box: Postbox) -> dict[str, str]:
    """How the platform is set so that these tests see what leaves it, need not wait for what takes minutes, and may ask
    more often than people do.
    """
    return {
        "TERRESANTE_MESSAGING_SMTP_HOST": "127.0.0.1",
        PORT_IS_IN: str(box.port),
        "TERRESANTE_MESSAGING_SMTP_SECURITY": "none",
        "TERRESANTE_MESSAGING_MAIL_FROM": "ne-pas-repondre@terr-esante.example",
        "TERRESANTE_MESSAGING_PORTAL_URL": "https://portail.terr-esante.example/",
        "TERRESANTE_MESSAGING_URGENT_MINUTES": "1",
        "TERRESANTE_MESSAGING_WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
        **{f"TERRESANTE_GATEWAY_{what}_A_MINUTE": "10000" for what in ("MESSAGES", "UPLOADS", "SEARCHES", "STREAMS")},
    }
