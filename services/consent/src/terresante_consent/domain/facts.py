"""What a decision is made of: the question, and what was true of caller, patient and resource when it was asked."""

from dataclasses import dataclass
from typing import NamedTuple

from terresante_consent.domain.vocabulary import Action, Kind, Who


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be done. `category` is a key of the matrix, blank when no single one is meant."""

    action: Action
    kind: Kind | None = None
    category: str = ""


class Facts(NamedTuple):
    """What was true at that moment. Every default is the one that opens nothing."""

    who: Who
    profession: str = ""
    """Profession code; blank for who is not a professional."""

    # The caller
    strong_login: bool = False
    """Password and code, or a card (acr 2 or more)."""
    account_open: bool = False
    """Professionals and feeders: the directory knows the account, and it is not suspended."""
    practises: bool = False
    """Professionals only: the request is made from a place where the caller practises now."""
    health_professional: bool = False
    identity_officer: bool = False
    """Professionals only: holds a mandate of identity officer."""
    feeder: bool = False
    """Systems only: the directory registered it as one that feeds identities."""

    # The caller and the patient
    consent_in_force: bool = False
    blocked: bool = False
    member: bool = False
    """Active member of the circle in person."""
    member_agreed: bool = False
    """...and the patient agreed to that membership explicitly."""
    structure_member: bool = False
    """The structure of the place chosen is an active member of the circle."""
    structure_agreed: bool = False
    """...and the patient agreed to that membership explicitly."""
    emergency_open: bool = False
    is_patient: bool = False
    acts: bool = False
    """Represents the patient in everything: parent of a minor, guardian."""
    may_read: bool = False
    """Represents the patient, and may read."""
    may_manage: bool = False
    """Represents the patient, and may manage the circle."""
    within_mandate: bool = False
    """The patient's identity comes from where the caller is identity officer."""
    joined: bool = False
    """For identity the patient is one person with another patient: consents and blocks of both count (decision 0008).
    Decides nothing by itself: it says how `consent_in_force` and `blocked` came about."""

    # The resource
    own: bool = False
    """The caller's own: the document they wrote, their membership, the identity they registered."""
    has_own: bool = False
    """For lists: at least one of the things listed is the caller's own."""
    hidden_from_professionals: bool = False
    hidden_from_patient: bool = False
    hidden_from_representatives: bool = False
    by_law: bool = False
    """A representation that law or a judge settles (parent, guardian, curator), not the patient."""
    holds_issuer: bool = False
    """The numbers to be fed are those of an issuer that is the caller's."""

    # Conversations
    patient_writing: bool = False
    """The circle lets the patient write to it."""
    in_team: bool = False
    """Professionals only: practises in the structure whose team's messages are asked for."""


FLAGS: tuple[str, ...] = Facts._fields[2:]
"""Names of the facts that are true or false."""


_IN_ORDER: tuple[tuple[str, int], ...] = tuple(sorted((name, Facts._fields.index(name)) for name in FLAGS))


def by_name(facts: Facts) -> dict[str, str]:
    """Every fact with its value in words that travel: `true`, `false`, or the code itself."""
    flags = {name: str(getattr(facts, name)).lower() for name in FLAGS}
    return {"who": facts.who.value, "profession": facts.profession, **flags}


def true_flags(facts: Facts) -> list[str]:
    """Names of the facts that are true, sorted: how the journal keeps them."""
    return [name for name, place in _IN_ORDER if facts[place]]


def of_true_flags(who: Who, profession: str, true: list[str]) -> Facts:
    """The facts that the journal kept. A name that this version no longer knows is left out."""
    return Facts(who, profession, **{name: True for name in true if name in FLAGS})
