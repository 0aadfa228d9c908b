"""What a consent is, how it is given and how it ends.

CSP L1110-4 III, D1110-3-1: prior, informed, given by any means, withdrawable at any time.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, Invalid, Stale, Unknown

from terresante_consent.domain.vocabulary import PersonId, ProfessionalId

ConsentId = NewType("ConsentId", UUID)

CLOCKS_DIFFER = timedelta(minutes=2)
"""How far a sender's clock may be ahead of ours."""
LONGEST_NOTICE_VERSION = 40
LONGEST_INFORMATION = 2000


class UnknownConsent(Unknown):
    """No such consent of this patient."""

    reason = "CONSENT_UNKNOWN"


class AlreadyInForce(Conflict):
    """The patient has a consent in force already."""

    reason = "CONSENT_ALREADY_IN_FORCE"


class AlreadyWithdrawn(Conflict):
    """It was withdrawn before."""

    reason = "CONSENT_ALREADY_WITHDRAWN"


class DateInvalid(Invalid):
    """Given in the future, or before the withdrawal that it would undo."""

    reason = "CONSENT_DATE_INVALID"


class InformationMissing(Invalid):
    """Without the form, the notice or what the person was told, there is no informed consent."""

    reason = "CONSENT_INFORMATION_MISSING"


class VersionStale(Stale):
    """Someone changed it since the caller read it."""

    reason = "VERSION_STALE"


class Form(StrEnum):
    """How a consent or an agreement was given."""

    ORAL = "oral"
    WRITTEN = "written"
    ELECTRONIC = "electronic"


@dataclass(frozen=True, slots=True)
class Consent:
    """A patient's agreement to share their record with their circle."""

    id: ConsentId
    patient: PersonId
    form: Form
    given_at: datetime
    given_by: PersonId
    """The patient, or who acts for them."""
    recorded_by: ProfessionalId | None
    """None if given in the portal."""
    notice_version: str
    information_given: str
    withdrawn_at: datetime | None = None
    version: int = 1

    def in_force(self, at: datetime) -> bool:
        """Whether the record may be shared under it at that moment."""
        return self.given_at <= at and (self.withdrawn_at is None or at < self.withdrawn_at)


def give(new: Consent, earlier: list[Consent], at: datetime) -> Consent:
    """A consent as it will stand. Refuses one that is not informed, or dated in the future or before a withdrawal."""
    if any(consent.withdrawn_at is None for consent in earlier):
        raise AlreadyInForce("Un consentement du patient est déjà en vigueur.", "Consultez le consentement existant.")
    if not new.notice_version.strip() or len(new.notice_version) > LONGEST_NOTICE_VERSION:
        raise InformationMissing(
            "La version de la notice d'information remise au patient manque ou est trop longue.",
            f"Indiquez la version de la notice ({LONGEST_NOTICE_VERSION} caractères au plus).",
            field="notice_version",
        )
    if not new.information_given.strip() or len(new.information_given) > LONGEST_INFORMATION:
        raise InformationMissing(
            "Ce qui a été dit au patient manque ou est trop long.",
            f"Décrivez l'information donnée au patient (1 à {LONGEST_INFORMATION} caractères).",
            field="information_given",
        )
    if new.given_at > at + CLOCKS_DIFFER:
        raise DateInvalid("La date du consentement est dans le futur.", "Indiquez quand il a été donné.")
    given_at = min(new.given_at, at)
    withdrawals = [consent.withdrawn_at for consent in earlier if consent.withdrawn_at is not None]
    if withdrawals and given_at < max(withdrawals):
        raise DateInvalid(
            "Ce consentement a été donné avant le retrait du précédent ; il ne peut pas l'annuler.",
            "Recueillez de nouveau le consentement du patient.",
        )
    return replace(new, given_at=given_at)


def succeeded(consent: Consent, by: Consent) -> Consent:
    """Ends it because another takes its place: given anew for a patient who became one person with another."""
    return replace(consent, withdrawn_at=max(by.given_at, consent.given_at), version=consent.version + 1)


def checked_form(form: Form | None, in_portal: bool) -> Form:
    """How it was given: electronically in the portal, said or signed before a professional."""
    if in_portal and form in (None, Form.ELECTRONIC):
        return Form.ELECTRONIC
    if not in_portal and form in (Form.ORAL, Form.WRITTEN):
        return Form(form)
    raise InformationMissing(
        "La façon dont l'accord a été donné n'est pas indiquée ou ne convient pas.",
        "Indiquez oral ou écrit devant un professionnel, électronique depuis l'espace du patient.",
        field="form",
    )


def withdraw(consent: Consent, at: datetime, version: int = 0) -> Consent:
    """Ends it from now on. The first withdrawal is the one that counts, so there is no second."""
    if consent.withdrawn_at is not None:
        raise AlreadyWithdrawn("Ce consentement a déjà été retiré.", "Rien à faire : les accès sont déjà fermés.")
    check_version(version, consent.version)
    return replace(consent, withdrawn_at=max(at, consent.given_at), version=consent.version + 1)


def check_version(based_on: int, now: int) -> None:
    """Refuses a change that was based on another version. 0: whatever the version."""
    if based_on not in (0, now):
        raise VersionStale(
            "Quelqu'un a modifié ces informations entre-temps.", "Relisez-les, puis recommencez.", version=str(now)
        )
