"""A connection to NATS is made again with the certificate as it is then, and by whoever signed it then."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from terresante_platform import bus
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.nats_server import Server
from terresante_platform.testing.postgres import free_port
from terresante_platform.tls import Identity


class Guarded(Server):
    """A server that asks for a certificate."""

    def given(self, authority: Authority) -> None:
        """Its own certificate, and whom it trusts, from now on: of that authority. Starts (again)."""
        who = authority.identity("nats")
        self.kill()
        self.more = (
            f'tls {{ cert_file: "{who.certificate}", key_file: "{who.key}", ca_file: "{who.authority}", verify: true }}'
        )
        self.start()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Guarded]:
    running = Guarded(tmp_path, free_port())
    yield running
    running.kill()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_renewed_certificate_of_a_new_authority_is_shown_at_the_next_connection(
    tmp_path: Path, server: Guarded
) -> None:
    old, new = Authority(tmp_path / "old", "old authority"), Authority(tmp_path / "new", "new authority")
    files = Identity(tmp_path / "tls.crt", tmp_path / "tls.key", tmp_path / "ca.crt")

    def give(authority: Authority, *trusted: Authority) -> None:
        made = authority.identity("consent")
        shutil.copy(made.certificate, files.certificate)
        shutil.copy(made.key, files.key)
        files.authority.write_bytes(b"".join(one.identity("any").authority.read_bytes() for one in trusted))

    give(old, old)
    server.given(old)
    async with bus.connected(server.url.replace("nats:", "tls:"), "consent", files, 0.05) as connection:
        await until(lambda: connection.live)
        give(new, old, new)
        trust = connection.client.options["tls"]
        await until(lambda: trust.cert_store_stats()["x509_ca"] == 2)
        server.given(new)
        await until(lambda: connection.client.stats["reconnects"] >= 1 and connection.live)
