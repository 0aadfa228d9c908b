"""How somebody wants to be told: about what, by which way, when. Words and rules only: no I/O, no clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from terresante_platform.refusals import Invalid, Stale, Unknown

from terresante_messaging.domain.notifications import Kind

MOST_PORTALS = 20
MINUTES_A_DAY = 1440
LEAST_URGENT_MINUTES = 5


class PreferencesInvalid(Invalid):
    """A choice that cannot be kept; `field` says which."""

    reason = "PREFERENCES_INVALID"


class PortalUnknown(Unknown):
    """A chosen portal is none."""

    reason = "PORTAL_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "Un des portails choisis n’existe pas, ou n’existe plus.", "Choisissez parmi les portails proposés."
        )


class PreferencesStale(Stale):
    """They were changed since the caller read them."""

    def __init__(self) -> None:
        super().__init__(
            "Vos préférences ont été modifiées entre-temps ; rien n’a été enregistré.",
            "Relisez-les, puis refaites votre changement.",
        )


class Topic(StrEnum):
    """About what. The names are those of the contract."""

    MESSAGE = "MESSAGE"
    URGENT_MESSAGE = "URGENT_MESSAGE"
    MENTION = "MENTION"
    RECORD = "RECORD"
    STAY = "STAY"
    THRESHOLD = "THRESHOLD"
    STANDING = "STANDING"
    EMERGENCY = "EMERGENCY"
    ACCOUNT = "ACCOUNT"


class Channel(StrEnum):
    """By which way, besides the portal, which always tells."""

    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"


class Pace(StrEnum):
    """When mail leaves."""

    AT_ONCE = "AT_ONCE"
    HOURLY = "HOURLY"
    DAILY = "DAILY"


URGENT = frozenset({Topic.URGENT_MESSAGE, Topic.EMERGENCY})
"""What may break quiet hours."""
_TOPICS: Mapping[Kind, Topic] = {
    Kind.DOCUMENT_PUBLISHED: Topic.RECORD,
    Kind.NOTE_WRITTEN: Topic.RECORD,
    Kind.OBSERVATION_RECORDED: Topic.RECORD,
    Kind.PATIENT_ADMITTED: Topic.STAY,
    Kind.PATIENT_DISCHARGED: Topic.STAY,
    Kind.THRESHOLD_CROSSED: Topic.THRESHOLD,
    Kind.MENTIONED: Topic.MENTION,
    Kind.URGENT_UNREAD: Topic.URGENT_MESSAGE,
    Kind.EMERGENCY_OPENED: Topic.EMERGENCY,
    Kind.EMERGENCY_CLOSED: Topic.EMERGENCY,
    Kind.ACTIVATION_ISSUED: Topic.ACCOUNT,
}


def topic_of(kind: Kind) -> Topic:
    """What a notification of that kind is about; the rest is about one's standing."""
    return _TOPICS.get(kind, Topic.STANDING)


@dataclass(frozen=True, slots=True)
class Choice:
    """One topic's ways."""

    channels: frozenset[Channel] = frozenset()
    pace: Pace = Pace.AT_ONCE


PORTAL_ONLY = Choice()


@dataclass(frozen=True, slots=True)
class Preferences:
    """All of somebody's choices. Quiet hours: minutes after midnight in Europe/Paris, equal: none."""

    choices: Mapping[Topic, Choice] = field(default_factory=lambda: MappingProxyType({}))
    quiet_from: int = 0
    quiet_until: int = 0
    urgent_breaks_quiet: bool = True
    daily_hour: int = 8
    urgent_minutes: int = 0
    """0: the platform's."""
    portals: frozenset[UUID] = frozenset()
    version: int = 1
    """1: never chosen."""

    def choice(self, topic: Topic) -> Choice:
        """What was chosen for a topic; nothing but the portal if it was not named."""
        return self.choices.get(topic, PORTAL_ONLY)

    def wants(self, topic: Topic, channel: Channel) -> bool:
        """Whether to tell by that way too."""
        return channel in self.choice(topic).channels


def checked(wanted: Preferences, topics_given: Collection[Topic]) -> Preferences:
    """As they may be kept. Refuses with PREFERENCES_INVALID; `topics_given`: those named, in case one comes twice."""
    limits = (
        ("choices", len(set(topics_given)) == len(topics_given)),
        ("quiet_from", 0 <= wanted.quiet_from < MINUTES_A_DAY),
        ("quiet_until", 0 <= wanted.quiet_until < MINUTES_A_DAY),
        ("daily_hour", 0 <= wanted.daily_hour < 24),
        (
            "urgent_minutes",
            wanted.urgent_minutes == 0 or LEAST_URGENT_MINUTES <= wanted.urgent_minutes <= MINUTES_A_DAY,
        ),
        ("portal_ids", len(wanted.portals) <= MOST_PORTALS),
    )
    for name, holds in limits:
        if not holds:
            raise invalid(name)
    return wanted


def invalid(name: str) -> PreferencesInvalid:
    """The refusal that names the field."""
    return PreferencesInvalid(
        "Une de ces préférences n’est pas valable ; rien n’a été enregistré.",
        "Corrigez-la : un choix par sujet, des heures de Paris, un délai d’urgence de 5 à 1 440 minutes.",
        field=name,
    )


def changed(kept: Preferences, wanted: Preferences) -> Preferences:
    """The next version. Refuses with VERSION_STALE."""
    if wanted.version != kept.version:
        raise PreferencesStale
    return replace(wanted, version=kept.version + 1)
