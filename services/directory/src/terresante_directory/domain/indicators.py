"""Counts of a territory week by week, and which of them are not told."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from operator import attrgetter
from uuid import UUID

from terresante_directory.domain.care import CareCount, Counted, CountedMessages, Standing


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a series in the week that begins that Monday. `masked`: it is not told."""

    week: datetime
    value: int
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """A kind of count week by week. `label`: of what part; blank for the whole.

    `unknown`: whoever counts it does not answer now. `smallest`, `rounded_to`: as in `Counted`; 0 for neither.
    """

    kind: str
    label: str
    points: tuple[Point, ...]
    unknown: bool = False
    smallest: int = 0
    rounded_to: int = 0


def whole(kind: str, weeks: Sequence[datetime], standing: Iterable[Standing]) -> Series:
    """How many stand each week."""
    return _series(kind, "", weeks, _totals(standing, len(weeks)))


def parts(kind: str, weeks: Sequence[datetime], standing: Collection[Standing]) -> list[Series]:
    """How many stand each week, and of each label that there is in one of them, by label."""
    by_label: dict[str, list[Standing]] = {}
    for one in standing:
        by_label.setdefault(one.label, []).append(one)
    some = [_series(kind, label, weeks, _totals(of, len(weeks))) for label, of in sorted(by_label.items())]
    return [whole(kind, weeks, standing), *some]


def united(standing: Iterable[Standing]) -> list[Standing]:
    """Each of them once at each moment, however often they stand there. An id has one label."""
    by_id: dict[UUID, list[Standing]] = {}
    for one in standing:
        by_id.setdefault(one.id, []).append(one)
    return [one for of in by_id.values() for one in (of if len(of) == 1 else _joined(of))]


def counts(kind: str, weeks: Sequence[datetime], by_week: Mapping[int, int]) -> Series:
    """From counts by the number of the week; none where there is none."""
    return _series(kind, "", weeks, [by_week.get(number, 0) for number in range(len(weeks))])


def of_care(weeks: Sequence[datetime], counted: Counted | None) -> list[Series]:
    """What consent counted, or that it is not known now."""
    if counted is None:
        return [Series(kind, "", (), unknown=True) for kind in ("circles", "consents")]

    each: Sequence[CareCount] = counted.counts
    return [
        _of_others("circles", weeks, [one.circles for one in each], counted),
        _of_others("consents", weeks, [one.consents for one in each], counted),
    ]


def of_messages(weeks: Sequence[datetime], counted: CountedMessages | None) -> Series:
    """What messaging counted, or that it is not known now."""
    if counted is None:
        return Series("messages", "", (), unknown=True)
    return _of_others("messages", weeks, counted.counts, counted)


def masked(series: Sequence[Series], kinds: Collection[str], smallest: int) -> list[Series]:
    """The series with counts under `smallest` masked, for these kinds, and more where those told would tell them."""
    told = [replace(one, smallest=smallest) if one.kind in kinds else one for one in series]
    for kind in kinds:
        of_kind = [index for index, one in enumerate(told) if one.kind == kind]
        for week in range(len(told[of_kind[0]].points) if of_kind else 0):
            values = {index: told[index].points[week].value for index in of_kind}
            for index in _hidden(values, {index for index in of_kind if told[index].label}, smallest):
                told[index] = _hide(told[index], week)
    return told


def _of_others(
    kind: str, weeks: Sequence[datetime], values: Sequence[int | None], counted: Counted | CountedMessages
) -> Series:
    points = [Point(week, value or 0, value is None) for week, value in zip(weeks, values, strict=True)]
    return Series(kind, "", tuple(points), smallest=counted.smallest, rounded_to=counted.rounded_to)


def _hidden(values: Mapping[int, int], of_parts: Collection[int], smallest: int) -> set[int]:
    """The small ones, none of something too. Then the next part, for as long as the whole, less the parts that are
    told, would tell a single one or a sum that is small; and the whole where no part is left.
    """
    hidden = {index for index, value in values.items() if value < smallest}
    while (small := hidden & set(of_parts)) and not hidden - small and set(values) - set(of_parts):
        if len(small) > 1 and sum(values[index] for index in small) >= smallest:
            break
        others = sorted(set(of_parts) - small, key=lambda index: values[index])
        hidden |= set(others[:1]) or set(values) - set(of_parts)
    return hidden


def _hide(series: Series, week: int) -> Series:
    points = list(series.points)
    points[week] = replace(points[week], value=0, masked=True)
    return replace(series, points=tuple(points))


def _series(kind: str, label: str, weeks: Sequence[datetime], values: Iterable[int]) -> Series:
    return Series(kind, label, tuple(Point(week, value) for week, value in zip(weeks, values, strict=True)))


def _joined(standing: Sequence[Standing]) -> list[Standing]:
    """Those that touch or overlap as one, by `first`."""
    earliest, *others = sorted(standing, key=attrgetter("first"))
    found = [earliest]
    for one in others:
        if one.first > found[-1].past:
            found.append(one)
        elif one.past > found[-1].past:
            found[-1] = found[-1]._replace(past=one.past)
    return found


def _totals(standing: Iterable[Standing], weeks: int) -> list[int]:
    more = [0] * (weeks + 1)
    for one in standing:
        more[one.first] += 1
        more[one.past] -= 1
    return list(accumulate(more))[:weeks]
