"""The forms that inputs take: opaque ids, lines and texts without hidden marks, moments.

Each is a type to annotate fields with; what it refuses is told in French. Forms only: rules are the services'.
"""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_TEXT_MAY_HOLD = frozenset("\n\r\t\u200c\u200d")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1850, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
UUID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


class Input(BaseModel):
    """A body or query: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _without_hidden_marks(text: str) -> str:
    if any(unicodedata.category(character) in _HIDDEN for character in text):
        raise ValueError("Ce texte contient un caractère invisible ou de contrôle.")
    if text.strip() != text:
        raise ValueError("Ce texte commence ou finit par une espace.")
    return text


def _without_control_marks(text: str) -> str:
    if any(unicodedata.category(character) in _HIDDEN and character not in _TEXT_MAY_HOLD for character in text):
        raise ValueError("Ce texte contient un caractère invisible ou de contrôle.")
    return text


def _moment(value: object) -> datetime:
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("Une date et heure avec son fuseau est attendue (RFC 3339, par exemple 2026-03-02T08:15:00Z).")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("Cette date n’existe pas.") from None
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("Cette date est trop lointaine.")
    return moment


OpaqueId = Annotated[
    str,
    StringConstraints(pattern=UUID_PATTERN),
    Field(description="Identifiant opaque de la plateforme", examples=["0190f3c2-8a4e-7cc1-9d20-5b7e3f1a6c44"]),
]
"""An id as the platform gave it."""

Line = Annotated[str, AfterValidator(_without_hidden_marks)]
"""One line, without control, bidirectional or zero-width marks; bound its length with `Field`."""

Text = Annotated[str, AfterValidator(_without_control_marks)]
"""Several lines, without control or bidirectional marks; bound its length with `Field`."""

Moment = Annotated[datetime, BeforeValidator(_moment)]
"""RFC 3339 with its zone, between 1850 and 2199."""


def timestamp(moment: datetime) -> Timestamp:
    """A moment as protobuf writes it."""
    since = moment - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1000)


def read(stamp: Timestamp) -> datetime:
    """A protobuf timestamp, in UTC."""
    return datetime.fromtimestamp(stamp.seconds, UTC).replace(microsecond=stamp.nanos // 1000)
