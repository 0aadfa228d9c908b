"""Why two identities are thought to be one, in the words of an identity officer. The words are in `data/evidence.json`:
one for each level of the identity service, which `tests/contracts/test_evidence_words.py` compares.
"""

from collections.abc import Iterable
from importlib.resources import files
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from terresante.identity.v1 import linkage_service_pb2 as pb

from terresante_gateway.codes import codes_of

Decision = Literal["none", "review", "auto"]
DECISIONS = codes_of(pb.MatchDecision, "MATCH_DECISION_")
REGISTRY = "registry"


class Compared(Struct):
    """What is compared: its French name, and what each level means."""

    label: str
    levels: dict[str, str]


class Words(Struct):
    """All words, by code."""

    reasons: dict[str, Compared]
    vetoes: dict[str, str]
    warnings: dict[str, str]


WORDS = msgspec.json.decode((files(__package__) / "data" / "evidence.json").read_bytes(), type=Words)


class Remark(Struct):
    """Un constat : son code pour les programmes, son sens pour les personnes."""

    code: Annotated[str, Meta(examples=["OTHER_NAME"])]
    label: Annotated[str, Meta(description="En français")]


class EvidenceReason(Struct):
    """Une ligne de l’explication."""

    of: Annotated[str, Meta(description="Le trait, ou les traits ensemble", examples=["birth_name"])]
    level: Annotated[str, Meta(description="Le niveau trouvé", examples=["ONE_EDIT"])]
    weight: Annotated[float, Meta(description="Ce qu’il ajoute au score", examples=[4.25])]
    text: Annotated[str, Meta(description="En français", examples=["Nom de naissance : une lettre de différence"])]

    @classmethod
    def of_message(cls, reason: pb.Reason) -> "EvidenceReason":
        """From identity's message."""
        return cls(reason.of, reason.level, reason.weight, reason_text(reason.of, reason.level))


class Evidence(Struct):
    """Pourquoi deux identités paraissent, ou non, être une seule personne."""

    score: Annotated[
        float, Meta(description="Somme des poids : logarithme naturel des chances contre une", examples=[14.5])
    ]
    decision: Annotated[Decision, Meta(description="auto : lien sans humain ; review : à regarder ; none : rien")]
    same_ins: Annotated[bool, Meta(description="Même INS et traits stricts égaux : le score n’était pas nécessaire")]
    vetoes: Annotated[list[Remark], Meta(description="Ce qui interdit de lier sans humain")]
    reasons: list[EvidenceReason]
    model: Annotated[str, Meta(description="Version des poids", examples=["1"])]
    policy: Annotated[str, Meta(description="strict, suggest ou auto", examples=["auto"])]

    @classmethod
    def of(cls, evidence: pb.Evidence) -> "Evidence":
        """From identity's message."""
        return cls(
            evidence.score,
            DECISIONS.word.get(evidence.decision, "none"),
            evidence.same_ins,
            remarks(evidence.vetoes, WORDS.vetoes),
            [EvidenceReason.of_message(reason) for reason in evidence.reasons],
            evidence.model,
            evidence.policy,
        )


def remarks(codes: Iterable[str], known: dict[str, str]) -> list[Remark]:
    """Codes with their words. A code that is younger than this gateway stands for itself."""
    return [Remark(code, known.get(code, code)) for code in codes]


def reason_text(of: str, level: str) -> str:
    """One line in French. What is younger than this gateway stands for itself."""
    compared = WORDS.reasons.get(of)
    if compared is None:
        return f"{of} : {level}"
    if of == REGISTRY and level.isdecimal():
        people = f"{int(level):,}".replace(",", "\u202f")
        return f"{compared.label} : {people}"
    return f"{compared.label} : {compared.levels.get(level, level)}"
