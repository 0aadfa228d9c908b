"""Who is asked for, who that may be, and why: what comparing two identities says. Words only; `matcher` finds them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

# Vetoes that are not read off the traits; those are named in `matching.deciding.Veto`.
DOUBTFUL, OTHER_INS = "DOUBTFUL", "OTHER_INS"
SAME_INS_OTHER_TRAITS, RIVAL = "SAME_INS_OTHER_TRAITS", "RIVAL"


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody's traits as text, and what is claimed of their status. Never printed.

    Texts as issuers send them, "" for what is not known: `first_names` all birth first names, the first one first;
    `birth_date` YYYY-MM-DD, YYYY-MM, YYYY, an impossible day included; `sex` M or F; `birth_place` a COG code, or
    ISO country:postal code. `ins`: matricule and OID as one text, equal exactly if the INS is. `qualified`: INS and
    document checked (QUAL). `flagged`: doubtful, fictitious or homonym. `but_source`: a source that is no candidate,
    because it is the one asked for.
    """

    birth_name: str = field(default="", repr=False)
    first_names: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    birth_place: str = field(default="", repr=False)
    ins: str | None = field(default=None, repr=False)
    qualified: bool = False
    flagged: bool = False
    but_source: UUID | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a source is looked up by, and whose it is."""

    source: UUID
    person: UUID
    asked: Asked


class Decision(StrEnum):
    """What is done with a candidate: nothing, shown to a human, or linked."""

    NONE = "NONE"
    REVIEW = "REVIEW"
    AUTO = "AUTO"


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of an explanation: trait or joint level, the level found, and what it adds to the score (ln of odds)."""

    of: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why two identities are thought to be one, or not. No trait is in it.

    `score`: ln of the odds, the exact sum of the weights of `reasons`. `vetoes`: what forbids a link without a human.
    `model`: version of the weights; `policy`: strict, suggest or auto. `same_ins`: equal INS and strict traits, for
    which no score is needed (R-ID6, R-ID11).
    """

    score: float
    reasons: tuple[Reason, ...]
    decision: Decision
    vetoes: tuple[str, ...]
    model: str
    policy: str
    same_ins: bool = False

    def to_document(self) -> dict[str, Any]:
        """As JSON; reasons as [of, level, weight]."""
        return {
            "score": self.score,
            "reasons": [[reason.of, reason.level, reason.weight] for reason in self.reasons],
            "decision": self.decision.value,
            "vetoes": list(self.vetoes),
            "model": self.model,
            "policy": self.policy,
            "same_ins": self.same_ins,
        }

    @classmethod
    def of_document(cls, document: dict[str, Any]) -> Self:
        """From what `to_document` gave."""
        return cls(
            score=float(document["score"]),
            reasons=tuple(Reason(of, level, float(weight)) for of, level, weight in document["reasons"]),
            decision=Decision(document["decision"]),
            vetoes=tuple(document["vetoes"]),
            model=document["model"],
            policy=document["policy"],
            same_ins=document["same_ins"],
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who may be meant: the source of theirs that is most alike, and why."""

    source: UUID
    person: UUID
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Candidates:
    """Of one look-up: best first, one per person, at most ten. `capped`: keys left out because too many share their
    value; somebody unlike in all else may be missing.
    """

    found: tuple[Candidate, ...]
    capped: tuple[str, ...]
