"""Who takes care where and when, how many circles that makes and how many messages they write: counted by consent and
messaging, which alone know.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Standing(NamedTuple):
    """Somebody, or a structure, that is there at the moments from number `first` on, before number `past`.

    `label`: the part of the whole that they count for, such as a profession.
    """

    id: UUID
    label: str
    first: int
    past: int


@dataclass(frozen=True, slots=True)
class CareCount:
    """At one moment. None: fewer than the smallest count that is told."""

    circles: int | None
    consents: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """One count a moment. Under `smallest` none is told, and others are rounded down to multiples of `rounded_to`."""

    counts: tuple[CareCount, ...]
    smallest: int
    rounded_to: int


@dataclass(frozen=True, slots=True)
class CountedMessages:
    """One count a week; None: fewer than `smallest` professionals wrote. Others are rounded down to multiples of
    `rounded_to`.
    """

    counts: tuple[int | None, ...]
    smallest: int
    rounded_to: int


CountCircles = Callable[[Sequence[Standing], Sequence[datetime]], Awaitable[Counted | None]]
"""Circles with one of these as an active member, and consents in force there, at each moment; None: not known now."""

CountMessages = Callable[[Sequence[Standing], Sequence[datetime]], Awaitable[CountedMessages | None]]
"""Messages that these professionals wrote in each of the weeks that follow one another and begin then, while they were
there; None: not known now.
"""


async def not_known(_: Sequence[Standing], __: Sequence[datetime]) -> None:
    """For a directory that stands alone: nobody counts."""
