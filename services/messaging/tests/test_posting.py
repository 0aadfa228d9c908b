"""The mail server is spoken to over TLS whose certificate is trusted, or not at all."""

import ssl
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from terresante_messaging.settings import Settings
from terresante_messaging.telling.posting import Answer, MailServer, ServerAway
from terresante_messaging.telling.running import mail_server as named_in
from terresante_platform.testing.certificates import Authority

from .telling_mail import Inbox, mail_server
from .telling_world import SENDER


def served(certificates: Authority) -> ssl.SSLContext:
    who = certificates.identity("messaging")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(who.certificate, who.key)
    return context


async def handed_over(server: MailServer) -> tuple[Answer, str]:
    async with server.reached() as session:
        return await session.hand_over(SENDER, "nurse@mail.example", b"Subject: rien\r\n\r\nrien\r\n")


async def test_over_starttls_mail_is_taken_with_a_name_and_a_password(certificates: Authority) -> None:
    seen: list[tuple[str, bool]] = []

    def authenticate(_: Any, session: Any, ___: Any, ____: Any, data: Any) -> AuthResult:
        seen.append((data.login.decode(), session.ssl is not None))
        return AuthResult(success=data.password == b"secret")

    more = {"tls_context": served(certificates), "require_starttls": True, "authenticator": authenticate}
    async with mail_server(Inbox(), **more, auth_required=True) as inbox:
        server = MailServer(
            "localhost", inbox.port, "starttls", "messaging", "secret", certificates.identity("messaging").authority
        )
        assert await handed_over(server) == (Answer.TAKEN, "")

    assert seen == [("messaging", True)]
    assert len(inbox.taken) == 1


async def test_a_certificate_that_nobody_vouches_for_is_not_spoken_to(certificates: Authority) -> None:
    async with mail_server(Inbox(), tls_context=served(certificates), require_starttls=True) as inbox:
        with pytest.raises(ServerAway):
            await handed_over(MailServer("localhost", inbox.port, "starttls"))

    assert inbox.taken == []


async def test_a_server_without_tls_is_not_spoken_to_where_tls_is_asked_for() -> None:
    async with mail_server(Inbox()) as inbox:
        with pytest.raises(ServerAway):
            await handed_over(MailServer("localhost", inbox.port, "starttls"))

    assert inbox.taken == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("250 OK", (Answer.TAKEN, "")),
        ("550 nurse@mail.example unknown", (Answer.REFUSED, "SMTP_550")),
        ("451 later", (Answer.LATER, "SMTP_451")),
    ],
)
async def test_what_the_server_says_is_kept_by_its_code_alone(answer: str, said: tuple[Answer, str]) -> None:
    for inbox in (Inbox(answer=answer), Inbox(answer_to_content=answer)):
        async with mail_server(inbox):
            assert await handed_over(MailServer("127.0.0.1", inbox.port, "none")) == said


def settings(**more: Any) -> Settings:
    return Settings.model_construct(**({"smtp_host": "", "mail_from": "", "smtp_password_file": None} | more))


def test_without_a_server_none_is_spoken_to_and_one_needs_a_sender() -> None:
    assert named_in(settings()) is None
    with pytest.raises(ValueError, match="MAIL_FROM"):
        named_in(settings(smtp_host="mail.example"))
