"""Days that people type and read, in Paris, as the moments that services take and give."""

from datetime import UTC, date, datetime, time

from google.protobuf.timestamp_pb2 import Timestamp
from terresante_platform.refusals import Invalid

from terresante_directory.workbench.words import PARIS


class DayInvalid(Invalid):
    """A day that is not one, or that no directory knows."""

    reason = "DAY_INVALID"


def beginning(text: str) -> Timestamp | None:
    """The beginning of a typed day (YYYY-MM-DD) in Paris; None for blank. Raises `DayInvalid`."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
        moment = datetime.combine(day, time(), PARIS).astimezone(UTC)
    except (ValueError, OverflowError):
        raise DayInvalid("Cette date n’existe pas.", "Écrivez-la ainsi : 2027-01-31.") from None
    told = Timestamp()
    told.FromDatetime(moment)
    return told
