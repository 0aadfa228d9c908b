"""Applies chosen lines as one act, in one transaction: all that is taken is kept together, or nothing is.

What a crash leaves is an import that is still to be applied: whichever replica is free does it from the start.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal, Unavailable

from terresante_directory import events
from terresante_directory.domain.acts import ActKind, ActOf
from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.imports.states import Import, ImportId, State
from terresante_directory.domain.imports.taking import Chosen
from terresante_directory.imports.taking import Source, Taken, taken_of
from terresante_directory.store import acting, administrators, import_lines, imports, sources
from terresante_directory.store.acting import Done

NOTHING_LEFT = "Aucune des lignes choisies n’a pu être appliquée : voyez pourquoi, ligne par ligne."


class Applying:
    """Applies one import that is to be applied."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def apply(self, id: ImportId) -> None:
        """APPLIED afterwards, or READY again with the lines that stood in its way, or with the refusal's sentence."""
        try:
            async with self._database.transaction() as transaction:
                await sources.patient(transaction)
                of = await imports.get(transaction, id, lock=True)
                if of.state is State.APPLYING:
                    await self._apply(transaction, of)
        except Unavailable:
            raise
        except Refusal as refusal:
            async with self._database.transaction() as transaction:
                await imports.save(transaction, id, state=State.READY, failure=refusal.sentence, leased_until=None)

    async def _apply(self, transaction: AsyncConnection, of: Import) -> None:
        now = self._now()
        (await administrators.get(transaction, of.by)).must_administer_all(of.territories)
        chosen = [Chosen(line, said) for line, said in await import_lines.chosen(transaction, of.id)]
        source = Source(of.source, frozenset(map(str, of.territories)))
        taken = await taken_of(transaction, source, chosen, now)
        await import_lines.keep_outcomes(transaction, of.id, taken.left)
        await imports.count(transaction, of.id)
        if not taken.lines or not taken.statements:
            await imports.save(transaction, of.id, state=State.READY, failure=NOTHING_LEFT, leased_until=None)
            return
        whose = of.territories if concerns_people(taken) else frozenset()
        act = ActOf(ActKind.IMPORTED, of.by, of.why, now, whose)
        done = await keep(transaction, source, act, taken, now)
        state = {"state": State.APPLIED, "act": done.act.id, "failure": "", "leased_until": None}
        await imports.save(transaction, of.id, **state)


def concerns_people(taken: Taken) -> bool:
    """Whether professionals change: their own words say of no territory."""
    return any(subject.kind is SubjectKind.PROFESSIONAL for _, subject in taken.lines)


async def keep(transaction: AsyncConnection, source: Source, of: ActOf, taken: Taken, now: datetime) -> Done:
    """Does the act, announces it, and remembers on what the source and the directory agree from now on."""
    done = await acting.act(transaction, of, taken.statements, now)
    await events.acted(transaction, done)
    agreed = [
        sources.Taken(subject.kind, chosen.line.key, {one.field: one.after for one in chosen.line.fields}, subject.id)
        for chosen, subject in taken.lines
    ]
    agreed += [sources.Taken(SubjectKind.PROFESSIONAL, key, said, id) for key, id, said in taken.enrolled]
    await sources.take(transaction, source.name, done.act.id, agreed)
    return done
