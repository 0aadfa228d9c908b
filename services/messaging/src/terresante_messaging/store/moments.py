"""Ids that hold a moment, so that what is asked by time reads the partitions of that time only (RFC 9562, 5.7)."""

from datetime import UTC, datetime, timedelta
from secrets import randbits
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def least_id(at: datetime) -> UUID:
    """No id of that millisecond, or of a later one, is less."""
    return UUID(int=_milliseconds(at) << 80)


def id_at(at: datetime) -> UUID:
    """A new UUIDv7 of that millisecond."""
    return UUID(int=_milliseconds(at) << 80 | 0x7 << 76 | randbits(12) << 64 | 0b10 << 62 | randbits(62))


def _milliseconds(at: datetime) -> int:
    return max(0, (at - _EPOCH) // _MILLISECOND)
