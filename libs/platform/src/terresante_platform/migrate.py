"""`python -m terresante_platform.migrate terresante_<service>`: brings one service's schema to its head.

Reads TERRESANTE_MIGRATE_DATABASE_URL (postgresql://owner:password@host:port/database).
"""

import os
import sys

from terresante_platform import migrations

USAGE = "usage: TERRESANTE_MIGRATE_DATABASE_URL=postgresql://… python -m terresante_platform.migrate PACKAGE"


def main() -> None:
    """Migrates; ends with a sentence if the address is missing."""
    url = os.environ.get("TERRESANTE_MIGRATE_DATABASE_URL")
    if len(sys.argv) != 2 or not url:
        sys.exit(USAGE)
    migrations.upgrade(sys.argv[1], url)


if __name__ == "__main__":
    main()
