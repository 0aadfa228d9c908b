"""Messages counted by week and professional, and what of it leaves: counts in which nobody can be made out
(docs/decisions/0013). Rules only: no I/O, no clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import attrgetter
from uuid import UUID

from terresante_platform.refusals import Invalid
from terresante_platform.small_counts import Told, told

from terresante_messaging.domain.hours import PARIS
from terresante_messaging.domain.log import Entry, EntryKind
from terresante_messaging.domain.people import MessageId

MOST_WRITERS = 100_000
MOST_WEEKS = 120
KEPT = timedelta(weeks=MOST_WEEKS)
"""How long counts are kept: older ones cannot be asked for."""


class CountInvalid(Invalid):
    """A count that cannot be made as it is asked for."""

    reason = "COUNT_INVALID"


@dataclass(frozen=True, slots=True)
class Span:
    """A professional, counted in the weeks from number `first` on, before number `past`."""

    professional: UUID
    first: int
    past: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose messages, in how many weeks, of which the first begins on `monday`."""

    writers: Sequence[Span]
    monday: date
    weeks: int


@dataclass(frozen=True, slots=True)
class Written:
    """In one week: how many messages, by how many professionals."""

    messages: int = 0
    writers: int = 0


def must_be_countable(asked: Asked) -> None:
    """Raises `CountInvalid`."""
    if not 1 <= asked.weeks <= MOST_WEEKS or asked.monday.weekday() or len(asked.writers) > MOST_WRITERS:
        raise CountInvalid(
            "Ce décompte ne peut pas être fait.",
            f"Demandez 1 à {MOST_WEEKS} semaines à partir d’un lundi, et {MOST_WRITERS} professionnels au plus.",
        )
    if any(not 0 <= one.first <= one.past <= asked.weeks for one in asked.writers):
        raise CountInvalid("Un professionnel est compté en dehors des semaines demandées.", "Corrigez first et past.")


def once_each(writers: Iterable[Span]) -> list[Span]:
    """The same weeks of the same professionals, no week of one twice: else a small count could be learned by asking for
    it several times over.
    """
    found: dict[UUID, list[Span]] = {}
    for one in sorted(writers, key=attrgetter("first")):
        before = found.setdefault(one.professional, [])
        if before and one.first <= before[-1].past:
            before[-1] = replace(before[-1], past=max(before[-1].past, one.past))
        else:
            before.append(one)
    return [one for of in found.values() for one in of]


def week_of(at: datetime) -> date:
    """The Monday of that moment's week, in Paris."""
    day = at.astimezone(PARIS).date()
    return day - timedelta(days=day.weekday())


def weeks_of(entries: Iterable[Entry]) -> dict[MessageId, date]:
    """The week in which each message that these entries tell of was written."""
    posted = (one.what for one in entries if one.what.kind is EntryKind.MESSAGE_POSTED)
    return {what.message: week_of(what.at) for what in posted if what.message is not None}


def as_told(written: Written, smallest: int) -> Told:
    """The count as it leaves: not at all unless at least `smallest` professionals wrote, for it says of fewer how much
    each does; else rounded down.
    """
    return told(written.messages, smallest) if written.writers >= smallest else Told(0, masked=True)
