"""`python -m terresante_records.rotate`: seals every patient's key anew by the master key that now comes first.

Run it with the service's settings after a new key was put first in the master key file, everywhere. Once it says that
nothing is left, the old key may be taken out of the file. Contents and fields are not touched.
"""

import asyncio

from terresante_contents.sealing import MasterKeys, read_master_keys
from terresante_platform import database

from terresante_records.settings import Settings
from terresante_records.store.keys import patient_keys

BATCH = 500


async def rotate(kept: database.Database, masters: MasterKeys) -> int:
    """Rewraps all keys, some in each transaction; the service may go on meanwhile. Gives how many."""
    total = 0
    while True:
        async with kept.transaction() as transaction:
            done = await patient_keys.rewrap(transaction, masters, BATCH)
        if done == 0:
            return total
        total += done


async def _main(settings: Settings) -> None:
    masters = read_master_keys(settings.master_key_file.read_text())
    async with database.connected(settings.database_url, 1, "records-rotate") as kept:
        total = await rotate(kept, masters)
    print(f"{total} patient keys are now sealed by {masters.current}")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_main(Settings.from_environment()))
