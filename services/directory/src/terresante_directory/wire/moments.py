"""Moments, spans and reasons as callers write them."""

from datetime import UTC, datetime
from typing import Any, Protocol

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory.domain.acts import moment, moment_invalid
from terresante_directory.domain.facts import Moment


class Dated(Protocol):
    """A request that names a moment, and whose knowledge is asked."""

    @property
    def at(self) -> Timestamp: ...
    @property
    def known_at(self) -> Timestamp: ...
    def HasField(self, field_name: Any, /) -> bool: ...


def starting(request: Message, now: datetime) -> datetime:
    """From when a change holds (field `from`): now if it does not say. Raises `MomentInvalid`."""
    return moment(_datetime(getattr(request, "from")) if request.HasField("from") else None, now)


def asked_moment(request: Dated, now: datetime) -> Moment:
    """Raises `MomentInvalid`."""
    at = moment(_datetime(request.at) if request.HasField("at") else None, now)
    return Moment(at, moment(_datetime(request.known_at), now) if request.HasField("known_at") else None)


def since(request: pb.ListStaleOffersRequest, unsaid: datetime, now: datetime) -> datetime:
    """The field `since`. Raises `MomentInvalid`."""
    return moment(_datetime(request.since) if request.HasField("since") else unsaid, now)


def _datetime(told: Timestamp) -> datetime:
    try:
        return told.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise moment_invalid() from None
