"""A person as the region shows them: what is created, found again, and changed (their sources: `sources`)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, Invalid, Refusal, Stale, Unknown

from terresante_identity.domain.ins import Ins
from terresante_identity.domain.status import (
    Change,
    Effect,
    Event,
    Flag,
    Standing,
    after,
    require_validation_mode,
    traits_differ,
    with_flags,
)
from terresante_identity.domain.traits import Traits, overwritten_by_insi, strict_differences

PersonId = NewType("PersonId", UUID)
ProfessionalId = NewType("ProfessionalId", UUID)
# Issuer of the identities that people type on the platform; hospitals and practices will have theirs.
PLATFORM_ISSUER = "urn:terresante:identity"
INSI_ONE, INSI_NONE, INSI_SEVERAL = "00", "01", "02"


class PersonUnknown(Unknown):
    reason = "PERSON_UNKNOWN"


class PersonChangedSince(Stale):
    reason = "VERSION_STALE"


class PersonMerged(Conflict):
    reason = "PERSON_MERGED"


class InsiCodeUnknown(Invalid):
    reason = "INS_ANSWER_CODE_UNKNOWN"


class InsHeldByAnother(Conflict):
    reason = "INS_HELD_BY_ANOTHER"


class InsiAnswerIncomplete(Invalid):
    reason = "INS_ANSWER_INCOMPLETE"


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the region knows them. `version` grows by one with each change.

    `merged_into`: the person that this one became, with all its sources; what else is said of it is as last shown.
    """

    id: PersonId
    traits: Traits
    standing: Standing
    ins: Ins | None
    version: int
    created_at: datetime
    registered_by: ProfessionalId
    merged_into: PersonId | None = None

    def __post_init__(self) -> None:
        if self.standing.retrieved != (self.ins is not None):
            raise ValueError("R-ID7: an INS is present exactly if it was retrieved")


def registered(id: PersonId, traits: Traits, standing: Standing, ins: Ins | None, by: UUID, at: datetime) -> Person:
    """A new person. `by`: opaque id of the professional or feeder whose act made them."""
    return Person(id, traits, standing, ins, version=1, created_at=at, registered_by=ProfessionalId(by))


def require_unmerged(person: Person) -> None:
    """Refuses with PERSON_MERGED who has become another person; `details.person` says whom."""
    if person.merged_into is not None:
        raise PersonMerged(
            "Cette personne a été fusionnée avec une autre.",
            "Reprenez avec la personne qu’elle est devenue.",
            person=str(person.merged_into),
        )


def require_version(person: Person, version: int) -> None:
    """Refuses a change that was decided on an older state."""
    if person.version != version:
        raise PersonChangedSince(
            "Cette identité a été modifiée depuis que vous l’avez lue.",
            "Relisez-la, vérifiez que votre changement vaut encore, et recommencez.",
        )


def check_document(person: Person, shown: Traits, validation_mode: str) -> Person:
    """A high-trust document was seen (fact C): its strict traits must be those of the identity (EXI ID
    19).
    """
    require_validation_mode(validation_mode)
    change = after(person.standing, Event.DOCUMENT_EQUAL)
    if differing := strict_differences(person.traits, shown):
        raise traits_differ(differing)
    return _changed(person, change)


@dataclass(frozen=True, slots=True)
class InsiAnswer:
    """What the INSi teleservice answered, and whether the user accepted it. `ins` and `traits` only with code
    00.
    """

    code: str
    ins: Ins | None = None
    traits: Traits | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class InsiOutcome:
    """The person after an answer.

    `anomaly`: a human must look. `differing`: names of the strict traits that are not equal. `refusal`: what the caller
    is told once the answer has been kept, because every call to INSi is traced (R-ID12).
    """

    person: Person
    anomaly: bool = False
    differing: tuple[str, ...] = ()
    refusal: Refusal | None = None


def record_insi_answer(person: Person, answer: InsiAnswer, holder: PersonId | None = None) -> InsiOutcome:
    """Fact I, when there is exactly one answer (R-ID9) that is equal or accepted (R-ID11).

    `holder`: the person who already has the answer's matricule, if any: two people never share one. An outcome with a
    refusal leaves the person unchanged. Raises INS_ANSWER_..., IDENTITY_FLAGGED.
    """
    event, differing = _insi_event(person, answer)
    change = after(person.standing, event)
    if change.effects & {Effect.ANOMALY, Effect.REFUSED}:
        return InsiOutcome(person, Effect.ANOMALY in change.effects, differing, traits_differ(differing))
    if Effect.TAKE_INS in change.effects and holder not in {None, person.id}:
        return InsiOutcome(person, True, differing, _held_by_another())
    return InsiOutcome(_changed(person, change, answer), differing=differing)


def _held_by_another() -> InsHeldByAnother:
    return InsHeldByAnother(
        "Une autre identité porte déjà ce matricule INS : rien n’a été changé.",
        "Il s’agit peut-être d’un doublon : la cellule d’identitovigilance doit trancher.",
        rule="RNIV, doublons",
    )


def _insi_event(person: Person, answer: InsiAnswer) -> tuple[Event, tuple[str, ...]]:
    if answer.code in {INSI_NONE, INSI_SEVERAL}:
        return (Event.INSI_NONE if answer.code == INSI_NONE else Event.INSI_SEVERAL), ()
    if answer.code != INSI_ONE:
        raise InsiCodeUnknown(
            "INSi ne répond que 00 (une identité), 01 (aucune) ou 02 (plusieurs).",
            "Recopiez le code de la réponse (CR/CodeCR).",
            field="code",
            rule="R-ID9",
        )
    if answer.ins is None or answer.traits is None:
        raise InsiAnswerIncomplete(
            "Une réponse 00 porte le matricule, son OID et les traits (R-ID7).",
            "Recopiez la réponse entière.",
            field="ins_matricule",
            rule="R-ID7",
        )
    differing = strict_differences(person.traits, answer.traits)
    if not differing:
        return Event.INSI_EQUAL, ()
    return (Event.INSI_DIFFERENT_ACCEPTED if answer.accepted else Event.INSI_DIFFERENT), differing


def flag(person: Person, flags: Iterable[Flag]) -> Person:
    """The attributes become exactly these (EXI SI 09)."""
    return _changed(person, with_flags(person.standing, frozenset(flags)))


def _changed(person: Person, change: Change, answer: InsiAnswer | None = None) -> Person:
    ins, traits = person.ins, person.traits
    if Effect.DROP_INS in change.effects:
        ins = None
    if answer is not None and answer.traits is not None and Effect.TAKE_INS in change.effects:
        ins = answer.ins
        if Effect.TAKE_TRAITS in change.effects:
            traits = overwritten_by_insi(traits, answer.traits)
    unchanged = (ins, traits, change.standing) == (person.ins, person.traits, person.standing)
    if unchanged:
        return person
    return replace(person, ins=ins, traits=traits, standing=change.standing, version=person.version + 1)
