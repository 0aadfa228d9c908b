"""Webhooks of portals: what is told, when it is tried again or given up. Words and rules only: no I/O, no clock.

A delivery is one entry of the log for one recipient to one webhook. It waits until it is sent, is parked after three
days of trying, or is withheld when its recipient may be told no more.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, Denied, Invalid, Stale, Unknown

from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.notifications import Kind
from terresante_messaging.domain.people import NotificationId, Recipient
from terresante_messaging.domain.preferences import Topic, topic_of

WebhookId = NewType("WebhookId", UUID)
PortalId = NewType("PortalId", UUID)
"""The system whose webhook it is."""
DeliveryId = NewType("DeliveryId", UUID)

AT_MOST = 5
"""Webhooks of one portal."""
LABEL_AT_MOST = 80
"""Characters."""
TRIED_FOR = timedelta(days=3)
REPLAYED_FOR = timedelta(days=14)
FORMER_SECRET_FOR = timedelta(days=1)
PROBED_AFTER = 3
"""Failures in a row after which a webhook is tried with one delivery at a time."""
_FIRST, _LONGEST, _LONGEST_PROBE = timedelta(seconds=5), timedelta(hours=4), timedelta(minutes=5)

TOLD = frozenset(EntryKind) - {EntryKind.THREAD_MARKED}
"""What webhooks tell. How far somebody has read is not told so: each reading by each of a circle would be one delivery
to each of them. The stream and the feed tell it."""


class WebhookUnknown(Unknown):
    """No such webhook among the caller's."""

    reason = "WEBHOOK_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("Ce webhook n’existe pas, ou n’est pas le vôtre.", "Reprenez son identifiant dans la liste.")


class DeliveryUnknown(Unknown):
    """No such delivery of this webhook, or what it tells of is kept no more."""

    reason = "DELIVERY_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "Un de ces envois n’existe pas, ou n’est plus conservé.", "Reprenez les identifiants dans la liste."
        )


class WebhooksTooMany(Conflict):
    """The portal has as many as it may."""

    reason = "WEBHOOKS_TOO_MANY"

    def __init__(self) -> None:
        super().__init__(f"Un portail a au plus {AT_MOST} webhooks.", "Supprimez-en un d’abord.")


class LabelInvalid(Invalid):
    """Not a label that people could choose the portal by."""

    reason = "LABEL_INVALID"


class UrlInvalid(Invalid):
    """Not an address that something could be sent to."""

    reason = "URL_INVALID"


class UrlForbidden(Denied):
    """An address that nothing is sent to: private, loopback, reserved, or in clear."""

    reason = "URL_FORBIDDEN"


class PeriodInvalid(Invalid):
    """A moment to begin from that is in the future, or too long ago."""

    reason = "PERIOD_INVALID"


class WebhookChanged(Stale):
    """Somebody changed it since."""

    reason = "VERSION_STALE"

    def __init__(self) -> None:
        super().__init__("Ce webhook a changé depuis que vous l’avez lu.", "Relisez-le, puis recommencez.")


class DeliveryState(StrEnum):
    """How far a delivery is. The names are those of the contract."""

    WAITING = "WAITING"
    SENT = "SENT"
    PARKED = "PARKED"
    WITHHELD = "WITHHELD"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A portal's address, with how it is."""

    id: WebhookId
    portal: PortalId
    url: str
    label: str
    paused: bool
    registered_at: datetime
    version: int
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: str = ""
    """Machine-readable; blank if the last try went well."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What has not been sent of one webhook."""

    waiting: int = 0
    parked: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One entry for one recipient, to one webhook."""

    id: DeliveryId
    event: str
    state: DeliveryState
    attempts: int
    at: datetime
    """When it happened."""
    next_try_at: datetime | None
    done_at: datetime | None
    last_failure: str


def label(text: str) -> str:
    """A label without spaces around it. Refuses with LABEL_INVALID: 1 to 80 printable characters."""
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= LABEL_AT_MOST or not trimmed.isprintable():
        raise LabelInvalid(
            f"Le nom du portail compte de 1 à {LABEL_AT_MOST} caractères imprimables.",
            "Donnez le nom que les personnes liront en choisissant ce portail.",
            field="label",
        )
    return trimmed


def since(moment: datetime, now: datetime) -> datetime:
    """From when on all is sent again. Refuses with PERIOD_INVALID: not in the future, at most 14 days ago."""
    if not now - REPLAYED_FOR <= moment <= now:
        raise PeriodInvalid(
            "Le renvoi porte sur les 14 derniers jours.", "Donnez un moment de ces 14 jours.", field="since"
        )
    return moment


def event_name(kind: EntryKind) -> str:
    """As portals read it: `message_posted`."""
    return kind.value.lower()


def topic(what: NewEntry, kinds: Mapping[NotificationId, Kind]) -> Topic | None:
    """By which of their choices somebody is told of it or not; None for what goes to whoever chose the portal: without
    it the portal would show what is no longer so. `kinds`: of the notifications that still exist."""
    if what.kind is EntryKind.MESSAGE_POSTED:
        return Topic.URGENT_MESSAGE if what.urgent else Topic.MESSAGE
    kind = kinds.get(what.notification) if what.notification is not None else None
    return None if kind is None else topic_of(kind)


def delivery_id(webhook: WebhookId, entry: UUID, recipient: Recipient) -> DeliveryId:
    """Always the same for the same three: an entry that comes twice is one delivery, and the receiver knows it again.

    UUIDv8 (RFC 9562, 5.8) that begins with the entry's time, so that ids are in the order of entries.
    """
    said = webhook.bytes + entry.bytes + recipient.realm.value.encode() + recipient.id.bytes
    value = bytearray(entry.bytes[:6] + hashlib.sha256(said).digest()[:10])
    value[6] = 0x80 | value[6] & 0x0F
    value[8] = 0x80 | value[8] & 0x3F
    return DeliveryId(UUID(bytes=bytes(value)))


def next_try(attempts: int, chance: float) -> timedelta:
    """How long to wait after that many tries: 5 s, then twice as long each time, up to 4 h; a fifth more or less by
    `chance` (0 to 1), so that what failed together does not come back together."""
    return _doubled(_FIRST, attempts - 1, _LONGEST) * (0.8 + 0.4 * chance)


def asked_wait(retry_after: str, now: datetime) -> timedelta:
    """How long the other side asks to be left alone (Retry-After: seconds, or a date; RFC 9110, 10.2.3), as far as it
    is heard: up to 4 h. Nothing for what cannot be read, or is past."""
    if retry_after.isascii() and retry_after.isdecimal():
        return min(_LONGEST, timedelta(seconds=int(retry_after[:9])))
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return timedelta()
    if until.tzinfo is None:
        return timedelta()
    return max(timedelta(), min(_LONGEST, until - now))


def next_probe(failures: int) -> timedelta:
    """How long a webhook is left alone after that many failures in a row: nothing before the third, then 5 s, twice as
    long each time, up to 5 minutes."""
    if failures < PROBED_AFTER:
        return timedelta()
    return _doubled(_FIRST, failures - PROBED_AFTER, _LONGEST_PROBE)


def _doubled(first: timedelta, times: int, most: timedelta) -> timedelta:
    return min(most, first * (1 << min(times, 20)))
