"""A stay in an institution: said when the patient comes in, and again when they leave, so that the circle is told."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from terresante_platform.readable import readable_line
from terresante_platform.refusals import Conflict, Denied, Invalid, Unknown

from .entries import CLOCKS_DIFFER, Authorship, PatientId, StructureId, VersionStale, Visibility

StayId = NewType("StayId", UUID)
UNIT_AT_MOST = 200
LATEST_SAID = timedelta(days=31)
"""An admission is told no later than this after it."""


class Kind(StrEnum):
    """How somebody is taken in. The names are those of the contract's `StayKind`."""

    INPATIENT = "INPATIENT"
    EMERGENCY = "EMERGENCY"
    DAY = "DAY"
    HOME = "HOME"


class StayDateInvalid(Invalid):
    """Nobody came in, or left, at such a date."""

    reason = "STAY_DATE_INVALID"


class StayKindInvalid(Invalid):
    """How they are taken in is not said."""

    reason = "STAY_KIND_INVALID"


class UnitInvalid(Invalid):
    """A unit nobody can read."""

    reason = "UNIT_INVALID"


class StayAlready(Conflict):
    """One that the caller may know of is open there."""

    reason = "STAY_ALREADY"

    def __init__(self) -> None:
        super().__init__(
            "Une entrée de ce patient dans cet établissement a déjà été dite.",
            "Dites d’abord la sortie, ou consultez le séjour en cours.",
        )


class StayEnded(Conflict):
    """The patient's leaving was said already."""

    reason = "STAY_ENDED"

    def __init__(self) -> None:
        super().__init__("La sortie de ce patient a déjà été dite.", "Rien à faire ; consultez le séjour.")


class StayUnknown(Unknown):
    """No such stay in this record, or none that this caller may know of."""

    reason = "STAY_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "Ce séjour n’existe pas dans ce dossier.",
            "Vérifiez l’identifiant, ou reprenez-le dans la liste des séjours.",
        )


class StayNotYours(Denied):
    """Who practises in another institution does not say that the patient left."""

    reason = "STAY_NOT_YOURS"

    def __init__(self) -> None:
        super().__init__(
            "Seul un professionnel de cet établissement peut dire la sortie.",
            "Choisissez votre lieu d’exercice dans cet établissement, ou demandez-le à qui y exerce.",
        )


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a patient in one institution."""

    id: StayId
    patient: PatientId
    category: str
    structure: StructureId
    """The institution: that of the place from which it was said."""
    kind: Kind
    unit: str
    """In plain words; blank if not said."""
    begins: datetime
    admitted: Authorship
    visibility: Visibility
    ends: datetime | None = None
    discharged: Authorship | None = None
    """Who said that they left, and when they said it."""
    version: int = 1


def check_unit(text: str) -> str:
    """`text`, blank or one readable line of up to 200 characters. Refuses with UNIT_INVALID."""
    if text and not readable_line(text, UNIT_AT_MOST):
        raise UnitInvalid(
            "L’unité compte au plus 200 caractères lisibles, sur une ligne.", "Corrigez-la.", field="unit"
        )
    return text


def check_admission(begins: datetime | None, now: datetime) -> datetime:
    """`begins`, if an admission can be said at that date. Refuses with STAY_DATE_INVALID."""
    if begins is None or begins > now + CLOCKS_DIFFER:
        raise StayDateInvalid(
            "La date d’entrée manque, ou elle est à venir.", "Donnez la date à laquelle le patient est entré."
        )
    if begins < now - LATEST_SAID:
        raise StayDateInvalid(
            "Cette entrée date de plus de 31 jours : il est trop tard pour en prévenir le cercle.",
            "Écrivez plutôt une note ou publiez un compte rendu.",
        )
    return begins


def discharged(stay: Stay, by: Authorship, ends: datetime | None, version: int) -> Stay:
    """The stay, ended. Refuses with STAY_ENDED, VERSION_STALE, STAY_DATE_INVALID."""
    if stay.ends is not None:
        raise StayEnded
    if stay.version != version:
        raise VersionStale
    if ends is None or not stay.begins <= ends <= by.at + CLOCKS_DIFFER:
        raise StayDateInvalid(
            "La date de sortie manque, précède l’entrée, ou est à venir.",
            "Donnez la date à laquelle le patient est sorti.",
        )
    return replace(stay, ends=ends, discharged=by, version=stay.version + 1)
