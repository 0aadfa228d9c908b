"""Who gives a consent: the patient, or somebody who acts for them (Code civil 371-1, 459; CSP L1111-2, L1111-4).

Before the first consent there is no circle that could have recorded a parent or a guardian: then their right is
recorded with the consent, and by who records it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from terresante_platform.refusals import Conflict

from terresante_consent.domain.consents import InformationMissing
from terresante_consent.domain.representation import ACTING, KindMissing, Representation, Right, rights
from terresante_consent.domain.vocabulary import PersonId


class GiverNotEntitled(Conflict):
    """Neither the patient nor somebody who acts for them."""

    reason = "CONSENT_GIVER_NOT_ENTITLED"


@dataclass(frozen=True, slots=True)
class Giver:
    """Who is said to give it."""

    person: PersonId | None = None
    """None: nobody was named."""
    right: Right | None = None
    """In what right, if that is to be recorded with the consent."""
    until: datetime | None = None


def right_to_record(giver: Giver, patient: PersonId, known: Sequence[Representation], at: datetime) -> Right | None:
    """What a professional records with the consent: the giver's right; None if there is nothing to record (the
    patient gives it, or who does is known to act for them). Refuses with CONSENT_GIVER_NOT_ENTITLED who may not."""
    if giver.person in (None, patient):
        if giver.right is not None or giver.until is not None:
            raise InformationMissing(
                "Un titre de représentant est indiqué, mais pas la personne qui consent à la place du patient.",
                "Indiquez qui a donné le consentement, ou retirez le titre si c'est le patient.",
                field="given_by",
            )
        return None
    if giver.right is None and giver.until is not None:
        raise KindMissing("Il manque à quel titre cette personne agit.", "Indiquez-le.", field="given_as")
    acts, _, _ = rights([one for one in known if one.representative == giver.person], at)
    if giver.right not in (None, *ACTING):
        raise GiverNotEntitled(
            "À ce titre, on assiste ou on aide le patient ; on ne consent pas à sa place.",
            "Recueillez le consentement du patient, d'un parent s'il est mineur, ou de son tuteur.",
        )
    if not acts and giver.right is None:
        raise GiverNotEntitled(
            "Cette personne n'est enregistrée ni comme parent, ni comme tuteur du patient.",
            "Recueillez le consentement du patient, ou indiquez à quel titre elle agit : parent, jusqu'à la "
            "majorité de l'enfant, ou tuteur.",
        )
    return None if acts else giver.right


def in_portal(giver: Giver, caller: PersonId) -> PersonId:
    """In the portal a consent is given by who is logged in, in the right that is theirs already."""
    if giver.person not in (None, caller):
        raise InformationMissing(
            "Dans l'espace du patient, le consentement est donné par la personne connectée.",
            "N'indiquez pas d'autre personne.",
            field="given_by",
        )
    if giver.right is not None or giver.until is not None:
        raise InformationMissing(
            "Dans l'espace du patient, on agit au titre déjà enregistré.", "N'indiquez pas de titre.", field="given_as"
        )
    return caller
