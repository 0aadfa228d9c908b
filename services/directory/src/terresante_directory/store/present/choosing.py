"""Which fact a present table shows of a subject."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from terresante_directory.domain.facts import Fact, Subject

EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shown:
    """`fact`: None when nothing is said any more. `stands`: whether it holds now."""

    subject: Subject
    fact: Fact | None
    stands: bool

    def is_in(self, row: Row[Any] | None) -> bool:
        """Whether a present row (`shown`, `stands`) shows just this."""
        return row is not None and row.shown == (self.fact.id if self.fact else None) and row.stands == self.stands


def chosen(known: Sequence[Fact], now: datetime) -> tuple[Fact | None, bool]:
    """What holds now; else what will next, so that what is scheduled has its row; else what did last."""
    holding = next((fact for fact in known if fact.span.holds(now)), None)
    if holding is not None:
        return holding, True
    ahead = [fact for fact in known if (fact.span.start or EVER) > now]
    if ahead:
        return min(ahead, key=_start), False
    return (max(known, key=_start), False) if known else (None, False)


def _start(fact: Fact) -> datetime:
    return fact.span.start or EVER
