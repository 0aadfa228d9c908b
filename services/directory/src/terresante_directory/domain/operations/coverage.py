"""Which territory covered a commune, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from terresante_directory.domain.facts import Span


@dataclass(frozen=True, slots=True)
class Coverage:
    """By a territory (its code) from `since` on; None: since ever."""

    territory: str
    since: datetime | None


def coverage(told: Iterable[tuple[str, Span]], at: datetime) -> Coverage | None:
    """What is said of one commune at a moment; None if no territory covered it then.

    `told`: which territory covers it, span by span, in the order of time; spans that follow each other and say the
    same territory are one coverage.
    """
    found: Coverage | None = None
    end: datetime | None = None
    for territory, span in told:
        if span.start is not None and span.start > at:
            break
        goes_on = found is not None and found.territory == territory and span.start == end
        found = found if goes_on else Coverage(territory, span.start)
        end = span.end
    return found if found is not None and Span(found.since, end).holds(at) else None
