"""One stack's Keycloak: its folder, its command, whether it is ready."""

import base64
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from terresante_dev import pki as authorities
from terresante_dev.chat import logins
from terresante_dev.keycloak.distribution import Distribution, Progress, distribution, link

REALMS = ("pro", "patient")
WORKBENCH = "workbench"
"""Name of the key and certificate by which the administrators' pages prove themselves to Keycloak."""
EXAMPLE = "http://127.0.0.1"
DEPLOY = Path(__file__).resolve().parents[4] / "deploy" / "keycloak"
LOG_LEVELS = ",".join(
    (
        "INFO",
        "io.smallrye.health:error",  # else each poll before the start is over writes a line
        "org.keycloak.events:off",  # events name card holders; they are kept in the database
        "org.keycloak.authentication.authenticators.x509:off",  # so do the errors of a refused card
    )
)


class Keycloak:
    """Realms `pro` and `patient` on `https://localhost:<host_port>`; a supervisor runs `command()`.

    `folder` is its own (`home/`: configuration, import, data). `database_url` is
    `postgresql://host:port/database`, of an empty database or one it used before. `pki` is the folder of
    the stack's internal CA; the cards' authority is in its sub-folder `cards`. `secrets`: `admin` (master
    realm's user `admin`), `pro-platform` and `patient-platform` (client `platform` of each realm: two,
    since two services hold them). With `sandbox`, clients for tests are added to the realms.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host_port: int,
        management_port: int,
        database_url: str,
        database_user: str,
        database_password: str,
        pki: Path,
        secrets: Mapping[str, str],
        portal: str = "http://127.0.0.1:8000",
        workbench: str = "https://localhost:8443",
        sandbox: bool = True,
        crl_seconds: int = 60,
    ) -> None:
        self.folder = folder
        self.host_port = host_port
        self.management_port = management_port
        self.pki = pki
        self.portal = portal
        self.workbench = workbench
        self._database = (database_url, database_user, database_password)
        self._secrets = secrets
        self._sandbox = sandbox
        self._crl_seconds = crl_seconds
        self._distribution: Distribution | None = None

    @property
    def home(self) -> Path:
        """What Keycloak takes for its installation: own configuration and data, shared programs by link."""
        return self.folder / "home"

    @property
    def cards(self) -> Path:
        """The folder of the cards' authority."""
        return self.pki / "cards"

    @property
    def redirect_uri(self) -> str:
        """Where the portals' logins end."""
        return f"{self.portal}/callback"

    def prepare(self, progress: Progress) -> None:
        """Everything that must be there before a start: programs, certificates, realms. Repeatable."""
        self._distribution = distribution(progress)
        authorities.service_certificate(self.pki, "keycloak")
        authorities.service_certificate(self.pki, WORKBENCH)
        authorities.card_authority(self.cards)
        self._distribution.furnish(self.home)
        imports = self.home / "data" / "import"
        imports.mkdir(parents=True, exist_ok=True)
        for name in ("persons.crl", "organisations.crl"):
            link(self.home / "conf" / name, self.cards / name)
        link(self.home / "conf" / "quarkus.properties", DEPLOY / "quarkus.properties")
        for realm in REALMS:
            text = json.dumps(_realm(realm, sandbox=self._sandbox), ensure_ascii=False)
            (imports / f"{realm}-realm.json").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        """The one process to run, after `prepare`. It stops on SIGTERM, within two seconds."""
        if self._distribution is None:
            raise RuntimeError("prepare() comes first")
        url, user, _ = self._database
        options = {
            "cache": "local",
            "db-url": url if url.startswith("jdbc:") else f"jdbc:{url}",
            "db-username": user,
            "hostname": f"https://localhost:{self.host_port}",
            "http-enabled": "false",
            "http-host": "127.0.0.1",
            "https-port": self.host_port,
            "https-certificate-file": self.pki / "keycloak.pem",
            "https-certificate-key-file": self.pki / "keycloak.key",
            "https-trust-store-file": self.cards / "issuing.pem",  # who may log in: no root here
            "truststore-paths": self.cards / "authorities.pem",  # who may sign a revocation list
            "http-management-host": "127.0.0.1",
            "http-management-port": self.management_port,
            "http-management-scheme": "http",
            "spi-crl-storage--infinispan--cache-time": self._crl_seconds,
            "spi-theme--folder--dir": DEPLOY / "theme",
            "log-console-output": "json",
            "log-level": LOG_LEVELS,
        }
        java = self._distribution.java(self.home, self._distribution.mapped())
        return [
            *java,
            "start",
            "--optimized",
            "--import-realm",
            *(f"--{name}={value}" for name, value in options.items()),
        ]

    def environment(self) -> dict[str, str]:
        """Variables to add to the process's own.

        They hold what a list of processes must not show, and the realms' settings.
        """
        return {
            "KC_DB_PASSWORD": self._database[2],
            "QUARKUS_DATASOURCE_JDBC_VALIDATE_ON_BORROW": "true",  # else one 500 per connection that was lost
            "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
            "KC_BOOTSTRAP_ADMIN_PASSWORD": self._secrets["admin"],
            "TERRESANTE_KEYCLOAK_PRO_PLATFORM_SECRET": self._secrets["pro-platform"],
            "TERRESANTE_KEYCLOAK_PATIENT_PLATFORM_SECRET": self._secrets["patient-platform"],
            "TERRESANTE_KEYCLOAK_CARD_POLICY": authorities.POLICY,
            "TERRESANTE_KEYCLOAK_ORGANISATION_POLICY": authorities.ORGANISATION_POLICY,
            "TERRESANTE_KEYCLOAK_PORTAL_REDIRECT_URI": self.redirect_uri,
            "TERRESANTE_KEYCLOAK_PORTAL_ORIGIN": self.portal,
            "TERRESANTE_KEYCLOAK_PORTAL_LOGOUT_URI": f"{self.portal}/",
            "TERRESANTE_KEYCLOAK_WORKBENCH_ORIGIN": self.workbench,
            "TERRESANTE_KEYCLOAK_WORKBENCH_CERTIFICATE": self._workbench_certificate(),
        }

    def _workbench_certificate(self) -> str:
        """By which the administrators' pages prove who they are: DER in base64, one line; blank before `prepare`."""
        file = self.pki / f"{WORKBENCH}.pem"
        if not file.exists():
            return ""
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()

    def ready(self) -> bool:
        """Whether people can log in now: realms imported, database reachable."""
        try:
            answer = httpx2.get(f"http://127.0.0.1:{self.management_port}/health/ready", timeout=2, trust_env=False)
        except httpx2.TransportError:
            return False
        return answer.status_code == 200

    def issuer(self, realm: str) -> str:
        """The `iss` of that realm's tokens, and the URL of its pages."""
        return f"https://localhost:{self.host_port}/realms/{realm}"

    def clear(self) -> None:
        """Removes its folder, while it does not run. The database is its owner's to drop."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _realm(name: str, *, sandbox: bool) -> dict[str, Any]:
    realm: dict[str, Any] = json.loads((DEPLOY / f"{name}-realm.json").read_text(encoding="utf-8"))
    if sandbox:
        additions = json.loads((DEPLOY / "sandbox.json").read_text(encoding="utf-8"))[name]
        realm["clients"] += additions["clients"]
        _open_to_the_example(realm)
    return realm


def _open_to_the_example(realm: dict[str, Any]) -> None:
    """Logins may end at the example portal too, whatever its port: Keycloak minds none of a loopback address that names
    none (RFC 8252, 7.3). Its pages name where their forms may lead, at the end of their policy.
    """
    portal = next(one for one in realm["clients"] if one["clientId"] == "portal")
    portal["redirectUris"].append(EXAMPLE + logins.BACK)
    portal["attributes"]["post.logout.redirect.uris"] += f"##{EXAMPLE}/"
    realm["browserSecurityHeaders"]["contentSecurityPolicy"] += f" {EXAMPLE}:*"
