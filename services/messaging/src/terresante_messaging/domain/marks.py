"""How far somebody has received and read a thread. Words and rules only: no I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from terresante_platform.refusals import Invalid

from terresante_messaging.domain.people import Recipient


class PlaceInvalid(Invalid):
    """Not a place of the thread."""

    reason = "PLACE_INVALID"

    def __init__(self) -> None:
        super().__init__("Cette place n’existe pas dans ce fil.", "Reprenez la place d’un message du fil.")


@dataclass(frozen=True, slots=True)
class Mark:
    """How far somebody has come. 0: nowhere yet."""

    who: Recipient
    received_up_to: int = 0
    read_up_to: int = 0
    received_at: datetime | None = None
    read_at: datetime | None = None


class StepKind(StrEnum):
    """What a step tells."""

    RECEIVED = "received"
    READ = "read"
    BEGAN = "began"
    """What lies up to there was not for them when they went on."""


@dataclass(frozen=True, slots=True)
class Step:
    """One going forward, as it is kept to tell when each message was received and read."""

    who: Recipient
    kind: StepKind
    up_to: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """Somebody by whom one message was received, and read."""

    who: Recipient
    received_at: datetime | None
    read_at: datetime | None


def forward(mark: Mark, received: int, read: int, last_place: int, at: datetime) -> Mark:
    """The mark moved on; it never goes back. What is read was received. Refuses with PLACE_INVALID."""
    if not (0 <= received <= last_place and 0 <= read <= last_place):
        raise PlaceInvalid
    received = max(received, read)
    further, later = received > mark.received_up_to, read > mark.read_up_to
    return Mark(
        mark.who,
        received if further else mark.received_up_to,
        read if later else mark.read_up_to,
        at if further else mark.received_at,
        at if later else mark.read_at,
    )


def steps(before: Mark, after: Mark, began_after: int) -> list[Step]:
    """What is kept of a going forward. `began_after`: the last place that they may not read."""
    kept = []
    if began_after > before.received_up_to and after.received_at is not None and after != before:
        kept.append(Step(after.who, StepKind.BEGAN, began_after, after.received_at))
    if after.received_up_to > before.received_up_to and after.received_at is not None:
        kept.append(Step(after.who, StepKind.RECEIVED, after.received_up_to, after.received_at))
    if after.read_up_to > before.read_up_to and after.read_at is not None:
        kept.append(Step(after.who, StepKind.READ, after.read_up_to, after.read_at))
    return kept


def receipts(place: int, author: Recipient, kept: Sequence[Step]) -> list[Receipt]:
    """Who received and read the message of that place, and when: at their first step that reached it. Not its author,
    and not who was let in after it was written."""
    found = []
    for who in sorted({step.who for step in kept} - {author}):
        reached = sorted((step for step in kept if step.who == who and step.up_to >= place), key=_in_time)
        began = [step.at for step in reached if step.kind is StepKind.BEGAN]
        times = {
            kind: next((s.at for s in reached if s.kind is kind and not any(at <= s.at for at in began)), None)
            for kind in (StepKind.RECEIVED, StepKind.READ)
        }
        if any(times.values()):
            found.append(Receipt(who, times[StepKind.RECEIVED], times[StepKind.READ]))
    return found


def _in_time(step: Step) -> tuple[datetime, int]:
    return step.at, step.up_to
