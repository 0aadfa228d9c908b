"""Who may read a conversation now, whichever place they would choose: the decision, asked for everybody around it.

Each candidate is put into the worlds that their places of practice make, and the decision is asked in each; what one
of them allows, they may. How strong the login of their open stream is, its own door has checked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from terresante_consent.domain.conversations import Since, visible_from
from terresante_consent.domain.decision import Decision, decide
from terresante_consent.domain.facts import Facts, Question
from terresante_consent.domain.policy import Policy
from terresante_consent.domain.vocabulary import Action, Kind, Who

READING = Question(Action.READ_CONVERSATION, Kind.MESSAGE)
WRITING = Question(Action.WRITE_CONVERSATION, Kind.MESSAGE)
DIRECT = Question(Action.USE_DIRECT_MESSAGES)
TEAM = Question(Action.USE_TEAM_MESSAGES)
HEARING = Question(Action.HEAR_AS_PORTAL)


@dataclass(frozen=True, slots=True)
class Conversation:
    """By who could be in it: one of the three is set."""

    patient: UUID | None = None
    structure: UUID | None = None
    parties: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """One who may read, and from which moment on (None: from the beginning)."""

    id: UUID
    kind: Who
    visible_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What a professional is to a patient, by all of their places."""

    id: UUID
    facts: Facts
    """As from a place in a structure that is a member, if they have one; else from wherever they practise."""
    in_person: datetime | None
    by_structure: datetime | None
    """Since when the earliest structure that carries them is a member."""
    elsewhere: bool
    """They also practise in a structure that is no member."""


@dataclass(slots=True)
class Deciding:
    """Decides for many: worlds that are the same are decided once."""

    policy: Policy
    _made: dict[tuple[Question, Facts], Decision] = field(default_factory=dict)

    def decide(self, question: Question, facts: Facts) -> Decision:
        """As `decision.decide`."""
        made = self._made.get((question, facts))
        if made is None:
            made = self._made[question, facts] = decide(question, facts, self.policy)
        return made

    def around(self, candidates: Iterable[Around], sees_earlier: bool) -> list[Reader]:
        """Professionals who may read the conversations around a patient."""
        found = (self.reader(one, sees_earlier) for one in candidates)
        return [reader for reader in found if reader is not None]

    def reader(self, one: Around, sees_earlier: bool) -> Reader | None:
        """A professional, if they may read the conversations around a patient from one of their places; of several
        the best counts."""
        made = [(self.decide(READING, facts), since) for facts, since in _worlds(one, sees_earlier)]
        froms = [visible_from(decision, since) for decision, since in made if decision.allowed]
        if not froms:
            return None
        bounds = [at for at in froms if at is not None]
        return Reader(one.id, Who.PROFESSIONAL, min(bounds) if len(bounds) == len(froms) else None)

    def may_write(self, one: Around) -> bool:
        """Whether a professional may write in the conversations around a patient, from one of their places."""
        return any(self.decide(WRITING, facts).allowed for facts, _ in _worlds(one, False))

    def of_patient(self, patient: UUID, represented_by: Mapping[UUID, Facts]) -> list[Reader]:
        """The patient, and who represents them and may read."""
        persons = {patient: Facts(Who.PATIENT, strong_login=True, is_patient=True), **represented_by}
        return [Reader(id, Who.PATIENT) for id, facts in persons.items() if self.decide(READING, facts).allowed]

    def apart(self, question: Question, candidates: Iterable[tuple[UUID, Facts]]) -> list[Reader]:
        """Those of the candidates who may read what is about no patient."""
        return [Reader(id, facts.who) for id, facts in candidates if self.decide(question, facts).allowed]


def _worlds(one: Around, sees_earlier: bool) -> list[tuple[Facts, Since]]:
    """What is true of them from each of their places that makes a difference."""
    worlds = []
    if one.facts.structure_member:
        worlds.append((one.facts, Since(one.in_person, one.by_structure, sees_earlier)))
    if one.elsewhere:
        outside = one.facts._replace(structure_member=False, structure_agreed=False)
        worlds.append((outside, Since(one.in_person, None, sees_earlier)))
    return worlds
