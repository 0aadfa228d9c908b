"""Weeks as counts go by them: from Monday to Monday in Paris, whatever the clocks do."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from terresante_directory.domain.acts import moment_invalid

PARIS = ZoneInfo("Europe/Paris")
UNSAID = 12
"""Weeks that are told when nobody says which."""
LONGEST = timedelta(weeks=105)
JUST_BEFORE = timedelta(seconds=1)


def weeks(start: datetime | None, end: datetime | None, now: datetime) -> list[datetime]:
    """The Mondays in Paris of the weeks from one moment's to another's, as moments; the last twelve if unsaid.

    Raises `MomentInvalid` if they are turned round, more than two years long, or not over yet.
    """
    last = monday(end or now)
    first = monday(start) if start else _weeks_before(last, UNSAID - 1)
    if last > monday(now) or first > last or (last - first) > LONGEST:
        raise moment_invalid()
    found = [first]
    while found[-1] < last:
        found.append(week_after(found[-1]))
    return found


def last_moments(starts: Sequence[datetime], now: datetime) -> list[datetime]:
    """When each of these weeks is counted: just before it is over, or now. No two are the same."""
    return [max(start, min(week_after(start), now) - JUST_BEFORE) for start in starts]


def monday(at: datetime) -> datetime:
    """When the week of that moment began in Paris."""
    day = at.astimezone(PARIS).date()
    return _midnight(day - timedelta(days=day.weekday()))


def week_after(start: datetime) -> datetime:
    """When the next week begins in Paris: not always 168 hours later."""
    return _weeks_before(start, -1)


def _weeks_before(start: datetime, count: int) -> datetime:
    return _midnight(start.astimezone(PARIS).date() - timedelta(weeks=count))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS).astimezone(UTC)
