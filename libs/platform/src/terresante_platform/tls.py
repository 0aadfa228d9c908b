"""Mutual TLS between services: own certificate, the internal authority, and picking up renewed files without a
restart.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import grpc
from cryptography import x509


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

        def renewed() -> grpc.ServerCertificateConfiguration | None:
            if (now := self.stamp()) == seen[0]:
                return None
            seen[0] = now
            return self._configuration()

        return grpc.dynamic_ssl_server_credentials(
            self._configuration(),
            renewed,  # type: ignore[arg-type]  # None means "as before", which the stubs do not say
            require_client_authentication=True,
        )

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Credentials of a client that shows its own certificate and accepts only the internal authority."""
        return grpc.ssl_channel_credentials(
            self.authority.read_bytes(), self.key.read_bytes(), self.certificate.read_bytes()
        )

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
