"""Makes findable what the version before this one wrote, or left: sources without the features they are looked up
by.
"""

from contextlib import AbstractAsyncContextManager

from terresante_platform.database import Database

from terresante_identity.domain.asking import kept_of
from terresante_identity.matcher import Matcher
from terresante_identity.rounds import rounds
from terresante_identity.store import sources

EVERY_SECONDS = 10.0
AT_ONCE = 200


async def catch_up(database: Database, matcher: Matcher) -> int:
    """Makes up to `AT_ONCE` sources findable; gives how many. Two replicas at once take different ones."""
    async with database.transaction() as transaction:
        waiting = await sources.unkeyed(transaction, AT_ONCE)
        for source in waiting:
            await matcher.keep(transaction, kept_of(source))
        await sources.keyed(transaction, [source.id for source in waiting])
    return len(waiting)


def catching_up(database: Database, matcher: Matcher) -> AbstractAsyncContextManager[None]:
    """Does it in the background until left; waits out a database that is away."""
    return rounds(lambda: catch_up(database, matcher), AT_ONCE, EVERY_SECONDS, "catching up")
