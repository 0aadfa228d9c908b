"""Opaque identifiers: UUIDv7, so that indexes grow at one end; and their parsing from text."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from terresante_platform.refusals import Invalid

__all__ = ["moment_of", "new_id", "parsed"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class IdInvalid(Invalid):
    """Text that is not an identifier of the platform."""

    reason = "ID_INVALID"


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562)."""
    return uuid7()


def moment_of(id: UUID) -> datetime:
    """The millisecond in which an id of ours was made (RFC 9562, 5.7)."""
    return _EPOCH + timedelta(milliseconds=id.int >> 80)


def parsed(text: str, field: str) -> UUID:
    """The id written in `text` (36 characters, canonical form). Refuses with ID_INVALID, naming the field."""
    try:
        value = UUID(text)
    except (ValueError, AttributeError, TypeError):
        value = None
    if value is None or str(value) != text.lower():
        raise IdInvalid(
            f"L’identifiant donné dans « {field} » n’est pas valide.",
            "Reprenez l’identifiant tel que la plateforme l’a donné (forme 8-4-4-4-12).",
            field=field,
        )
    return value
