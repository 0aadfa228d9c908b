"""An operation is worked out from what is known, shown beforehand, and done if all is still as it was shown."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import new_id

from terresante_directory.domain.facts import Fact
from terresante_directory.domain.operations.asked import Operation
from terresante_directory.domain.operations.impacts import Impacts
from terresante_directory.domain.operations.plan import Grant, Plan, World, planned
from terresante_directory.domain.operations.refusals import stale
from terresante_directory.domain.territories import Administrator
from terresante_directory.store import acting, facts
from terresante_directory.store.operations import concerned
from terresante_directory.store.operations.impacts import counted
from terresante_directory.store.tables import administrator_territory


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked by whom, of how many inhabitants by commune. `start`: from when. `dated`: whether that was said."""

    operation: Operation
    by: Administrator
    start: datetime
    dated: bool
    communes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Preview:
    """`token`: of the operation, of all facts that it was worked out from, and of its impacts."""

    plan: Plan
    impacts: Impacts
    token: str


async def preview(connection: AsyncConnection, asked: Asked) -> Preview:
    """What the operation would do now; nothing is changed. Raises as `planned`."""
    subjects = await concerned.subjects(connection, asked.operation, asked.start)
    return await _worked_out(connection, asked, await facts.known_of(connection, subjects))


async def held(transaction: AsyncConnection, asked: Asked, token: str, at: datetime) -> Preview:
    """The same with all that the operation concerns locked, to be done now. Raises `PreviewStale` if it is not what
    was shown: two who saw the same preview do not both act on it.
    """
    subjects = await concerned.subjects(transaction, asked.operation, asked.start)
    known = await acting.hold(transaction, subjects, at)
    if await concerned.subjects(transaction, asked.operation, asked.start) != subjects:
        raise stale()
    shown = await _worked_out(transaction, asked, known)
    if shown.token != token:
        raise stale()
    return shown


async def give(transaction: AsyncConnection, grant: Grant) -> None:
    """The new territory is administered by exactly those who administer the one it was split from.

    Who had rights in a territory of that code that was undone has none in this one.
    """
    theirs = administrator_territory.c
    await transaction.execute(delete(administrator_territory).where(theirs.territory == grant.new))
    same = select(theirs.administrator_id, literal(grant.new)).where(theirs.territory == grant.like)
    await transaction.execute(insert(administrator_territory).from_select(["administrator_id", "territory"], same))


async def _worked_out(connection: AsyncConnection, asked: Asked, known: Sequence[Fact]) -> Preview:
    plan = planned(World(known, asked.communes, new_id), asked.operation, asked.start, asked.by)
    impacts = await counted(connection, plan, asked.start)
    return Preview(plan, impacts, _token(asked, known, impacts))


def _token(asked: Asked, known: Iterable[Fact], impacts: Impacts) -> str:
    counted = asdict(replace(impacts, examples=()))
    del counted["circles"]  # others open some every day
    seen = {
        "operation": [type(asked.operation).__name__, asdict(asked.operation)],
        "from": asked.start.isoformat() if asked.dated else "",
        "facts": sorted(str(fact.id) for fact in known),
        "impacts": counted,
    }
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()
