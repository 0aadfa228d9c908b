"""Differences between a source and the directory: listed page by page, settled one way or the other."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.acts import ActKind, ActOf
from terresante_directory.domain.facts import Subject, SubjectKind
from terresante_directory.domain.history import FieldChange
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.imports.differing import Named, differences, mark, named
from terresante_directory.domain.imports.formats import SOURCES
from terresante_directory.domain.imports.states import ImportLine, Outcome, unknown_difference
from terresante_directory.domain.imports.taking import Chosen
from terresante_directory.domain.subjects import label
from terresante_directory.domain.territories import Administrator
from terresante_directory.imports.applying import keep
from terresante_directory.imports.taking import Source, taken_of
from terresante_directory.store.acting import Done
from terresante_directory.store.sources import reconciling
from terresante_directory.store.sources.reconciling import Decision, Told, Wanted

LEAST_AT_ONCE, MOST_AT_ONCE = 2, 500
LAST_FIELD = "~"
"""After the names of all fields."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one subject, when each side last said it, and why the local value was kept, if it was."""

    name: Named
    label: str
    source_value: str
    local_value: str
    source_at: datetime
    local_at: datetime
    told: Told
    is_kept: bool
    decision: Decision | None = None


async def page(
    connection: AsyncConnection, wanted: Wanted, after: tuple[str, str, str], limit: int, today: str
) -> tuple[list[Difference], str]:
    """Differences after that kind, key and field; and the name of the last if more follow."""
    found: list[Difference] = []
    async for one in _following(connection, wanted, after, today, limit + 1):
        if len(found) == limit:
            return await _with_decisions(connection, wanted, found), str(found[-1].name)
        found.append(one)
    return await _with_decisions(connection, wanted, found), ""


async def first_page(
    connection: AsyncConnection, wanted: Wanted, limit: int, most: int, today: str
) -> tuple[list[Difference], str, int]:
    """As `page` from the beginning, and how many there are up to `most`, which is above `limit`, by one walk."""
    found: list[Difference] = []
    total = 0
    async for one in _following(connection, wanted, ("", "", ""), today, most):
        total += 1
        if len(found) < limit:
            found.append(one)
        if total == most:
            break
    follows = str(found[-1].name) if total > limit else ""
    return await _with_decisions(connection, wanted, found), follows, total


async def waiting(
    connection: AsyncConnection, territories: Collection[TerritoryCode], most: int, today: str
) -> tuple[int, datetime | None]:
    """How many wait in these territories, of all sources, counted up to `most`; and since when the oldest does."""
    found, oldest = 0, None
    for source in SOURCES:
        async for one in _following(connection, Wanted(source.value, territories), ("", "", ""), today, most):
            since = max(one.source_at, one.local_at)
            found, oldest = found + 1, since if oldest is None else min(oldest, since)
            if found == most:
                return found, oldest
    return found, oldest


async def _following(
    connection: AsyncConnection, wanted: Wanted, after: tuple[str, str, str], today: str, most: int
) -> AsyncIterator[Difference]:
    """In the order of kind, key and field; none of what is in another territory since the source said it.

    `most`: how many will be looked at, likely: to find a row costs a walk over all that say the same on both sides.
    """
    kind, key, _ = reached = after
    at_once = max(LEAST_AT_ONCE, min(MOST_AT_ONCE, most))
    while True:
        some = await reconciling.different(connection, wanted, (kind, key), at_once)
        for told in some:
            for one in of_told(told, today) if told.territory in wanted.territories else ():
                if one.is_kept is wanted.kept and (told.kind.value, told.key, one.name.field) > reached:
                    yield one
        if len(some) < at_once:
            return
        kind, key = some[-1].kind.value, some[-1].key
        reached = (kind, key, LAST_FIELD)


async def _with_decisions(connection: AsyncConnection, wanted: Wanted, found: list[Difference]) -> list[Difference]:
    if not wanted.kept or not found:
        return found
    decided = await reconciling.decisions(connection, wanted.source, {one.told.key for one in found})
    return [replace(one, decision=decided.get((one.told.kind, one.told.key, one.name.field))) for one in found]


