"""A mail server that keeps what it is given, and how the tests read it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


@dataclass
class Inbox:
    """A mail server on this machine."""

    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    answer: str = "250 OK"
    """To each recipient."""
    answer_to_content: str = "250 OK"
    refused: set[str] = field(default_factory=set)
    cuts: bool = False
    """Takes a mail and is gone before it says so."""

    async def handle_RCPT(self, server: SMTP, _: Any, envelope: Envelope, address: str, __: Any) -> str:
        if address in self.refused:
            return "550 no such user"
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: SMTP, _: Any, envelope: Envelope) -> str:
        if self.answer_to_content.startswith("250"):
            self.taken.append(envelope)
        if self.cuts:
            assert server.transport is not None
            server.transport.abort()
        return self.answer_to_content

    @property
    def mails(self) -> list[EmailMessage]:
        return [read(one) for one in self.taken]

    @property
    def subjects(self) -> list[str]:
        return [str(one["Subject"]) for one in self.mails]

    @property
    def to(self) -> list[str]:
        return [one.rcpt_tos[0] for one in self.taken]


def read(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    found = message_from_bytes(envelope.content, policy=default)
    assert isinstance(found, EmailMessage)
    return found


@asynccontextmanager
async def mail_server(inbox: Inbox, **more: Any) -> AsyncIterator[Inbox]:
    """Listens on the inbox's port, a free one at first."""
    make = partial(SMTP, inbox, hostname="mail.example", **more)
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", inbox.port)
    inbox.port = server.sockets[0].getsockname()[1]
    try:
        yield inbox
    finally:
        server.close()
        await server.wait_closed()
