"""One try to send, to real servers that behave badly."""

import asyncio
import ssl
import time
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from terresante_messaging.domain.webhooks import UrlInvalid
from terresante_messaging.webhooks.guarding import Address, Guard
from terresante_messaging.webhooks.posting import Letter, Poster, trusted
from terresante_platform.testing.certificates import Authority

from .webhook_world import (
    Answer,
    Receiver,
    receiving,
    says,
    says_no_end,
    says_no_tls,
    says_nothing,
    says_one_by_one,
    says_what_is_not_http,
)

HERE = ["127.0.0.0/8"]
LETTER = Letter({"webhook-id": "one", "webhook-signature": "v1,x"}, b'{"type":"message_posted"}')


class Names:
    """What each name says, one answer after the other, the last one for ever."""

    def __init__(self, **answers: list[str]) -> None:
        self._answers = answers
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.asked += 1
        answers = self._answers.get(host.partition(".")[0], ["127.0.0.1"])
        return [ip_address(answers.pop(0) if len(answers) > 1 else answers[0])]


async def letter() -> Letter:
    return LETTER


def poster(networks: list[str] | None = None, names: Any = None, **more: Any) -> Poster:
    guard = Guard(HERE if networks is None else networks, names or Names())
    return Poster(guard, more.pop("trust", ssl.create_default_context()), **more)


async def post(receiver: Receiver, **more: Any) -> str:
    return (await poster(**more).post(f"http://receiver.test:{receiver.port}/told?by=us", letter)).failure


async def test_what_is_sent_arrives_whole_at_its_path() -> None:
    async with receiving() as receiver:
        assert await post(receiver) == ""

    (heard,) = receiver.heard
    assert heard.line == "POST /told?by=us HTTP/1.1"
    assert heard.body == LETTER.body
    assert heard.headers["host"] == f"receiver.test:{receiver.port}"
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["webhook-id"] == "one"
    assert "authorization" not in heard.headers and "traceparent" not in heard.headers


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_every_answer_of_the_two_hundreds_is_a_yes(status: int) -> None:
    async with receiving(says(status)) as receiver:
        assert await post(receiver) == ""


@pytest.mark.parametrize("status", [304, 400, 404, 410, 429, 500, 503])
async def test_every_other_answer_is_a_no(status: int) -> None:
    async with receiving(says(status)) as receiver:
        assert await post(receiver) == f"HTTP_{status}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nobody_is_sent_elsewhere(status: int) -> None:
    async with receiving() as elsewhere:
        there = says(status, b"", f"location: http://127.0.0.1:{elsewhere.port}/")
        async with receiving(there) as receiver:
            assert await post(receiver) == f"HTTP_{status}"

        assert elsewhere.connections == 0


@pytest.mark.parametrize("answer", [says_nothing, says_one_by_one])
async def test_an_answer_that_does_not_come_is_waited_for_so_long_and_no_longer(answer: Answer) -> None:
    async with receiving(answer) as receiver:
        begun = time.monotonic()
        assert await post(receiver, patience=0.5) == "TIMEOUT"

    assert time.monotonic() - begun < 3


async def test_an_answer_without_end_is_cut() -> None:
    async with receiving(says_no_end) as receiver:
        assert await post(receiver) == "ANSWER_TOO_LARGE"


async def test_an_answer_of_sixteen_kilobytes_is_heard() -> None:
    async with receiving(says(200, b"x" * 16 * 1024)) as receiver:
        assert await post(receiver) == ""


async def test_what_is_not_http_is_no_answer() -> None:
    async with receiving(says_what_is_not_http) as receiver:
        assert await post(receiver) == "CONNECTION"


async def test_nobody_there_is_a_failure_like_any_other() -> None:
    async with receiving() as receiver:
        pass
    assert await post(receiver) == "CONNECTION"


async def test_nothing_is_sent_to_a_private_address_that_nobody_named() -> None:
    async with receiving() as receiver:
        assert await post(receiver, networks=[]) == "URL_FORBIDDEN"
        assert (
            await poster(networks=[]).post(f"https://localhost:{receiver.port}/", letter)
        ).failure == "URL_FORBIDDEN"

    assert receiver.connections == 0


async def test_a_name_that_changes_what_it_says_gains_nothing() -> None:
    """Looked up once a try: the address that was looked at is the one that is connected to."""
    async with receiving() as receiver:
        names = Names(rebound=["127.0.0.1", "10.0.0.1"])
        sending = poster(names=names)
        url = f"http://rebound.test:{receiver.port}/"
        assert (await sending.post(url, letter)).failure == ""
        assert names.asked == 1
        assert (await sending.post(url, letter)).failure == "URL_FORBIDDEN"

    assert receiver.connections == 1


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as receiver, receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await post(receiver) == ""

    assert (receiver.connections, proxy.connections) == (1, 0)


async def test_a_certificate_is_that_of_the_name_and_of_a_known_authority(certificates: Authority) -> None:
    who = certificates.identity("receiver")
    serving, trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    serving.load_cert_chain(who.certificate, who.key)
    trust.load_verify_locations(who.authority)
    async with receiving(trust=serving) as receiver:
        known = poster(trust=trust)
        assert (await known.post(f"https://receiver.svc:{receiver.port}/", letter)).failure == ""
        assert (await known.post(f"https://another.svc:{receiver.port}/", letter)).failure == "TLS"
        assert (await poster().post(f"https://receiver.svc:{receiver.port}/", letter)).failure == "TLS"

    assert len(receiver.heard) == 1


async def test_a_file_of_authorities_is_trusted_besides_those_of_the_system(certificates: Authority) -> None:
    who = certificates.identity("receiver")
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(who.certificate, who.key)
    url = "https://receiver.svc:{}/"
    async with receiving(trust=serving) as receiver:
        assert (await poster(trust=trusted(who.authority)).post(url.format(receiver.port), letter)).failure == ""
        assert (await poster(trust=trusted(None)).post(url.format(receiver.port), letter)).failure == "TLS"

    system, ours = trusted(None).cert_store_stats(), trusted(who.authority).cert_store_stats()
    assert ours["x509_ca"] == system["x509_ca"] + 1


@pytest.mark.parametrize("content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_without_a_certificate_is_refused_by_the_name_of_its_setting(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "portals.pem"
    if content is not None:
        file.write_text(content)

    with pytest.raises(ValueError, match="TERRESANTE_MESSAGING_WEBHOOK_CA_FILE must name a readable file of PEM"):
        trusted(file)


async def test_one_that_speaks_no_tls_is_a_failure() -> None:
    server = await asyncio.start_server(says_no_tls, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert (await poster().post(f"https://receiver.test:{port}/", letter)).failure == "TLS"


async def test_what_is_asked_just_before_sending_costs_the_other_side_no_time() -> None:
    async def slowly() -> Letter:
        await asyncio.sleep(0.6)
        return LETTER

    async with receiving() as receiver:
        assert (await poster(patience=0.5).post(f"http://receiver.test:{receiver.port}/", slowly)).failure == ""


class No(Exception):
    """It may not leave."""


@pytest.mark.parametrize("fault", [No(), TimeoutError(), ConnectionRefusedError(), UrlInvalid("?", "?")])
async def test_what_may_not_leave_after_all_is_not_sent_whatever_says_so(fault: Exception) -> None:
    """That our own database is away is no failure of the other side."""

    async def refused() -> Letter:
        raise fault

    async with receiving() as receiver:
        with pytest.raises(type(fault)):
            await poster().post(f"http://receiver.test:{receiver.port}/", refused)

    assert receiver.heard == []
