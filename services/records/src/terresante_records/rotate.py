"""`python -m terresante_records.rotate`: seals every patient's key anew by the master key that now comes first.

Run it with the service's settings after a new key was put first in the master key file, everywhere. Once it says that
nothing is left, the old key may be taken out of the file. Contents and fields are not touched.
"""

import asyncio

from terresante_contents.rotation import rotate
from terresante_contents.sealing import read_master_keys
from terresante_platform import database

from terresante_records.settings import Settings
from terresante_records.store.keys import patient_keys


async def _main(settings: Settings) -> None:
    masters = read_master_keys(settings.master_key_file.read_text())
    async with database.connected(settings.database_url, 1, "records-rotate") as kept:
        total = await rotate(kept, patient_keys, masters)
    print(f"{total} patient keys are now sealed by {masters.current}")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_main(Settings.from_environment()))
