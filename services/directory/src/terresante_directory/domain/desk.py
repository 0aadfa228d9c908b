"""What an administrator sees at the desk: accounts, and what waits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from terresante_directory.domain.accounts import Means, State
from terresante_directory.domain.acts import moment_invalid

PARIS = ZoneInfo("Europe/Paris")
UNSAID = 12
"""Weeks that are told when nobody says which."""
LONGEST = timedelta(weeks=105)


@dataclass(frozen=True, slots=True, repr=False)
class Listed:
    """An account, and whose it is. `state`, `means` None: they have none."""

    professional: UUID
    name: str
    profession: str
    state: State | None
    means: Means | None
    settled: bool
    last_login: datetime | None
    locked: bool

    def __repr__(self) -> str:
        return f"Listed({self.professional})"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work of one kind that waits, and since when the oldest does."""

    kind: str
    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a series in the week that begins that Monday. `masked`: fewer than the smallest count that is told."""

    week: datetime
    value: int
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """A kind of count week by week. `label`: of what part; blank for the whole."""

    kind: str
    label: str
    points: tuple[Point, ...]


def masked(series: Sequence[Series], kinds: Collection[str], smallest: int) -> list[Series]:
    """The series with counts under `smallest` masked, for these kinds, and one more where the whole would tell it."""
    told = list(series)
    for kind in kinds:
        parts = [index for index, one in enumerate(told) if one.kind == kind]
        for week in range(len(told[parts[0]].points) if parts else 0):
            counts = {index: told[index].points[week].value for index in parts}
            for index in _hidden(counts, {index for index in parts if told[index].label}, smallest):
                told[index] = _hide(told[index], week)
    return told


def _hidden(counts: Mapping[int, int], of_parts: Collection[int], smallest: int) -> set[int]:
    """The small ones, none of something too; and if a single part is, the next one, or the whole would tell it."""
    hidden = {index for index, count in counts.items() if count < smallest}
    alone = hidden & set(of_parts)
    if len(alone) == 1 and not hidden - alone:
        others = sorted(set(of_parts) - alone, key=lambda index: counts[index])
        hidden |= set(others[:1]) or set(counts) - set(of_parts)
    return hidden


def _hide(series: Series, week: int) -> Series:
    points = list(series.points)
    points[week] = replace(points[week], value=0, masked=True)
    return replace(series, points=tuple(points))


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
        found.append(_weeks_before(found[-1], -1))
    return found


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
