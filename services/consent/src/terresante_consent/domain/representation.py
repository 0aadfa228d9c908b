"""Who may act for a patient, in what right and how far (Code civil 382, 390-413, 440 ff.; CSP L1111-6, L1111-6-1).

| In what right | May |
|---|---|
| parent of a minor | act in everything, until the coming of age |
| guardian (tuteur) | act in everything |
| curator (curateur) | read; assists, so does not act alone |
| trusted person, carer | what the patient delegates: read, manage the circle; nothing else |

A curator's reading is a choice of ours: one cannot assist without knowing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, Invalid, Unknown

from terresante_consent.domain.vocabulary import PersonId

RepresentationId = NewType("RepresentationId", UUID)

LONGEST_PARENTHOOD = timedelta(days=18 * 366)
"""No child comes of age later than this after today."""


class RepresentativeAlready(Conflict):
    """That person represents the patient already."""

    reason = "REPRESENTATIVE_ALREADY"


class RepresentativeSelf(Invalid):
    """Nobody represents themselves."""

    reason = "REPRESENTATIVE_SELF"


class PeriodInvalid(Invalid):
    """The end is missing, past, or too far."""

    reason = "REPRESENTATIVE_PERIOD_INVALID"


class KindMissing(Invalid):
    """In what right is not said."""

    reason = "REPRESENTATIVE_KIND_MISSING"


class UnknownRepresentative(Unknown):
    """No such representation of this patient, or it has ended."""

    reason = "REPRESENTATIVE_UNKNOWN"


class Right(StrEnum):
    """In what right someone acts."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    CURATOR = "curator"
    TRUSTED_PERSON = "trusted_person"
    CARER = "carer"


BY_LAW = frozenset({Right.PARENT, Right.GUARDIAN, Right.CURATOR})
"""Settled by law or a judge: the patient neither makes nor ends them."""
ACTING = frozenset({Right.PARENT, Right.GUARDIAN})


@dataclass(frozen=True, slots=True)
class Representation:
    """One person's right to act for a patient."""

    id: RepresentationId
    patient: PersonId
    representative: PersonId
    right: Right
    since: datetime
    until: datetime | None
    may_read: bool
    may_manage: bool
    appointed_by: UUID

    def in_force(self, at: datetime) -> bool:
        """Whether it counts at that moment."""
        return self.since <= at and (self.until is None or at < self.until)

    @property
    def acts(self) -> bool:
        """Stands for the patient in everything."""
        return self.right in ACTING


def appoint(
    new: Representation, others: Sequence[Representation], at: datetime, field: str = "until"
) -> Representation:
    """A representation as it will stand: what law gives is not delegated, what is delegated is not more than asked.
    `field`: where the request says until when."""
    if new.representative == new.patient:
        raise RepresentativeSelf("Le patient ne peut pas être son propre représentant.", "Désignez une autre personne.")
    if new.until is None and new.right is Right.PARENT:
        raise PeriodInvalid(
            "Pour un parent, la date de fin manque.", "Indiquez la date de la majorité de l'enfant.", field=field
        )
    if new.until is not None and new.until <= at:
        raise PeriodInvalid("La fin de la représentation est déjà passée.", "Indiquez une date à venir.", field=field)
    if new.until is not None and new.right is Right.PARENT and new.until > at + LONGEST_PARENTHOOD:
        raise PeriodInvalid(
            "Un parent ne représente son enfant que jusqu'à sa majorité.",
            "Indiquez la date de la majorité de l'enfant.",
            field=field,
        )
    if any(other.representative == new.representative and other.in_force(at) for other in others):
        raise RepresentativeAlready(
            "Cette personne représente déjà le patient.", "Mettez fin à sa représentation pour en changer les droits."
        )
    if new.right in ACTING:
        return replace(new, may_read=True, may_manage=True)
    if new.right is Right.CURATOR:
        return replace(new, may_read=True, may_manage=False)
    return new


def end(representation: Representation, at: datetime) -> Representation:
    """Ends it now."""
    if not representation.in_force(at):
        raise UnknownRepresentative("Cette représentation a déjà pris fin.", "Rien à faire.")
    return replace(representation, until=at)


def rights(held: Sequence[Representation], at: datetime) -> tuple[bool, bool, bool]:
    """What one person's representations of a patient add up to at that moment: acts, may read, may manage."""
    now = [one for one in held if one.in_force(at)]
    return (
        any(one.acts for one in now),
        any(one.may_read for one in now),
        any(one.may_manage for one in now),
    )
