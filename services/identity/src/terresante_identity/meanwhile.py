"""Compares what was written at the same time: two arrivals at once that share no lock may each have missed the other
(`store/lately.py`). Whom a human must look at is proposed then, some seconds late.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from terresante_platform.database import Database

from terresante_identity.domain.sources import SourceId
from terresante_identity.matcher import Matcher
from terresante_identity.rounds import rounds
from terresante_identity.rpc.proposing import propose_pair
from terresante_identity.store import lately, sources

EVERY_SECONDS = 5.0
AT_ONCE = 100


async def compare(database: Database, matcher: Matcher, at: datetime) -> int:
    """Compares up to `AT_ONCE` of what was written, each with what was written meanwhile; gives how many. None while
    another replica does, or before the matcher knows how frequent names are.
    """
    if not matcher.ready:
        return 0
    async with database.transaction() as transaction:
        if not await lately.mine_alone(transaction) or not (turn := await lately.turn(transaction, AT_ONCE)):
            return 0
        pairs = [(SourceId(one), SourceId(other)) for one, other in await lately.missed(transaction, turn)]
        known = await sources.by_ids(transaction, {id for pair in pairs for id in pair})
        for one, other in pairs:
            await propose_pair(transaction, matcher, known[one], known[other], at)
            await asyncio.sleep(0)  # comparing holds the event loop; calls get their turn
        await lately.compared(transaction, turn)
    return len(turn)


def comparing(database: Database, matcher: Matcher, now: Callable[[], datetime]) -> AbstractAsyncContextManager[None]:
    """Does it in the background until left; waits out a database that is away."""
    return rounds(lambda: compare(database, matcher, now()), AT_ONCE, EVERY_SECONDS, "comparing")
