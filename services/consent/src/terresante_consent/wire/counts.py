"""What is to be counted, as the directory asks, and what it is told."""

from datetime import UTC, datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.ids import IdInvalid
from terresante_platform.small_counts import Told

from terresante_consent.domain.counting import Asked, CountInvalid, Span

ID_BYTES = 16


def asked(request: pb.CountCareRequest) -> Asked:
    """Refuses with ID_INVALID, COUNT_INVALID."""
    return Asked([_span(one) for one in request.members], [_moment(one) for one in request.moments])


def to_proto(circles: Told, consents: Told) -> pb.CareCount:
    return pb.CareCount(
        circles=circles.value,
        circles_masked=circles.masked,
        consents=consents.value,
        consents_masked=consents.masked,
    )


def _span(told: pb.CareMember) -> Span:
    if len(told.id) != ID_BYTES:
        raise IdInvalid("Cet identifiant n’est pas valable.", "Donnez les 16 octets d’un UUID.", field="members")
    return Span(UUID(bytes=told.id), told.first, told.past)


def _moment(told: Timestamp) -> datetime:
    try:
        return told.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise CountInvalid("Cette date n’existe pas.", "Indiquez une date valable.", field="moments") from None
