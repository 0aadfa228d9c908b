"""Where a portal finds the platform, and where people find the portal."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Where:
    """`origin`: of the portal itself. `gateway`: its address. `issuers`: by realm.

    `client`: as which it logs people in. `ca_file`: whom to trust in TLS, besides nobody.
    """

    origin: str
    gateway: str
    issuers: Mapping[str, str]
    client: str
    ca_file: Path

    @classmethod
    def of(cls, stack: Mapping[str, Any]) -> Self:
        """As `stack.json` says it."""
        return cls(
            stack["chat"]["url"],
            stack["gateway"]["url"],
            stack["issuers"],
            stack["clients"]["pro"],
            Path(stack["ca"]["gateway"]),
        )

    def trust(self) -> ssl.SSLContext:
        """For the gateway and for the logins."""
        return ssl.create_default_context(cafile=str(self.ca_file))
