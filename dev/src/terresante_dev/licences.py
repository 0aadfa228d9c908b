"""Checks that everything distributed with the platform may be part of an Apache-2.0 work: part of `make check`.

What is distributed is what services and gateway need to run; tools for developers are not. A licence that is not
in the list below stops the check until somebody has read it.
"""

import json
import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

DISTRIBUTED = (
    "terresante-gateway",
    *(f"terresante-{name}" for name in ("identity", "consent", "records", "messaging", "directory")),
)
# Permissive, or copyleft whose duties end at its own files (MPL) or its own package (LGPL: python-keycloak brings
# jwcrypto, which stays a package apart that whoever runs the platform can replace).
ALLOWED = re.compile(
    r"\b(Apache|MIT|MIT-0|BSD|0BSD|ISC|PSF|PSFL|Python Software Foundation|Python-2\.0|MPL|LGPL|"
    r"Mozilla Public License 2\.0|Unlicense|Zlib|CC0|Historical Permission Notice)\b"
)
# Named beside a permissive one, these are a choice left to us; alone they stop the check.
FORBIDDEN = re.compile(
    r"\b(A?GPL|General Public License|SSPL|BUSL|Commons Clause|proprietary|non-?commercial)", re.IGNORECASE
)


def distributed() -> set[str]:
    """Canonical names of all packages that services and gateway pull in on this system."""
    found: set[str] = set()
    waiting = [(name, frozenset[str]()) for name in DISTRIBUTED]
    while waiting:
        name, extras = waiting.pop()
        for line in requires(name) or ():
            need = Requirement(line)
            wanted = need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in (*extras, ""))
            if wanted and canonicalize_name(need.name) not in found:
                found.add(canonicalize_name(need.name))
                waiting.append((need.name, frozenset(need.extras)))
    return found


def refused(packages: list[dict[str, str]]) -> list[str]:
    """Those whose licence is unknown, or forbids it, in words. A choice between licences is ours to make."""
    reasons = []
    for package in packages:
        licence = package["License"]
        choices = re.split(r"\bOR\b", licence)
        if not any(ALLOWED.search(choice) and not FORBIDDEN.search(choice) for choice in choices):
            reasons.append(f"{package['Name']} {package['Version']}: {licence}")
    return reasons


def main() -> int:
    """Prints what may not be distributed; 1 if there is any."""
    names = sorted(name for name in distributed() if not name.startswith("terresante"))
    command = [str(Path(sys.executable).parent / "pip-licenses"), "--format=json", "--from=mixed", "--packages", *names]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    packages = json.loads(told.stdout)
    reasons = refused(packages)
    print(
        "\n".join(reasons)
        or f"Licences of {len(packages)} distributed packages: all may be part of an Apache-2.0 work."
    )
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main())
