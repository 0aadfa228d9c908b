"""The present tables, written from what is known: the only place that writes them. See docs/decisions/0012."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.acts import Touched
from terresante_directory.domain.facts import Fact, Subject, SubjectKind
from terresante_directory.store import facts, words
from terresante_directory.store.present import areas, offers, people, structures
from terresante_directory.store.present.choosing import Shown, chosen

__all__ = ["project"]


async def project(
    transaction: AsyncConnection, subjects: Iterable[Subject], now: datetime, turning: bool = False
) -> Touched:
    """Shows what is said `now` of subjects that this transaction has locked; gives what is another version.

    `turning`: no act touched them, time went on: those that show it already stay the same version.
    """
    known: dict[Subject, list[Fact]] = {subject: [] for subject in subjects}
    for fact in await facts.known_of(transaction, known):
        known[fact.subject].append(fact)
    by_kind: dict[SubjectKind, list[Shown]] = {kind: [] for kind in SubjectKind}
    for subject, of in known.items():
        by_kind[subject.kind].append(Shown(subject, *chosen(of, now)))
    covering = await areas.show_territories(transaction, by_kind[SubjectKind.TERRITORY], turning)
    covering |= await areas.show_communes(transaction, by_kind[SubjectKind.COMMUNE], turning)
    told, moved = await structures.show(transaction, by_kind[SubjectKind.STRUCTURE], turning)
    offered = await offers.show(transaction, by_kind[SubjectKind.OFFER], turning)
    await offers.place(transaction, list(told), list(offered))
    new, changed = await people.show(transaction, by_kind[SubjectKind.PROFESSIONAL], turning)
    practising = await people.show_places(transaction, {} if turning else _places(known))
    practising |= await people.practising(transaction, moved, now)
    raised = await people.raise_versions(transaction, (changed | practising) - set(new))
    await words.learn(transaction, [*told, *offered, *new, *changed])
    return Touched(told, offered, new | raised, frozenset(covering))


def _places(known: dict[Subject, list[Fact]]) -> dict[Subject, list[Fact]]:
    return {subject: of for subject, of in known.items() if subject.kind is SubjectKind.PLACE}
