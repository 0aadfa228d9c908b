"""The environment of a real process of the directory on the parts of a test."""

import json
from pathlib import Path

from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.postgres import free_port

from .real_keycloak import Realm


def environment(
    database_url: str, certificates: Authority, folder: Path, realm: Realm | None = None, port: int = 0
) -> dict[str, str]:
    """Its variables. Without a realm, Keycloak is away; the bus is away always."""
    who = certificates.identity("directory")
    secret = folder / "keycloak-secret"
    secret.write_text("secret")
    keycloak = realm.url if realm else f"https://127.0.0.1:{free_port()}"
    values = {
        "LISTEN": f"127.0.0.1:{port}",
        "TLS_CERT_FILE": who.certificate,
        "TLS_KEY_FILE": who.key,
        "TLS_CA_FILE": who.authority,
        "ISSUERS": json.dumps({f"{keycloak}/realms/pro": ["professional", "administrator", "system"]}),
        "ISSUERS_CA_FILE": realm.ca_file if realm else who.authority,
        "DATABASE_URL": database_url,
        "NATS_URL": f"tls://127.0.0.1:{free_port()}",
        "KEYCLOAK_URL": keycloak,
        "KEYCLOAK_CLIENT_SECRET_FILE": realm.secret_file if realm else secret,
    }
    return {f"TERRESANTE_DIRECTORY_{name}": str(value) for name, value in values.items()}
