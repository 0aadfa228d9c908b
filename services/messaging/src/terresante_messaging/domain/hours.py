"""When mail leaves: quiet hours and digests, in Europe/Paris. Rules only: no I/O, no clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from terresante_messaging.domain.preferences import URGENT, Pace, Preferences, Topic

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Quiet:
    """From when until when nothing is to ring: minutes after midnight in Europe/Paris; equal: never."""

    begins: int
    ends: int

    def end(self, at: datetime) -> datetime | None:
        """When the quiet that `at` falls into ends, in UTC; None if it falls into none.

        On the day of 25 hours an end that comes twice is the first that is still to come; on the day of 23, one that
        does not come is taken an hour later.
        """
        local = at.astimezone(PARIS)
        minute = local.hour * 60 + local.minute
        if self.begins <= self.ends:
            if not self.begins <= minute < self.ends:
                return None
            return _next(local.date(), self.ends, at)
        if minute < self.ends:
            return _next(local.date(), self.ends, at)
        return _next(local.date() + timedelta(days=1), self.ends, at) if minute >= self.begins else None


def leaves_at(at: datetime, topic: Topic, preferences: Preferences) -> datetime:
    """When mail about what happened at `at` leaves, in UTC."""
    moment = _paced(at, preferences.choice(topic).pace, preferences.daily_hour)
    if topic in URGENT and preferences.urgent_breaks_quiet:
        return moment
    return Quiet(preferences.quiet_from, preferences.quiet_until).end(moment) or moment


def _paced(at: datetime, pace: Pace, daily_hour: int) -> datetime:
    if pace is Pace.AT_ONCE:
        return at
    if pace is Pace.HOURLY:
        return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    today = at.astimezone(PARIS).date()
    moment = _moment(today, daily_hour * 60, 0)
    return moment if moment > at else _moment(today + timedelta(days=1), daily_hour * 60, 0)


def _next(day: date, minute: int, after: datetime) -> datetime:
    first = _moment(day, minute, 0)
    return first if first > after else _moment(day, minute, 1)


def _moment(day: date, minute: int, fold: int) -> datetime:
    hour, rest = divmod(minute, 60)
    return datetime(day.year, day.month, day.day, hour, rest, tzinfo=PARIS, fold=fold).astimezone(UTC)
