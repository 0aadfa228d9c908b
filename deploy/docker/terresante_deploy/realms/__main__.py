"""Puts the realms right; `--check` says what differs, a line each, changes nothing, and ends with 1 if anything does.

TERRESANTE_REALMS_KEYCLOAK_URL is Keycloak's address, without /realms; TERRESANTE_REALMS_CA_FILE the authority of its
certificate (the system's if it is not set). The credential of an administrator of realm `master` is in the folder
`--administrator`: files `client-id` and `client-secret`, or `username` and `password`. The realms' settings are those
of an import (deploy/keycloak/README.md).
"""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from terresante_deploy.realms.administrator import Keycloak, Stopped, credential_in
from terresante_deploy.realms.reconciling import differences
from terresante_deploy.realms.wanted import NotGiven, Wanted, realms

FOLDER = Path("/run/terresante/keycloak-administrator")


def told(keycloak: Keycloak, all_wanted: Iterable[Wanted], *, change: bool) -> int:
    """Tells each difference on standard output; how many there were. Raises Stopped, NotGiven."""
    found = 0
    for wanted in all_wanted:
        for name in wanted.left():
            _say(f"{wanted.name}: {name} is not set: what it fills in is left as it is.")
        for line in differences(keycloak, wanted, change=change):
            found += 1
            _say(f"{line}: put right" if change else line)
    if not found:
        _say("The realms are as they should be.")
    return found


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="terresante_deploy.realms", description=__doc__)
    parser.add_argument("--check", action="store_true", help="say what differs and change nothing")
    parser.add_argument("--administrator", type=Path, default=FOLDER, help="folder of the administrator's credential")
    asked = parser.parse_args()
    url = os.environ.get("TERRESANTE_REALMS_KEYCLOAK_URL", "")
    if not url.startswith("https://"):
        sys.exit("TERRESANTE_REALMS_KEYCLOAK_URL is not set: give Keycloak's https:// address, without /realms.")
    try:
        known = credential_in(asked.administrator)
        keycloak = Keycloak(url, os.environ.get("TERRESANTE_REALMS_CA_FILE") or None, known)
        found = told(keycloak, realms(os.environ), change=not asked.check)
    except (Stopped, NotGiven) as why:
        sys.exit(str(why))
    sys.exit(1 if asked.check and found else 0)


if __name__ == "__main__":
    main()
