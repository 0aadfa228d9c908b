"""Sealing all owners' keys anew by the master key that now comes first; what they seal is not touched."""

from terresante_platform.database import Database

from terresante_contents.keys import OwnerKeys
from terresante_contents.sealing import MasterKeys

BATCH = 500


async def rotate(kept: Database, keys: OwnerKeys, masters: MasterKeys) -> int:
    """Rewraps all keys, some in each transaction; the service may go on meanwhile. Gives how many."""
    total = 0
    while True:
        async with kept.transaction() as transaction:
            done = await keys.rewrap(transaction, masters, BATCH)
        if done == 0:
            return total
        total += done
