"""Mutual TLS between services: own certificate, the internal authority, and picking up renewed files without a
restart.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import grpc
from cryptography import x509

from terresante_platform.telemetry import log

RENEWAL_CHECK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Identity:
    """The files that say who this process is. Read anew whenever they change on disk."""

    certificate: Path
    key: Path
    authority: Path

    def stamp(self) -> tuple[int, ...]:
        """Changes when any file was replaced."""
        return tuple(path.stat().st_mtime_ns for path in (self.certificate, self.key, self.authority))

    def server_credentials(self) -> grpc.ServerCredentials:
        """Credentials of a server that asks every client for a certificate of the same authority, reloaded when
        renewed.
        """
        seen = [self.stamp()]

        def taken_up() -> grpc.ServerCertificateConfiguration | None:
            try:
                if (now := self.stamp()) == seen[0]:
                    return None
                self.require_pair()
                renewed = self._configuration()
            except OSError as fault:
                _not_taken(fault)
                return None
            seen[0] = now
            return renewed

        return grpc.dynamic_ssl_server_credentials(
            self._configuration(),
            taken_up,  # type: ignore[arg-type]  # None means "as before", which the stubs do not say
            require_client_authentication=True,
        )

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Credentials of a client that shows its own certificate and accepts only the internal authority."""
        return grpc.ssl_channel_credentials(
            self.authority.read_bytes(), self.key.read_bytes(), self.certificate.read_bytes()
        )

    def require_pair(self) -> None:
        """Raises OSError unless the files are there and the key is that of the certificate: files are replaced one
        after the other, and what lies between must not be taken up.
        """
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)

    def ends(self) -> list[tuple[float, dict[str, str]]]:
        """When its own certificate and the authority's end (Unix time, s), each by attribute `certificate`. Of a bundle
        the first to end. Raises OSError or ValueError if a file is not there or no certificate.
        """
        own = x509.load_pem_x509_certificates(self.certificate.read_bytes())[0]
        authorities = x509.load_pem_x509_certificates(self.authority.read_bytes())
        return [
            (own.not_valid_after_utc.timestamp(), {"certificate": "own"}),
            (min(one.not_valid_after_utc.timestamp() for one in authorities), {"certificate": "authority"}),
        ]

    def _configuration(self) -> grpc.ServerCertificateConfiguration:
        pair = (self.key.read_bytes(), self.certificate.read_bytes())
        return grpc.ssl_server_certificate_configuration([pair], self.authority.read_bytes())


async def renewing(
    identity: Identity, take_up: Callable[[], Awaitable[None] | None], seconds: float = RENEWAL_CHECK_SECONDS
) -> None:
    """Goes on calling `take_up` after the files were replaced. What is half written then is looked at again."""
    seen = identity.stamp()
    while True:
        await asyncio.sleep(seconds)
        try:
            if (now := identity.stamp()) == seen:
                continue
            identity.require_pair()
            pending = take_up()
        except OSError as fault:
            _not_taken(fault)
            continue
        seen = now
        if pending is not None:
            await pending


def _not_taken(fault: OSError) -> None:
    log.warning("renewed certificate not taken up", exc_info=fault)


def watched(identity: Identity) -> Callable[[], Iterable[tuple[float, dict[str, str]]]]:
    """Tells when the certificates end, reading them again when they were renewed."""
    known: dict[tuple[int, ...], list[tuple[float, dict[str, str]]]] = {}

    def ends() -> Iterable[tuple[float, dict[str, str]]]:
        stamp = identity.stamp()
        if stamp not in known:
            known.clear()
            known[stamp] = identity.ends()
        return known[stamp]

    return ends
