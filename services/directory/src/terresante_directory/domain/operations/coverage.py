"""Which territory covered a commune, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from terresante_directory.domain.facts import Fact, Span


@dataclass(frozen=True, slots=True)
class Coverage:
    """By a territory (its code) from `since` on; None: since ever."""

    territory: str
    since: datetime | None


def coverage(told: Iterable[Fact], at: datetime) -> Coverage | None:
    """What facts of one commune, in the order of time, say of a moment; None if no territory covered it then.

    Facts that follow each other and say the same territory are one coverage.
    """
    found: Coverage | None = None
    end: datetime | None = None
    for fact in told:
        if fact.span.start is not None and fact.span.start > at:
            break
        territory = str(fact.content["territory_code"])
        goes_on = found is not None and found.territory == territory and fact.span.start == end
        found = found if goes_on else Coverage(territory, fact.span.start)
        end = fact.span.end
    return found if found is not None and Span(found.since, end).holds(at) else None
