"""One entry of the journal, and its bytes: canonical JSON (sorted keys, UTF-8, no blanks, nothing that is empty)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from terresante_consent.domain.decision import Decision
from terresante_consent.domain.facts import Facts, Question, of_true_flags, true_flags
from terresante_consent.domain.telling import Made, Told
from terresante_consent.domain.vocabulary import Action, Basis, Kind, Reason, Who

FIRST_PREVIOUS = b""
"""What stands before a patient's first entry."""


@dataclass(frozen=True, slots=True)
class Record:
    """What happened, before it has its place in the journal."""

    id: UUID
    at: datetime
    patient: UUID | None
    """None for the acts that come before there is a patient."""
    actor: UUID
    question: Question
    decision: Decision
    place: UUID | None = None
    structure: UUID | None = None
    resource: UUID | None = None
    about: UUID | None = None
    """Whom a change was about: member invited, professional blocked."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the journal as it is read back."""

    id: UUID
    at: datetime
    patient: UUID | None
    patient_sequence: int
    actor_kind: Who
    actor: UUID
    question: Question
    allowed: bool
    reasons: tuple[Reason, ...]
    basis: Basis | None
    facts: Facts
    policy_version: str
    place: str
    structure: str
    resource: str
    about: str

    @property
    def made(self) -> Made:
        """The decision that it says."""
        return Made(self.question, self.facts, self.allowed, self.reasons)

    def told(self, told: Told) -> "Entry":
        """As much of it as is told."""
        return replace(self, question=told.question, reasons=told.reasons)


def encoded(record: Record, patient_sequence: int, patient_previous: bytes) -> bytes:
    """The entry's bytes, with its place among the patient's: position from 1, and the hash of the one before."""
    decision, facts = record.decision, record.decision.facts
    leaf: dict[str, Any] = {
        "action": record.question.action.value,
        "actor": str(record.actor),
        "actor_kind": facts.who.value,
        "allowed": decision.allowed,
        "at": written(record.at),
        "entry": str(record.id),
        "policy": decision.policy_version,
    }
    for name, value in (
        ("about", record.about),
        ("basis", decision.basis),
        ("category", record.question.category),
        ("kind", record.question.kind),
        ("patient", record.patient),
        ("place", record.place),
        ("profession", facts.profession),
        ("resource", record.resource),
        ("structure", record.structure),
    ):
        if value:
            leaf[name] = str(value)
    if decision.reasons:
        leaf["reasons"] = [reason.value for reason in decision.reasons]
    flags = true_flags(facts)
    if flags:
        leaf["facts"] = flags
    if record.patient is not None:
        leaf["patient_sequence"] = patient_sequence
        leaf["patient_previous"] = patient_previous.hex()
    return orjson.dumps(leaf, option=orjson.OPT_SORT_KEYS)


def decoded(leaf: bytes) -> Entry:
    """The entry that these bytes say."""
    said: dict[str, Any] = orjson.loads(leaf)
    who = Who(said["actor_kind"])
    kind, basis, patient = said.get("kind"), said.get("basis"), said.get("patient")
    return Entry(
        id=UUID(said["entry"]),
        at=read(said["at"]),
        patient=UUID(patient) if patient else None,
        patient_sequence=said.get("patient_sequence", 0),
        actor_kind=who,
        actor=UUID(said["actor"]),
        question=Question(Action(said["action"]), Kind(kind) if kind else None, said.get("category", "")),
        allowed=said["allowed"],
        reasons=tuple(Reason(reason) for reason in said.get("reasons", ())),
        basis=Basis(basis) if basis else None,
        facts=of_true_flags(who, said.get("profession", ""), said.get("facts", [])),
        policy_version=said["policy"],
        place=said.get("place", ""),
        structure=said.get("structure", ""),
        resource=said.get("resource", ""),
        about=said.get("about", ""),
    )


def written(at: datetime) -> str:
    """A moment as the journal writes it: UTC, microseconds, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read(text: str) -> datetime:
    """The moment that `written` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
