"""What was added around a patient since a visit, in one short list. Words and rules only: no I/O, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from terresante_platform.refusals import Invalid

from terresante_messaging.domain.hours import PARIS
from terresante_messaging.domain.notifications import Kind
from terresante_messaging.domain.people import ThreadId

LONGEST = timedelta(days=90)
MOST_LINES = 100
_CLOCKS_DIFFER = timedelta(minutes=5)


class PeriodInvalid(Invalid):
    """Not a time since which news are told."""

    reason = "PERIOD_INVALID"


class NewsKind(StrEnum):
    """What is new. The names are those of the contract."""

    DOCUMENT = "DOCUMENT"
    NOTE = "NOTE"
    OBSERVATION = "OBSERVATION"
    MESSAGE = "MESSAGE"
    ADMISSION = "ADMISSION"
    DISCHARGE = "DISCHARGE"
    MEMBER = "MEMBER"
    CONSENT = "CONSENT"
    EMERGENCY = "EMERGENCY"
    THRESHOLD = "THRESHOLD"


OF_NOTIFICATIONS: Mapping[Kind, NewsKind] = MappingProxyType(
    {
        Kind.DOCUMENT_PUBLISHED: NewsKind.DOCUMENT,
        Kind.NOTE_WRITTEN: NewsKind.NOTE,
        Kind.OBSERVATION_RECORDED: NewsKind.OBSERVATION,
        Kind.PATIENT_ADMITTED: NewsKind.ADMISSION,
        Kind.PATIENT_DISCHARGED: NewsKind.DISCHARGE,
        Kind.MEMBER_INVITED: NewsKind.MEMBER,
        Kind.MEMBER_REMOVED: NewsKind.MEMBER,
        Kind.CONSENT_RECORDED: NewsKind.CONSENT,
        Kind.CONSENT_WITHDRAWN: NewsKind.CONSENT,
        Kind.EMERGENCY_OPENED: NewsKind.EMERGENCY,
        Kind.EMERGENCY_CLOSED: NewsKind.EMERGENCY,
        Kind.THRESHOLD_CROSSED: NewsKind.THRESHOLD,
    }
)
"""Which notifications are news, and as what."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing, or several of a kind by the same hand on the same day."""

    kind: NewsKind
    actor: UUID | None
    about: UUID
    """The newest of them."""
    at: datetime
    thread: ThreadId | None = None
    count: int = 1
    urgent: bool = False


def since(asked: datetime | None, last_visit: datetime | None, now: datetime) -> datetime:
    """From when on: what is asked for, else the last visit; 90 days at most. Refuses with PERIOD_INVALID."""
    earliest = now - LONGEST
    if asked is None:
        return max(earliest, last_visit or earliest)
    if not earliest - _CLOCKS_DIFFER <= asked <= now + _CLOCKS_DIFFER:
        raise PeriodInvalid("Les nouveautés remontent à 90 jours au plus.", "Choisissez une date plus récente.")
    return asked


def grouped(things: Iterable[Line]) -> list[Line]:
    """One line for things of a kind, by the same hand, in the same thread, on the same day in Paris; newest first."""
    lines: dict[object, Line] = {}
    for one in sorted(things, key=lambda thing: (thing.at, thing.about)):
        alike = (one.kind, one.actor, one.thread, one.at.astimezone(PARIS).date())
        before = lines.pop(alike, None)
        if before is not None:
            lines[alike] = replace(one, count=one.count + before.count, urgent=one.urgent or before.urgent)
        else:
            lines[alike] = one
    return list(reversed(lines.values()))
