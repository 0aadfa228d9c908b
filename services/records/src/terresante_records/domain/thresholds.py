"""Limits of a measure: the circle is told when one lies outside of them. Which limits, a professional says; none is
ours."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import NewType, NoReturn
from uuid import UUID

from terresante_platform.refusals import Invalid, Unknown

from .entries import Authorship, PatientId
from .observations import LOINC, Measure, Quantity, is_code, is_unit

ThresholdId = NewType("ThresholdId", UUID)
MOST_PER_PATIENT = 100


class ThresholdInvalid(Invalid):
    """Limits that cannot be right. The detail `field` names what is wrong."""

    reason = "THRESHOLD_INVALID"


class ThresholdUnknown(Unknown):
    """No such threshold in force in this record."""

    reason = "THRESHOLD_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "Ce seuil n’existe pas dans ce dossier, ou il a été retiré.",
            "Vérifiez l’identifiant, ou reprenez-le dans la liste des seuils.",
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """Of what, in which unit, and within what it may lie, both ends included."""

    code: str
    """LOINC."""
    unit: str
    """UCUM."""
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Threshold:
    """Limits that somebody set for a patient."""

    id: ThresholdId
    patient: PatientId
    category: str
    limits: Limits
    set: Authorship


def check(limits: Limits) -> Limits:
    """The limits, if a measure can be held against them. Refuses with THRESHOLD_INVALID."""
    if not is_code(LOINC, limits.code):
        _refuse("code", "Ce code n’a pas la forme d’un code LOINC.")
    if not is_unit(limits.unit):
        _refuse("unit", "L’unité est un code UCUM de 1 à 32 caractères, sans espace : mmol/L.")
    ends = [end for end in (limits.low, limits.high) if end is not None]
    if not ends:
        _refuse("low", "Il faut au moins une des deux limites.")
    if not all(map(math.isfinite, ends)):
        _refuse("low", "Une limite est un nombre.")
    if limits.low is not None and limits.high is not None and limits.low > limits.high:
        _refuse("low", "La limite basse dépasse la limite haute.")
    return limits


def check_room(set_already: int) -> None:
    """Refuses with THRESHOLD_INVALID one more than a record may have."""
    if set_already >= MOST_PER_PATIENT:
        _refuse("code", f"Ce dossier a déjà {MOST_PER_PATIENT} seuils ; retirez-en d’abord.")


def crossed(limits: Limits, measure: Measure) -> bool:
    """Whether the measure lies outside. One of another code, in another unit, or in words is not held against them:
    nothing here converts units."""
    if (measure.code_system, measure.code) != (LOINC, limits.code) or not isinstance(measure.value, Quantity):
        return False
    if measure.value.unit != limits.unit:
        return False
    value = Decimal(measure.value.value)
    return (limits.low is not None and value < Decimal(str(limits.low))) or (
        limits.high is not None and value > Decimal(str(limits.high))
    )


def _refuse(field: str, sentence: str) -> NoReturn:
    raise ThresholdInvalid(sentence, "Corrigez le seuil, puis renvoyez-le.", field=field)
