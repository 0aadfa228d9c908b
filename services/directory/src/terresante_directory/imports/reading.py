"""Reads files in the background: their lines apart, then what each would do, by the database. One replica at a time.

All that is known of a file is in the database, so a stop or a crash costs the work of one file: it is read again from
its first byte, by whichever replica is free once the lease of the one that stopped has run out.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database

from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.imports.comparing import differing
from terresante_directory.domain.imports.formats import FileTooLarge, FileUnreadable, Format
from terresante_directory.domain.imports.judging import Beside, Scope, in_words_of_view, judged
from terresante_directory.domain.imports.states import Import, ImportLine, Outcome, State
from terresante_directory.domain.imports.views import view
from terresante_directory.domain.territories import Territory
from terresante_directory.imports.child import ReaderDied, Told, told
from terresante_directory.store import import_lines, imports, sources, territories

MOST_LINES = 5_000
MOST_AT_ONCE = 250
MOST_IN_SQL = 20_000
KINDS = (SubjectKind.STRUCTURE, SubjectKind.PROFESSIONAL, SubjectKind.PLACE, SubjectKind.OFFER)


class GivenUp(Exception):
    """The import is no longer to be read: it was discarded, or another replica has it."""


class Reading:
    """Reads one import to its end."""

    def __init__(
        self, database: Database, given: Mapping[TerritoryCode, Territory], now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._given = given
        self._now = now

    async def read(self, of: Import) -> None:
        """From its first byte to its counts; FAILED when it does not read. Raises `GivenUp`; `ReaderDied`, and
        anybody may take it up again at once."""
        async with self._database.transaction() as transaction:
            await self._go_on(transaction, of)
            await sources.patient(transaction)
            await imports.forget(transaction, of.id, lines=True)
        try:
            last = await self._parse(of)
        except (FileUnreadable, FileTooLarge) as refusal:
            await self._fail(of, refusal.sentence)
            return
        except ReaderDied:
            await self._leave(of)
            raise
        await self._keep(of, last)
        async with self._database.transaction() as transaction:
            await self._go_on(transaction, of)
            await sources.patient(transaction)
            circular = await sources.link(transaction, of, self._now())
        if of.format is not Format.OWN_TABLE:
            for after in range(0, last, MOST_IN_SQL):
                async with self._database.transaction() as transaction:
                    await self._go_on(transaction, of)
                    await sources.patient(transaction)
                    await sources.pass_over(transaction, of, (after, after + MOST_IN_SQL))
        for kind in KINDS:
            await self._judge(of, kind, circular)
        await self._finish(of, last)

    async def _parse(self, of: Import) -> int:
        """The number of its last line."""
        read, last, batch = 0, 0, list[Told]()

        def fed(size: int) -> None:
            nonlocal read
            read += size

        pieces = imports.pieces(self._database, of.id)
        async with aclosing(told(of.format.value, of.encoding, pieces, fed)) as lines:
            async for line in lines:
                batch.append(line)
                last = line[0]
                if len(batch) >= MOST_LINES:
                    await self._stage(of, batch, read)
                    batch = []
        await self._stage(of, batch, of.bytes_total)
        return last

    async def _stage(self, of: Import, batch: list[Told], read: int) -> None:
        said, lines = [], []
        for number, rejected, reasons, things in batch:
            if rejected or not things:
                outcome = Outcome.REJECTED if rejected else Outcome.ELSEWHERE
                lines.append(ImportLine(number, 0, outcome, None, reasons=tuple(reasons)))
            for rank, (kind, key, content) in enumerate(things):
                doubts = reasons if rank == 0 else []
                said.append((of.id, number, rank, kind, key, json.dumps(content, ensure_ascii=False), doubts))
        async with self._database.transaction() as transaction:
            await self._go_on(transaction, of)
            await imports.save(transaction, of.id, bytes_read=min(read, of.bytes_total))
            await sources.copy_said(transaction, said)
            await import_lines.copy(transaction, of.id, lines)

    async def _keep(self, of: Import, last: int) -> None:
        for after in range(0, last, MOST_IN_SQL):
            async with self._database.transaction() as transaction:
                await self._go_on(transaction, of)
                await sources.patient(transaction)
                await sources.keep(transaction, of, (after, after + MOST_IN_SQL), self._now())

    async def _judge(self, of: Import, kind: SubjectKind, circular: frozenset[str]) -> None:
        async with self._database.reading() as connection:
            known = frozenset(await territories.known(connection, self._given))
        enrols = of.format is Format.OWN_TABLE
        scope = Scope(frozenset(of.territories), frozenset(known), enrols, self._now().date().isoformat())
        after = (0, -1)
        while True:
            async with self._database.transaction() as transaction:
                await self._go_on(transaction, of)
                await sources.patient(transaction)
                found = await sources.beside(transaction, of, kind, after, MOST_AT_ONCE)
                lines, agreed = _judged(found, scope, circular)
                await import_lines.copy(transaction, of.id, lines)
                await sources.agree(transaction, of.source, agreed)
            if len(found) < MOST_AT_ONCE:
                return
            after = (found[-1].number, found[-1].rank)

    async def _finish(self, of: Import, last: int) -> None:
        async with self._database.transaction() as transaction:
            await self._go_on(transaction, of)
            await sources.patient(transaction)
            await imports.count(transaction, of.id)
            counted = (await imports.get(transaction, of.id)).counts
            if of.complete:
                doubts = ["SOME_LINES_REJECTED"] if Outcome.REJECTED in counted else []
                await sources.gone(transaction, of, last, doubts, self._now())
                await imports.count(transaction, of.id)
            await imports.save(transaction, of.id, state=State.READY, bytes_read=of.bytes_total, leased_until=None)
            await imports.forget(transaction, of.id, pieces=True)

    async def _fail(self, of: Import, sentence: str) -> None:
        async with self._database.transaction() as transaction:
            await self._go_on(transaction, of)
            await imports.save(transaction, of.id, state=State.FAILED, failure=sentence, leased_until=None)
            await imports.forget(transaction, of.id, lines=True, pieces=True)

    async def _leave(self, of: Import) -> None:
        async with self._database.transaction() as transaction:
            await self._go_on(transaction, of)
            await imports.save(transaction, of.id, leased_until=None)

    async def _go_on(self, transaction: AsyncConnection, of: Import) -> None:
        if not await imports.hold_lease(transaction, of, self._now()):
            raise GivenUp


def _judged(
    found: Sequence[Beside], scope: Scope, circular: frozenset[str]
) -> tuple[list[ImportLine], list[sources.Agreed]]:
    """What is kept of a line beside what it is about: only what would change something."""
    lines, agreed = [], []
    for one in found:
        line, compared = judged(_circling(one, circular), scope)
        if one.rank == 0 or _is_proposed(line):
            lines.append(line)
        if compared is None or one.here is None:
            continue
        is_same = not differing(in_words_of_view(one.content, scope.today), view(one.kind, one.here))
        same_as = one.seen if is_same else ""
        new = {name: value for name, value in compared.agreed.items() if one.agreed.get(name) != value}
        if new or same_as != one.same_as:
            agreed.append(sources.Agreed(one.kind, one.key, new, same_as))
    return lines, agreed


def _is_proposed(line: ImportLine) -> bool:
    """Of what a line tells beside: corrections, conflicts. Structures begin by themselves, people with their places."""
    if line.outcome is Outcome.NEW:
        return line.kind is SubjectKind.STRUCTURE
    return line.outcome in (Outcome.CHANGED, Outcome.CONFLICT)


def _circling(one: Beside, circular: frozenset[str]) -> Beside:
    if one.kind is not SubjectKind.STRUCTURE or one.key not in circular:
        return one
    return replace(one, links={**one.links, "circular": "yes"})
