"""What is to be counted, as the directory asks, and what it is told."""

from datetime import date, timedelta

from terresante.messaging.v1 import messaging_service_pb2 as pb
from terresante_platform.ids import parsed
from terresante_platform.small_counts import Told

from terresante_messaging.domain.counting import Asked, CountInvalid, Span

_FIRST_DAY = date(1970, 1, 1)
_LAST_DAY = date(9000, 1, 1)


def asked(request: pb.CountMessagesRequest) -> Asked:
    """Refuses with ID_INVALID, COUNT_INVALID."""
    writers = [Span(parsed(one.professional_id, "writers"), one.first, one.past) for one in request.writers]
    return Asked(writers, _day(request.first_monday), request.weeks)


def count_to_proto(told: Told) -> pb.MessageCount:
    return pb.MessageCount(messages=told.value, masked=told.masked)


def _day(number: int) -> date:
    if not 0 <= number <= (_LAST_DAY - _FIRST_DAY).days:
        raise CountInvalid("Cette date n’existe pas.", "Indiquez une date valable.", field="first_monday")
    return _FIRST_DAY + timedelta(days=number)
