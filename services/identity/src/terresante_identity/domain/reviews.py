"""Pairs of source identities that may be one person, and wait for a human to say so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, StrEnum, auto
from uuid import UUID

from terresante_platform.refusals import Conflict, Invalid, Unknown

from terresante_identity.domain.evidence import OTHER_INS, SAME_INS_OTHER_TRAITS, Candidate, Decision, Evidence
from terresante_identity.domain.identity import Person, PersonId
from terresante_identity.domain.ins import Ins
from terresante_identity.domain.linkage import ActId, ReviewId
from terresante_identity.domain.sources import Source, SourceId, places_of
from terresante_identity.domain.status import require_mergeable
from terresante_identity.domain.survivorship import number, outranks

LONGEST_COMMENT = 1_000
MOST_AT_ONCE = 5
"""Pairs proposed for one identity that came."""
GRAVE = frozenset({"TWINS", OTHER_INS, SAME_INS_OTHER_TRAITS})
SERIOUS = frozenset({"OTHER_NAME", "OTHER_DATE", "DOUBTFUL"})


class ReviewUnknown(Unknown):
    reason = "REVIEW_UNKNOWN"


class ReviewDecided(Conflict):
    reason = "REVIEW_DECIDED"


class VerdictInvalid(Invalid):
    reason = "REVIEW_VERDICT_INVALID"


class CommentInvalid(Invalid):
    reason = "COMMENT_INVALID"


class AssigneeInvalid(Invalid):
    reason = "ASSIGNEE_INVALID"


class SurvivorLessQualified(Conflict):
    reason = "SURVIVOR_LESS_QUALIFIED"


class ReviewState(StrEnum):
    """How far a pair is."""

    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"
    OVERTAKEN = "OVERTAKEN"  # no longer a question: one person by another act, or a trait changed


class Verdict(Enum):
    """What a human found."""

    SAME = auto()
    DISTINCT = auto()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two source identities, each with the version that was compared; always in the order of their ids."""

    source: SourceId
    source_version: int
    other: SourceId
    other_version: int


@dataclass(frozen=True, slots=True)
class Review:
    """A pair and what became of it. `risk`: 1 (a slip of the pen) to 3: what goes wrong if it is decided wrongly.

    `person` and `other_person` are whose the sources are now. `structures`, `territories`: where both come from.
    """

    id: ReviewId
    pair: Pair
    person: PersonId
    other_person: PersonId
    state: ReviewState
    risk: int
    evidence: Evidence
    structures: tuple[UUID, ...]
    territories: tuple[str, ...]
    created_at: datetime
    assigned_to: UUID | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    comment: str = ""
    act: ActId | None = None


@dataclass(frozen=True, slots=True)
class Mandate:
    """Where an officer may look: a pair is theirs when any of its structures or territories is."""

    structures: tuple[UUID, ...]
    territories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pairs. `assigned_to`: an officer, or False for nobody, or None for all. `after`: the last of the page
    before (risk, when, id).
    """

    state: ReviewState
    structure: UUID | None = None
    territory: str = ""
    assigned_to: UUID | bool | None = None
    least_risk: int = 1
    after: tuple[int, datetime, ReviewId] | None = None
    limit: int = 20


def opened(id: ReviewId, source: Source, other: Source, evidence: Evidence, at: datetime) -> Review:
    """A new question about two sources of two persons."""
    one, two = sorted((source, other), key=lambda some: some.id)
    structures, territories = places_of((one, two))
    return Review(
        id=id,
        pair=Pair(one.id, one.version.number, two.id, two.version.number),
        person=one.person,
        other_person=two.person,
        state=ReviewState.WAITING,
        risk=risk_of(evidence.vetoes),
        evidence=evidence,
        structures=tuple(structures),
        territories=tuple(territories),
        created_at=at,
    )


def risk_of(vetoes: Sequence[str]) -> int:
    """3: twins, or numbers that contradict the traits; 2: another name or date, or a doubt told; else 1."""
    if GRAVE.intersection(vetoes):
        return 3
    return 2 if SERIOUS.intersection(vetoes) else 1


def proposed(found: Sequence[Candidate], person: PersonId) -> list[Candidate]:
    """Candidates that a human must look at, best first, none of the person's own, at most `MOST_AT_ONCE`."""
    others = [one for one in found if one.person != person and one.evidence.decision is not Decision.NONE]
    return others[:MOST_AT_ONCE]


def require_waiting(review: Review) -> None:
    """Refuses with REVIEW_DECIDED."""
    if review.state is not ReviewState.WAITING:
        raise ReviewDecided(
            "Cette paire n’attend plus de décision.", "Rechargez la liste ; un acte se défait par son annulation."
        )


def decided(review: Review, state: ReviewState, act: ActId, by: UUID, at: datetime, comment: str) -> Review:
    """The pair after a human's decision."""
    require_waiting(review)
    return replace(review, state=state, act=act, decided_by=by, decided_at=at, comment=comment)


def require_comment(text: str) -> str:
    """Why something is done: 1 to 1,000 characters, without control characters but line ends."""
    printable = all(character.isprintable() or character == "\n" for character in text)
    if not text.strip() or len(text) > LONGEST_COMMENT or not printable:
        raise CommentInvalid(
            "Le motif est obligatoire.",
            f"Écrivez pourquoi, en {LONGEST_COMMENT} caractères au plus.",
            field="comment",
        )
    return text


def unknown_review() -> ReviewUnknown:
    """The refusal for an id that is no pair's."""
    return ReviewUnknown("Cette paire n’est pas connue.", "Rechargez la liste des doutes.")


def survivor_of(one: Person, other: Person) -> tuple[Person, Person]:
    """(survivor, absorbed): who is more to be trusted stays; of two alike, the older."""
    if outranks(other.standing.status, one.standing.status):
        return other, one
    if outranks(one.standing.status, other.standing.status):
        return one, other
    first, second = sorted((one, other), key=lambda person: (person.created_at, person.id))
    return first, second


def require_may_absorb(survivor: Person, absorbed: Person) -> None:
    """Refuses with IDENTITY_TWO_ACTIVE_INS, SURVIVOR_LESS_QUALIFIED: a merge never loses what was verified."""
    require_one_ins(survivor.ins, absorbed.ins)
    if outranks(absorbed.standing.status, survivor.standing.status):
        raise SurvivorLessQualified(
            "La personne gardée serait la moins bien identifiée des deux.",
            "Fusionnez dans l’autre sens : gardez celle dont le statut est le plus élevé.",
            rule="RNIV, fusion",
        )


def require_one_ins(ours: Ins | None, theirs: Ins | None) -> None:
    """Refuses with IDENTITY_TWO_ACTIVE_INS two different numbers; the same with another key is the same."""
    if ours is not None and theirs is not None and number(ours) != number(theirs):
        require_mergeable(ours, theirs)
