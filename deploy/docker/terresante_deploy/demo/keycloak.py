"""The demo's Keycloak: as on one machine, but under its Service's name and with its own certificate."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from terresante_dev.keycloak import Keycloak

FOLDER = Path("/tmp/keycloak")  # noqa: S108 - the pod's own, in no one else's reach
RUN = Path("/run/terresante")
PORT = 8443
MANAGEMENT_PORT = 9000


def server(release: str, portal: str) -> Keycloak:
    """Its folder, realms and cards' authority prepared."""
    shutil.rmtree(FOLDER, ignore_errors=True)  # a restarted container finds what it made before
    shutil.copytree(RUN / "cards", FOLDER / "pki" / "cards", ignore=shutil.ignore_patterns("..*"), dirs_exist_ok=True)
    keycloak = Keycloak(
        folder=FOLDER,
        host_port=PORT,
        management_port=MANAGEMENT_PORT,
        database_url=f"postgresql://{release}-postgres:5432/keycloak",
        database_user="keycloak",
        database_password=(RUN / "keycloak" / "database.password").read_text(),
        pki=FOLDER / "pki",
        portal=portal,
        secrets={
            "admin": (RUN / "keycloak" / "admin.password").read_text(),
            "pro-platform": (RUN / "clients" / "pro").read_text(),
            "patient-platform": (RUN / "clients" / "patient").read_text(),
        },
        sandbox=False,
    )
    keycloak.prepare(lambda words: print(words, flush=True))  # noqa: T201
    return keycloak


def elsewhere(command: Sequence[str], options: Mapping[str, str]) -> list[str]:
    """The command with these options in the place of its own. Raises KeyError for one that it does not have."""
    places = {part.partition("=")[0]: place for place, part in enumerate(command) if part.startswith("--")}
    changed = list(command)
    for name, value in options.items():
        changed[places[f"--{name}"]] = f"--{name}={value}"
    return changed


def main() -> None:
    """Becomes the server."""
    release, namespace = os.environ["TERRESANTE_DEMO_RELEASE"], os.environ["TERRESANTE_DEMO_NAMESPACE"]
    keycloak = server(release, os.environ["TERRESANTE_DEMO_PORTAL"])
    command = elsewhere(
        keycloak.command(),
        {
            "hostname": f"https://{release}-keycloak.{namespace}.svc:{PORT}",
            "http-host": "0.0.0.0",  # noqa: S104 - a pod is reached from other pods
            "http-management-host": "0.0.0.0",  # noqa: S104 - kubelet asks whether it is ready
            "https-certificate-file": str(RUN / "tls" / "tls.crt"),
            "https-certificate-key-file": str(RUN / "tls" / "tls.key"),
        },
    )
    os.execve(command[0], command, os.environ | keycloak.environment())  # noqa: S606 - our own program


if __name__ == "__main__":
    main()
