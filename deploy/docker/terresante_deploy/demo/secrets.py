"""Makes every Secret of the demo that does not exist: authorities, certificates, cards, passwords, keys.

Run by a hook before an install or upgrade. What exists is kept, but certificates in their last month and lists of
revoked cards, which are made anew. In production all of these are the operator's (docs/operations.md, "Secrets").
"""

import base64
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from terresante_dev import pki
from terresante_dev.pki import issuing
from terresante_dev.pki.issuing import DAY, Issued
from terresante_dev.stack import DATABASES, SERVICES

from terresante_deploy.demo.cluster import Secrets

PARTS = (*SERVICES, "gateway", "ops", "nats", "keycloak")
LIFE = 365 * DAY
RENEW_BEFORE = 30 * DAY


class Kept(Protocol):
    """Where Secrets are: the API server, as a pod's account or as whoever operates the cluster."""

    def read(self, name: str) -> dict[str, bytes] | None:
        """Key -> content; None if there is no such Secret."""

    def write(self, name: str, content: Mapping[str, bytes]) -> None:
        """Makes it, or puts this content in the place of what it held."""


class Demo:
    """One demo's Secrets. `release` and `namespace` name its Services; `hosts`: more names of its door."""

    def __init__(self, kept: Kept, release: str, namespace: str, hosts: list[str]) -> None:
        self._kept = kept
        self._release = release
        self._namespace = namespace
        self._hosts = hosts

    def provide(self) -> list[str]:
        """Makes what is missing; gives the names of what was made."""
        made = self._certificates()
        passwords = self._once("postgres", self._passwords, made)
        for name in DATABASES:
            urls = {
                "url": self._url(name, passwords[f"postgres.{name}.password"], name),
                "owner-url": self._url(f"{name}_owner", passwords[f"postgres.{name}_owner.password"], name),
            }
            self._once(f"{name}-database", partial(dict, urls), made)
        password = passwords["postgres.keycloak.password"]
        self._once("keycloak", lambda: {"admin.password": _chance(), "database.password": password}, made)
        self._once("keycloak-clients", lambda: {"pro": _chance(), "patient": _chance()}, made)
        self._once("nats", lambda: {"store.key": _chance()}, made)
        self._once("gateway-cursor", lambda: {"cursor.key": _chance()}, made)
        self._once("records-master", lambda: {"master.key": _sealing_key()}, made)
        self._once("messaging-master", lambda: {"master.key": _sealing_key()}, made)
        self._once("consent-journal", lambda: {"journal.pem": signing_key()}, made)
        self._cards()
        return made

    def _once(self, own: str, make: Callable[[], dict[str, bytes]], made: list[str]) -> dict[str, bytes]:
        name = f"{self._release}-{own}"
        found = self._kept.read(name)
        if found is None:
            found = make()
            self._kept.write(name, found)
            made.append(name)
        return found

    def _passwords(self) -> dict[str, bytes]:
        roles = ["postgres", "keycloak", *DATABASES, *(f"{name}_owner" for name in DATABASES)]
        return {f"postgres.{role}.password": _chance() for role in roles}

    def _url(self, role: str, password: bytes, database: str) -> bytes:
        return f"postgresql://{role}:{password.decode()}@{self._release}-postgres:5432/{database}".encode()

    def renewed(self, part: str) -> None:
        """A new certificate for a part, from the authority as it is."""
        with tempfile.TemporaryDirectory() as folder:
            self._kept.write(f"{self._release}-{part}-tls", self._issued(*self._authority(Path(folder), []), part))

    def _certificates(self) -> list[str]:
        made: list[str] = []
        with tempfile.TemporaryDirectory() as folder:
            files, authority = self._authority(Path(folder), made)
            self._once("ca", lambda: {"ca.crt": issuing.pem(authority.certificate)}, made)
            for part in PARTS:
                found = self._kept.read(f"{self._release}-{part}-tls")
                if found is None or _ends_soon(found["tls.crt"]):
                    self._kept.write(f"{self._release}-{part}-tls", self._issued(files, authority, part))
                    made.append(f"{self._release}-{part}-tls")
        return made

    def _authority(self, files: Path, made: list[str]) -> tuple[Path, Issued]:
        """The internal authority, in a folder; made if there is none."""
        for name, content in self._once("ca-key", lambda: _authority(files), made).items():
            (files / name).write_bytes(content)
        return files, issuing.kept(files, "ca")

    def _issued(self, files: Path, authority: Issued, part: str) -> dict[str, bytes]:
        service = f"{self._release}-{part}"
        names = [f"{part}.svc", service, f"{service}.{self._namespace}.svc", "localhost"]
        more = self._hosts if part in ("gateway", "keycloak") else []
        subjects: list[x509.GeneralName] = [x509.DNSName(name) for name in (*names, *more)]
        moment = issuing.now()
        issued = issuing.issue(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{part}.svc")]),
            issuer=authority,
            start=moment - DAY,
            end=moment + LIFE,
            extensions=[
                (x509.BasicConstraints(ca=False, path_length=None), True),
                (issuing.usage("digital_signature"), True),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False),
                (x509.SubjectAlternativeName([*subjects, x509.IPAddress(ip_address("127.0.0.1"))]), False),
            ],
        )
        issuing.keep(files, part, issued, authority.certificate)
        return {
            "tls.crt": (files / f"{part}.pem").read_bytes(),
            "tls.key": (files / f"{part}.key").read_bytes(),
            "ca.crt": issuing.pem(authority.certificate),
        }

    def _cards(self) -> None:
        """The cards' authority as it was, with fresh lists of what is revoked."""
        cards = f"{self._release}-cards"
        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder)
            for name, content in (self._kept.read(cards) or {}).items():
                (files / name).write_bytes(content)
            pki.card_authority(files)
            self._kept.write(cards, {file.name: file.read_bytes() for file in files.iterdir() if file.name[0] != "."})


def _authority(files: Path) -> dict[str, bytes]:
    pki.internal_ca(files)
    return {name: (files / name).read_bytes() for name in ("ca.pem", "ca.key")}


def _ends_soon(certificate: bytes) -> bool:
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc < issuing.now() + RENEW_BEFORE


def _chance() -> bytes:
    return secrets.token_hex(24).encode()


def _sealing_key() -> bytes:
    """As records reads them: `id base64-of-32-bytes`."""
    return b"k1 " + base64.b64encode(os.urandom(32)) + b"\n"


def signing_key() -> bytes:
    """A key for the journal, PKCS#8."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def main() -> None:
    """See the module."""
    release, namespace = os.environ["TERRESANTE_DEMO_RELEASE"], os.environ["TERRESANTE_DEMO_NAMESPACE"]
    hosts = [host for host in os.environ["TERRESANTE_DEMO_HOSTS"].split(",") if host]
    labels = {"app.kubernetes.io/instance": release, "app.kubernetes.io/component": "demo-secrets"}
    made = Demo(Secrets(namespace, labels), release, namespace, hosts).provide()
    sys.stdout.write(f"made: {', '.join(made) or 'nothing, all was there'}\n")


if __name__ == "__main__":
    main()
