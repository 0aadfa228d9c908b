"""Where something is, and how it is reached."""

from collections.abc import Iterable

from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory.domain.positions import Position
from terresante_directory.domain.telecoms import Telecom


def typed_telecoms(told: Iterable[pb.Telecom]) -> tuple[Telecom, ...]:
    """As they were typed."""
    return tuple(Telecom(one.channel, one.value, one.label, one.confidentiality) for one in told)


def telecoms_to_proto(telecoms: Iterable[Telecom]) -> list[pb.Telecom]:
    return [
        pb.Telecom(channel=one.channel, value=one.value, label=one.label, confidentiality=one.confidentiality)
        for one in telecoms
    ]


def position(told: pb.Position) -> Position:
    return Position(told.latitude, told.longitude)


def position_to_proto(where: Position | None) -> pb.Position | None:
    return pb.Position(latitude=where.latitude, longitude=where.longitude) if where else None
