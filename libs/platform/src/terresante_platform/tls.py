"""Mutual TLS between services: own certificate, the internal authority, and picking up renewed files without a
restart.
"""

from dataclasses import dataclass
from pathlib import Path

import grpc


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

    def _configuration(self) -> grpc.ServerCertificateConfiguration:
        pair = (self.key.read_bytes(), self.certificate.read_bytes())
        return grpc.ssl_server_certificate_configuration([pair], self.authority.read_bytes())
