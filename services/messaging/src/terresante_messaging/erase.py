"""`python -m terresante_messaging.erase professional|person ID`: erases what messaging holds of somebody.

Run it with the service's settings, once the account is closed. It may be stopped and run again. It says what it
removed, what stays, why and until when.
"""

import asyncio
import sys
from datetime import UTC, datetime
from uuid import UUID

from terresante_platform import database

from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.erasing import Report, erase
from terresante_messaging.settings import Settings
from terresante_messaging.upkeep import read_retention

USAGE = "usage: python -m terresante_messaging.erase professional|person ID"
REALMS = {"professional": Realm.PROFESSIONAL, "person": Realm.PERSON}


def said(report: Report) -> list[str]:
    """The report as people read it."""
    lines = [f"effacé : {name} : {count}" for name, count in report.removed.items()]
    for one in report.kept:
        until = f" jusqu’au {one.until:%d/%m/%Y} au plus tard" if one.until else ""
        lines.append(f"conservé : {one.what} : {one.count}{until}. {one.why}")
    return lines


def _who(arguments: list[str]) -> Recipient:
    try:
        realm, id = arguments
        return Recipient(REALMS[realm], UUID(id))
    except (KeyError, ValueError):
        sys.exit(USAGE)


async def _main(who: Recipient, settings: Settings) -> None:
    retention = read_retention(settings.retention_file)
    async with database.connected(settings.database_url, 1, "messaging-erase") as kept:
        report = await erase(kept, who, retention, datetime.now(UTC))
    print("\n".join(said(report)))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_main(_who(sys.argv[1:]), Settings.from_environment()))
