"""The environment that each service is given: the table of docs/architecture.md, filled in for one stack."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from terresante_dev import postgres
from terresante_dev.keycloak import WORKBENCH
from terresante_dev.login import start_page
from terresante_dev.stack import BACKWARDS, DATABASES, SERVICES, Stack

# Whom each realm may vouch for.
KINDS = {"pro": ["professional", "administrator", "system"], "patient": ["patient"]}

# The client by which a portal logs people in, in each realm.
CLIENTS = {"pro": "portal", "patient": "portal"}

# Where a portal's own development server is expected: its origin may call the gateway, and logins may end there.
PORTAL = "http://127.0.0.1:8000"

# What tells `schemas.py` where to migrate: JSON, package -> address of its database as its owner.
MIGRATIONS = "TERRESANTE_MIGRATE_DATABASE_URLS"

# The services that make accounts, and in which realm.
ACCOUNTS = {"directory": "pro", "identity": "patient"}


def of(stack: Stack, name: str, issuers: dict[str, str]) -> dict[str, str]:
    """The variables of one process: `name` is `consent`, or `consent-2` for a replica; `issuers` is realm ->
    URL.

    A `TERRESANTE_<SERVICE>_<NAME>` that the developer has set wins over what is worked out here.
    """
    service = name.split("-", maxsplit=1)[0]
    settings = _everybody(stack, name, service, issuers)
    if service in DATABASES:
        settings["DATABASE_URL"] = postgres.url(stack, service, service)
        settings["NATS_URL"] = f"tls://127.0.0.1:{stack.ports['nats']}"
    for peer in SERVICES if service == "gateway" else (*SERVICES[service], *BACKWARDS.get(service, ())):
        settings[f"{peer.upper()}_ADDRESS"] = stack.address(peer)
    if service in ACCOUNTS:
        settings |= _accounts(stack, ACCOUNTS[service], issuers)
    if service == "gateway":
        settings["CURSOR_KEY_FILE"] = _file(stack, "gateway.cursor.key")
        settings["PUBLIC_URL"] = f"https://localhost:{stack.ports[name]}"
        settings["CORS_ORIGINS"] = json.dumps([PORTAL])
    if name == "directory":
        settings["WORKBENCH_LISTEN"] = f"127.0.0.1:{stack.ports['workbench']}"
        settings["WORKBENCH_URL"] = stack.workbench
        settings["WORKBENCH_KEY_FILE"] = str(stack.pki / f"{WORKBENCH}.key")
    if service == "identity":
        settings["ENVIRONMENT"] = "test"  # a sandbox holds INS numbers of the test domain only (R-ID5)
        settings["PORTAL_URL"] = start_page(issuers["patient"], CLIENTS["patient"])
    if service == "records":
        settings["STORE_URL"] = _store(stack, "documents").as_uri()
        settings["MASTER_KEY_FILE"] = _file(stack, "records.master.key")
    if service == "messaging":
        settings["STORE_URL"] = _store(stack, "attachments").as_uri()
        settings["MASTER_KEY_FILE"] = _file(stack, "messaging.master.key")
    if service == "consent":
        settings["JOURNAL_KEY_FILE"] = _file(stack, "consent.journal.pem")
    prefix = f"TERRESANTE_{service.upper()}_"
    chosen = {variable: value for variable, value in os.environ.items() if variable.startswith(prefix)}
    return {prefix + variable: value for variable, value in settings.items()} | chosen


def for_migrations(stack: Stack, services: Sequence[str]) -> dict[str, str]:
    """What `schemas.py` is given: each package's database, as its owner."""
    urls = {f"terresante_{name}": postgres.url(stack, f"{name}_owner", name) for name in services}
    return {MIGRATIONS: json.dumps(urls)}


def make_secrets(stack: Stack) -> None:
    """Makes, the first time, every secret that a service reads from a file."""
    stack.secret("records.master.key", _sealing_key)
    stack.secret("messaging.master.key", _sealing_key)
    stack.secret("consent.journal.pem", _signing_key)
    stack.secret("gateway.cursor.key")
    for realm in KINDS:
        stack.secret(f"keycloak.{realm}-platform.secret")
    for contents in ("documents", "attachments"):
        _store(stack, contents).mkdir(mode=0o700, exist_ok=True)


def _everybody(stack: Stack, name: str, service: str, issuers: dict[str, str]) -> dict[str, str]:
    return {
        "LISTEN": f"127.0.0.1:{stack.ports[name]}",
        "TLS_CERT_FILE": str(stack.pki / f"{service}.pem"),
        "TLS_KEY_FILE": str(stack.pki / f"{service}.key"),
        "TLS_CA_FILE": str(stack.pki / "ca.pem"),
        "ISSUERS": json.dumps({url: KINDS[realm] for realm, url in issuers.items()}),
        "ISSUERS_CA_FILE": str(stack.pki / "ca.pem"),
        "OTLP_ENDPOINT": f"http://127.0.0.1:{stack.ports['sink']}",
        "TRACE_RATIO": os.environ.get("TRACE_RATIO", "1"),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "info"),
    }


def _accounts(stack: Stack, realm: str, issuers: dict[str, str]) -> dict[str, str]:
    return {
        "KEYCLOAK_URL": issuers[realm].removesuffix(f"/realms/{realm}"),
        "KEYCLOAK_REALM": realm,
        "KEYCLOAK_CLIENT_ID": "platform",
        "KEYCLOAK_CLIENT_SECRET_FILE": _file(stack, f"keycloak.{realm}-platform.secret"),
    }


def _file(stack: Stack, secret: str) -> str:
    return str(stack.secrets / secret)


def _store(stack: Stack, contents: str) -> Path:
    return stack.folder / contents


def _sealing_key() -> str:
    """A named key, as records and messaging read them: `id base64-of-32-bytes`, one a line."""
    return f"k1 {base64.b64encode(os.urandom(32)).decode()}\n"


def _signing_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
