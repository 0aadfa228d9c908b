"""Brings every service's schema to its head, one after the other in one process: five would each import the same.

Production migrates each service by itself, with `python -m terresante_platform.migrate`; the work is the same call.
"""

import json
import os

from terresante_platform import migrations

from terresante_dev.settings_of import MIGRATIONS


def main() -> None:
    """Migrates what the environment names (`settings_of.MIGRATIONS`). A fault says which package's it is."""
    for package, url in json.loads(os.environ[MIGRATIONS]).items():
        try:
            migrations.upgrade(package, url)
        except Exception as fault:
            fault.add_note(f"while migrating {package}")
            raise


if __name__ == "__main__":
    main()
