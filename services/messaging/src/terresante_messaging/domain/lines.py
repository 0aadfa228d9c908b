"""To whom an urgent message goes that nobody reads: the next in line. Rules only: no I/O, no clock.

The line: who stands in for those who are away; who is on call; every professional who may read it; then its author
learns that nobody has. Only who may read the message at that moment is ever told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from terresante_messaging.domain.people import Realm, Recipient

DELEGATES, ON_CALL, EVERYBODY, AUTHOR = 1, 2, 3, 4
"""The steps, in order."""


class State(StrEnum):
    """How it stands with an urgent message."""

    OPEN = "OPEN"
    READ = "READ"
    TAKEN_BACK = "TAKEN_BACK"
    EXHAUSTED = "EXHAUSTED"
    """The line is at its end, and its author was told."""


@dataclass(frozen=True, slots=True)
class Situation:
    """How it stands with an urgent message now."""

    author: Recipient
    readers: frozenset[Recipient]
    """Who may read it now."""
    mentioned: frozenset[Recipient] = frozenset()
    has_read: frozenset[Recipient] = frozenset()
    told: frozenset[Recipient] = frozenset()
    """By former steps."""
    away: Mapping[UUID, UUID] = field(default_factory=dict)
    """Professional -> who stands in for them now."""
    on_call: frozenset[UUID] = frozenset()

    def audience(self) -> frozenset[Recipient]:
        """For whom it is: those mentioned; else all professionals who may read it; its author never."""
        others = self.readers - {self.author}
        named = others & self.mentioned
        return named or frozenset(one for one in others if one.realm is Realm.PROFESSIONAL)

    def was_read(self) -> bool:
        """Whether somebody has read it, of those it was for and those told since."""
        return bool((self.audience() | self.told) & self.has_read)


@dataclass(frozen=True, slots=True)
class Step:
    """What is done next."""

    number: int
    recipients: frozenset[Recipient]
    instead_of: Mapping[Recipient, UUID] = field(default_factory=dict)


def next_step(situation: Situation, done: int) -> Step:
    """The next step that has somebody new to tell; `done`: the last one done, 0 for none. At the end, the author."""
    open_to = situation.readers - situation.told - {situation.author}
    for number in range(done + 1, AUTHOR):
        instead_of = delegates(situation) if number == DELEGATES else {}
        reached = {
            DELEGATES: frozenset(instead_of),
            ON_CALL: frozenset(Recipient(Realm.PROFESSIONAL, id) for id in situation.on_call),
            EVERYBODY: frozenset(one for one in situation.readers if one.realm is Realm.PROFESSIONAL),
        }[number]
        if reached & open_to:
            return Step(number, reached & open_to, instead_of)
    return Step(AUTHOR, frozenset({situation.author}))


def delegates(situation: Situation) -> dict[Recipient, UUID]:
    """Who stands in for those it is for and who are away, with in whose place."""
    return {
        Recipient(Realm.PROFESSIONAL, situation.away[one.id]): one.id
        for one in sorted(situation.audience())
        if one.realm is Realm.PROFESSIONAL and one.id in situation.away
    }
