"""The care circle: who is around a patient (R-CDS1: one per patient; R-CON6: a structure may be a member)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, Invalid, Unknown, Unprocessable

from terresante_consent.domain.consents import Form, check_version
from terresante_consent.domain.vocabulary import PersonId, ProfessionalId, StructureId

MemberId = NewType("MemberId", UUID)


class UnknownCircle(Unknown):
    """No consent was ever recorded for this patient, so there is no circle."""

    reason = "CIRCLE_UNKNOWN"


class UnknownMember(Unknown):
    """No such membership in this circle, or nobody known to the directory."""

    reason = "MEMBER_UNKNOWN"


class MemberAlready(Conflict):
    """Is an active member already."""

    reason = "MEMBER_ALREADY"


class MemberAlreadyRemoved(Conflict):
    """The membership has ended already."""

    reason = "MEMBER_ALREADY_REMOVED"


class MemberBlocked(Conflict):
    """The patient blocked that professional."""

    reason = "MEMBER_BLOCKED"


class AgreementMissing(Unprocessable):
    """Who is not a health professional needs the patient's explicit agreement (L1110-4 III, R1110-3)."""

    reason = "AGREEMENT_MISSING"


class MemberUnclear(Invalid):
    """Neither a professional nor a structure was named, or both."""

    reason = "MEMBER_INVALID"


@dataclass(frozen=True, slots=True)
class Member:
    """One period of somebody, or of a structure's staff, in a circle. A return is a new one."""

    id: MemberId
    patient: PersonId
    professional: ProfessionalId | None
    structure: StructureId | None
    since: datetime
    invited_by: UUID
    explicit_agreement: bool
    agreement_form: Form | None
    until: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it still lasts."""
        return self.until is None


@dataclass(frozen=True, slots=True)
class Circle:
    """The circle of one patient. It exists from the first consent on."""

    patient: PersonId
    members: Sequence[Member]
    consent_in_force: bool
    version: int
    patient_may_write: bool = False
    """Whether the patient, and who manages for them, may write to the circle."""
    newcomers_see_earlier: bool = False
    """Whether who joins reads what was written in conversations before."""


def invite(circle: Circle, new: Member, health_professional: bool, blocked: bool, based_on: int = 0) -> Member:
    """The new membership. `health_professional`: of the one invited; true for a structure, whose staff are judged one
    by one when they ask."""
    if (new.professional is None) is (new.structure is None):
        raise MemberUnclear(
            "Il faut nommer soit un professionnel, soit une structure.", "Indiquez l'un des deux, pas les deux."
        )
    check_version(based_on, circle.version)
    if blocked:
        raise MemberBlocked(
            "Le patient a bloqué ce professionnel.", "Seul le patient ou son représentant peut lever ce blocage."
        )
    for member in circle.members:
        if member.active and (member.professional, member.structure) == (new.professional, new.structure):
            raise MemberAlready("Fait déjà partie du cercle de soins.", "Rien à faire.")
    if not health_professional and not new.explicit_agreement:
        raise AgreementMissing(
            "Ce membre n'est pas un professionnel de santé : l'accord explicite du patient est nécessaire.",
            "Recueillez l'accord du patient en lui nommant ce membre et son rôle, puis indiquez comment il l'a donné.",
        )
    return new


def remove(member: Member, at: datetime) -> Member:
    """Ends a membership now."""
    if not member.active:
        raise MemberAlreadyRemoved("Ne fait déjà plus partie du cercle de soins.", "Rien à faire.")
    return replace(member, until=max(at, member.since))
