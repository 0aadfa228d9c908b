"""Every certificate, key and password of the demo replaced by the steps of docs/operations.md, "Rotate", under load."""

import base64
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from proving import cluster
from proving.claims import SERVICES
from proving.cluster import NAMESPACE, RELEASE, NotSo, kubectl
from proving.database import asked
from proving.keycloak import administered

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docker"))

from terresante_deploy.demo.secrets import Demo, signing_key

PYTHON = "/app/bin/python"
SERVED = (
    "import hashlib,ssl,sys\n"
    "shown = ssl.get_server_certificate(('127.0.0.1', int(sys.argv[1])))\n"
    "print(hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest())\n"
)
TAKEN_UP = 240.0
"""Seconds within which kubelet must have renewed a file and the process taken it up."""
SEALING = ("records", "messaging")
OLD_KEY = "/tmp/old.pem"  # noqa: S108 - the pod's own


class Held:
    """The namespace's Secrets, through kubectl."""

    def read(self, name: str) -> dict[str, bytes] | None:
        """Key -> content; None if there is no such Secret."""
        found = kubectl("get", "secret", name, "--ignore-not-found", "-o", "json")
        return {key: base64.b64decode(value) for key, value in json.loads(found)["data"].items()} if found else None

    def write(self, name: str, content: Mapping[str, bytes]) -> None:
        """Changes it, as the page says."""
        data = {key: base64.b64encode(value).decode() for key, value in content.items()}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
        kubectl("apply", "-f", "-", given=json.dumps(secret))

    def key(self, name: str, key: str) -> bytes:
        """What it has under that key. Raises NotSo."""
        found = self.read(name)
        if found is None or key not in found:
            raise NotSo(f"Secret {name} has no {key}")
        return found[key]


HELD = Held()


def rotated() -> str:
    """One after the other; what each took."""
    steps: dict[str, Callable[[], None]] = {
        "certificates": _certificates,
        "NATS": _bus,
        "a database's role": _role,
        "keys": _keys,
        "Keycloak's clients": _clients,
    }
    told = []
    for name, step in steps.items():
        began = time.monotonic()
        step()
        told.append(f"{name} {time.monotonic() - began:.0f} s")
    return "rotated: " + ", ".join(told)


def _certificates() -> None:
    """New ones for all parts; nothing is started anew."""
    parts = ("gateway", *SERVICES)
    made = Demo(HELD, RELEASE, NAMESPACE, [])
    for part in parts:
        made.renewed(part)
    for part in parts:
        cluster.soon(partial(_all_show, part), TAKEN_UP, f"{part} shows its new certificate")


def _all_show(part: str) -> bool:
    wanted = load_pem_x509_certificate(HELD.key(f"{RELEASE}-{part}-tls", "tls.crt")).fingerprint(SHA256()).hex()
    port = "8443" if part == "gateway" else "5000"
    pods = [f"pod/{one['metadata']['name']}" for one in cluster.of(part)]
    return all(cluster.inside(pod, PYTHON, "-c", SERVED, port).strip() == wanted for pod in pods)


def _bus() -> None:
    """NATS reads its certificate when it starts; events wait in the outboxes meanwhile."""
    Demo(HELD, RELEASE, NAMESPACE, []).renewed("nats")
    kubectl("rollout", "restart", "statefulset", f"{RELEASE}-nats")
    kubectl("rollout", "status", "statefulset", f"{RELEASE}-nats", "--timeout=120s")
    waiting = "select count(*) from outbox where published_at is null and created_at < now() - interval '10 seconds'"
    cluster.soon(lambda: asked("consent", waiting)[0] == 0, 120, "what waited for NATS is published")


def _role() -> None:
    """A second role takes over from the first."""
    word = secrets.token_hex(24)
    asked(
        "consent", f"create role consent_2 login nosuperuser nocreatedb nocreaterole in role consent password '{word}'"
    )
    known = HELD.read(f"{RELEASE}-consent-database") or {}
    url = f"postgresql://consent_2:{word}@{RELEASE}-postgres:5432/consent"
    HELD.write(f"{RELEASE}-consent-database", {**known, "url": url.encode()})
    cluster.restarted("consent")
    asked("consent", "alter role consent nologin")


def _keys() -> None:
    """Master keys and the cursors' in steps, the journal's with the first of them."""
    pem = HELD.key(f"{RELEASE}-consent-journal", "journal.pem")
    private = load_pem_private_key(pem, None)
    HELD.write(f"{RELEASE}-consent-journal", {"journal.pem": signing_key()})
    cursor, other = HELD.key(f"{RELEASE}-gateway-cursor", "cursor.key").strip(), os.urandom(32).hex().encode()
    HELD.write(f"{RELEASE}-gateway-cursor", {"cursor.key": cursor + b"\n" + other})
    new = f"k{secrets.token_hex(4)} {base64.b64encode(os.urandom(32)).decode()}\n".encode()
    sealed = {f"{RELEASE}-{part}-master": HELD.key(f"{RELEASE}-{part}-master", "master.key") for part in SEALING}
    for name, old in sealed.items():
        HELD.write(name, {"master.key": old.rstrip() + b"\n" + new})
    cluster.restarted(*SEALING, "consent", "gateway")
    for name, old in sealed.items():
        HELD.write(name, {"master.key": new + old})
    HELD.write(f"{RELEASE}-gateway-cursor", {"cursor.key": other + b"\n" + cursor})
    cluster.restarted(*SEALING, "gateway")
    for part in SEALING:
        said = cluster.inside(f"deploy/{RELEASE}-{part}", PYTHON, "-m", f"terresante_{part}.rotate")
        if "are now sealed by" not in said:
            raise NotSo(f"{part}: {said.strip()[-300:]}")
    for name in sealed:
        HELD.write(name, {"master.key": new})
    cluster.restarted(*SEALING)
    _journal_sound(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def _journal_sound(old: str) -> None:
    """With the old public key besides the new one."""
    pod = f"pod/{cluster.of('consent')[0]['metadata']['name']}"
    write = f"import pathlib, sys; pathlib.Path({OLD_KEY!r}).write_text(sys.stdin.read())"
    cluster.inside(pod, PYTHON, "-c", write, given=old)
    said = cluster.inside(pod, PYTHON, "-m", "terresante_consent.journal.check", "--key", OLD_KEY)
    if not said.startswith("sound"):
        raise NotSo(f"the journal: {said.strip()[-300:]}")


CLIENTS = """
made = {}
for realm in ('pro', 'patient'):
    found = door.get(f'/admin/realms/{realm}/clients?clientId=platform').raise_for_status().json()
    address = f"/admin/realms/{realm}/clients/{found[0]['id']}/client-secret"
    made[realm] = door.post(address).raise_for_status().json()['value']
print(json.dumps(made))
"""


def _clients() -> None:
    """Keycloak makes new secrets of client `platform`; identity starts anew, directory reads the file again."""
    made = administered(CLIENTS)
    HELD.write(f"{RELEASE}-keycloak-clients", {realm: str(word).encode() for realm, word in made.items()})
    cluster.restarted("identity")