async def place_of(connection: AsyncConnection, cursor: str) -> tuple[str, str, str] | None:
    """Kind, key and field of the difference by which a page ended; None when there is none such."""
    name = named(cursor)
    told = await reconciling.told_of(connection, name.source, [UUID(name.subject)])
    return next(((one.kind.value, one.key, name.field) for one in told if one.kind is name.kind), None)


def of_told(told: Told, today: str) -> list[Difference]:
    """In the order of fields' names."""
    subject = Subject(told.kind, told.subject)
    found = differences(told.kind, told.content, told.here, told.kept, today)
    return [
        Difference(
            name=Named(told.source, told.kind, told.subject, one.field, mark(one.source_value, one.local_value)),
            label=label(subject, told.here),
            source_value=one.source_value,
            local_value=one.local_value,
            source_at=told.said_at,
            local_at=told.known_from,
            told=told,
            is_kept=one.kept,
        )
        for one in sorted(found, key=lambda one: one.field)
    ]


async def standing(
    connection: AsyncConnection, ids: Sequence[str], by: Administrator, today: str, is_kept: bool = False
) -> list[Difference]:
    """The differences of these names that wait, or of which the local value is kept.

    Raises `DifferenceUnknown`, `TerritoryNotYours`.
    """
    wanted = [named(id) for id in dict.fromkeys(ids)]
    found: dict[str, Difference] = {}
    for source in {one.source for one in wanted}:
        subjects = {UUID(one.subject) for one in wanted if one.source == source}
        for told in await reconciling.told_of(connection, source, subjects):
            found |= {str(one.name): one for one in of_told(told, today) if one.is_kept is is_kept}
    if any(str(one) not in found for one in wanted):
        raise unknown_difference()
    chosen = [found[str(one)] for one in wanted]
    by.must_administer_all({TerritoryCode(one.told.territory) for one in chosen})
    return chosen


async def keep_local(
    transaction: AsyncConnection, chosen: Collection[Difference], by: Administrator, why: str, now: datetime
) -> None:
    """Remembers it until either value changes."""
    await reconciling.settle(transaction, [_row(one) | {"by": by.id, "at": now, "why": why} for one in chosen])


async def open_again(transaction: AsyncConnection, chosen: Collection[Difference]) -> None:
    """They wait for a decision again."""
    await reconciling.unsettle(transaction, [_row(one) for one in chosen])


def _row(one: Difference) -> dict[str, object]:
    return {
        "source": one.told.source,
        "kind": one.told.kind.value,
        "key": one.told.key,
        "field": one.name.field,
        "source_value": one.source_value,
        "local_value": one.local_value,
    }


async def take_source(
    transaction: AsyncConnection, chosen: Sequence[Difference], by: Administrator, why: str, now: datetime
) -> Done:
    """One act for all. Raises `DifferenceUnknown` when something changed meanwhile, or cannot be taken."""
    name = chosen[0].told.source
    if any(one.told.source != name for one in chosen):
        raise unknown_difference()
    lines = [_chosen(told, [one for one in chosen if one.told == told]) for told in _each([one.told for one in chosen])]
    source = Source(name, frozenset(map(str, by.territories)))
    taken = await taken_of(transaction, source, lines, now)
    if taken.left or not taken.statements:
        raise unknown_difference()
    people = any(one.told.kind is SubjectKind.PROFESSIONAL for one in chosen)
    whose = frozenset(TerritoryCode(one.told.territory) for one in chosen) if people else frozenset()
    act = ActOf(ActKind.IMPORTED, by.id, why, now, whose)
    return await keep(transaction, source, act, taken, now)


def _each(told: Sequence[Told]) -> list[Told]:
    seen: dict[tuple[SubjectKind, str], Told] = {}
    for one in told:
        seen.setdefault((one.kind, one.key), one)
    return list(seen.values())


def _chosen(told: Told, of: Sequence[Difference]) -> Chosen:
    fields = tuple(FieldChange(one.name.field, one.local_value, one.source_value) for one in of)
    line = ImportLine(0, 0, Outcome.CHANGED, told.kind, told.key, told.subject, fields=fields, seen=told.seen)
    return Chosen(line, told.content)
