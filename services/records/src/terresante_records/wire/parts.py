"""What messages about documents, notes and observations have in common: ids, moments, visibility, pages."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.records.v1 import records_service_pb2 as pb
from terresante_platform.ids import parsed
from terresante_platform.refusals import Invalid

from terresante_records.domain.entries import MomentInvalid, PatientId, Visibility

MOST_ENTRIES = 100
ENTRIES = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_HIDDEN = Visibility()


class CursorInvalid(Invalid):
    """Not a cursor that was given with a page."""

    reason = "CURSOR_INVALID"


class LimitInvalid(Invalid):
    """Not a size of page."""

    reason = "LIMIT_INVALID"


def patient(text: str) -> PatientId:
    """Refuses with ID_INVALID."""
    return PatientId(parsed(text, "patient_id"))


def moment(message: Any, field: str) -> datetime:
    """The moment in that field. Refuses with DATE_INVALID when it is missing or out of the calendar."""
    try:
        if message.HasField(field):
            at: datetime = getattr(message, field).ToDatetime(UTC)
            return at
    except (ValueError, OverflowError):
        pass
    raise MomentInvalid("Il faut une date, et qu’elle existe.", "Donnez une date valable.", field=field)


def stamp(at: datetime) -> Timestamp:
    """A moment as it travels."""
    made = Timestamp()
    put_stamp(made, at)
    return made


def put_stamp(into: Timestamp, at: datetime) -> None:
    """The same, written into a message that exists: a page has a hundred, and by hand it is four times as fast as
    `FromDatetime`."""
    since = at - _EPOCH
    into.seconds = since.days * 86_400 + since.seconds
    into.nanos = since.microseconds * 1_000


def visibility(message: pb.Visibility) -> Visibility:
    """All false when unset."""
    return Visibility(
        message.hidden_from_professionals, message.hidden_from_patient, message.hidden_from_representatives
    )


def visibility_to_proto(visibility: Visibility) -> pb.Visibility:
    """As it travels."""
    made = pb.Visibility()
    put_visibility(made, visibility)
    return made


def put_visibility(into: pb.Visibility, visibility: Visibility) -> None:
    """The same, written into a message that exists."""
    into.SetInParent()
    if visibility != NOT_HIDDEN:
        into.hidden_from_professionals = visibility.hidden_from_professionals
        into.hidden_from_patient = visibility.hidden_from_patient
        into.hidden_from_representatives = visibility.hidden_from_representatives


def limit(asked: int) -> int:
    """How many entries a page has. Refuses with LIMIT_INVALID unless 0 (meaning 50) to 100."""
    if not 0 <= asked <= MOST_ENTRIES:
        raise LimitInvalid(f"Une page compte de 1 à {MOST_ENTRIES} éléments.", "Corrigez la taille demandée.")
    return asked or ENTRIES


def cursor(text: str) -> UUID | None:
    """The last id of the page before; None for the first page. Refuses with CURSOR_INVALID."""
    if not text:
        return None
    try:
        return UUID(hex=text)
    except ValueError:
        raise CursorInvalid(
            "Ce curseur n’est pas valable.", "Reprenez celui qui accompagnait la page précédente, ou recommencez."
        ) from None


def next_cursor(ids: list[UUID], size: int) -> tuple[int, str]:
    """How many of `ids`, read one too many, the page keeps, and where the next begins; blank if there is none."""
    return (size, ids[size - 1].hex) if len(ids) > size else (len(ids), "")
