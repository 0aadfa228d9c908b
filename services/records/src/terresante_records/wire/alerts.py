"""Stays and thresholds as they travel."""

from datetime import UTC, datetime
from typing import Any

from terresante.records.v1 import alert_service_pb2 as pb
from terresante_platform.ids import parsed

from terresante_records.domain.stays import Kind, Stay, StayId, StayKindInvalid
from terresante_records.domain.thresholds import Limits, Threshold, ThresholdId
from terresante_records.wire import parts

_KINDS: dict[int, Kind] = {
    int(number): Kind(name.removeprefix("STAY_KIND_")) for name, number in pb.StayKind.items() if number
}
_NUMBERS: dict[Kind, Any] = {kind: number for number, kind in _KINDS.items()}


def stay_id(text: str) -> StayId:
    """Refuses with ID_INVALID."""
    return StayId(parsed(text, "stay_id"))


def threshold_id(text: str) -> ThresholdId:
    """Refuses with ID_INVALID."""
    return ThresholdId(parsed(text, "threshold_id"))


def kind(number: int) -> Kind:
    """Refuses with STAY_KIND_INVALID."""
    known = _KINDS.get(number)
    if known is None:
        raise StayKindInvalid("La nature du séjour manque.", "Indiquez-la.", field="kind")
    return known


def date(message: Any, field: str) -> datetime | None:
    """The moment in that field; None when it is missing or out of the calendar."""
    if not message.HasField(field):
        return None
    try:
        at: datetime = getattr(message, field).ToDatetime(UTC)
    except (ValueError, OverflowError):
        return None
    return at


def stay_to_proto(stay: Stay) -> pb.Stay:
    """A stay."""
    by, left = stay.admitted, stay.discharged
    return pb.Stay(
        stay_id=str(stay.id),
        kind=_NUMBERS[stay.kind],
        place_id=str(by.place) if by.place else "",
        unit=stay.unit,
        until=parts.stamp(stay.ends) if stay.ends else None,
        admitted_by=str(by.author),
        discharged_by=str(left.author) if left else "",
        visibility=parts.visibility_to_proto(stay.visibility),
        version=stay.version,
        **{"from": parts.stamp(stay.begins)},  # a word of Python's
    )


def limits(request: pb.SetThresholdRequest) -> Limits:
    """The limits that are asked for, whatever they are."""
    return Limits(
        request.code,
        request.unit,
        request.low if request.HasField("low") else None,
        request.high if request.HasField("high") else None,
    )


def threshold_to_proto(threshold: Threshold) -> pb.Threshold:
    """A threshold."""
    limits, by = threshold.limits, threshold.set
    return pb.Threshold(
        threshold_id=str(threshold.id),
        code=limits.code,
        unit=limits.unit,
        low=limits.low,
        high=limits.high,
        set_by=str(by.author),
        set_at=parts.stamp(by.at),
    )
