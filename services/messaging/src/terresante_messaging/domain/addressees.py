"""Which way to take to reach somebody for a patient, best first. Rules only: no I/O, no clock.

A way that failed since it last worked comes after all others; one seen to work in the last thirty days comes before one
that was not; then the kind of way decides (on call, the circle's thread, a direct thread, a secure mailbox), then which
was seen to work last. Among addressees: who is there before who is away, then who was seen last.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from uuid import UUID

from terresante_messaging.domain.people import ThreadId

RECENT = timedelta(days=30)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class WayKind(IntEnum):
    """Kinds of ways, the quickest to be answered first."""

    ON_CALL = 1
    CIRCLE_THREAD = 2
    DIRECT_THREAD = 3
    SECURE_MAILBOX = 4


@dataclass(frozen=True, slots=True)
class Way:
    """A way to reach somebody."""

    kind: WayKind
    thread: ThreadId | None = None
    professional: UUID | None = None
    address: str = ""
    fresh_at: datetime | None = None
    """When it was last seen to work."""
    failed_at: datetime | None = None
    """When it last failed."""

    def fails(self) -> bool:
        """Whether it failed since it last worked."""
        return self.failed_at is not None and (self.fresh_at is None or self.fresh_at <= self.failed_at)


@dataclass(frozen=True, slots=True)
class Addressee:
    """A professional or a structure, with the ways."""

    professional: UUID | None
    structure: UUID | None
    ways: tuple[Way, ...]
    away: bool = False
    delegate: UUID | None = None


def ranked(addressees: Iterable[Addressee], now: datetime) -> list[Addressee]:
    """Best first, each with its ways best first. Who has no way is left out."""
    with_ways = [replace(one, ways=tuple(sorted(one.ways, key=lambda way: _rank(way, now)))) for one in addressees]
    return sorted(
        (one for one in with_ways if one.ways), key=lambda one: (one.away, *_rank(one.ways[0], now), _id(one))
    )


def _rank(way: Way, now: datetime) -> tuple[bool, bool, int, float, str]:
    seen = way.fresh_at or _NEVER
    return way.fails(), now - seen > RECENT, way.kind, (_NEVER - seen).total_seconds(), way.address


def _id(addressee: Addressee) -> str:
    return str(addressee.professional or addressee.structure)
