"""What an administrator types of an offer: made right, or refused. Codes of value sets that we do not know are kept."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from terresante_platform.refusals import Invalid

from terresante_directory.domain import words
from terresante_directory.domain.offers import Capacity, OfferContent, Opening
from terresante_directory.domain.telecoms import telecoms
from terresante_directory.domain.typed_structures import COG

MAX_NAME = 200
MAX_DESCRIPTION = 2_000
MAX_CODE = 40
MAX_CODES = 50
MAX_COMMUNES = 2_000
OLDEST_MONTHS = 1_500
MAX_OPENINGS = 50
MAX_PLACES = 100_000
DAYS = range(1, 9)
TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


class OfferNameInvalid(Invalid):
    reason = "OFFER_NAME_INVALID"


class OfferCodeInvalid(Invalid):
    reason = "OFFER_CODE_INVALID"


class AgeRangeInvalid(Invalid):
    reason = "AGE_RANGE_INVALID"


class OpeningInvalid(Invalid):
    reason = "OPENING_INVALID"


class CapacityInvalid(Invalid):
    reason = "CAPACITY_INVALID"


class PositionInvalid(Invalid):
    reason = "POSITION_INVALID"


def typed_offer(typed: OfferContent, at: datetime) -> OfferContent:
    """As kept, confirmed at that moment. Raises `OfferNameInvalid`, `OfferCodeInvalid`, `AgeRangeInvalid`,
    `OpeningInvalid`, `CapacityInvalid`, `TelecomInvalid`, `PositionInvalid`. The structure is judged apart.
    """
    _must_be_an_age_range(typed)
    if typed.position is not None and not typed.position.is_on_earth():
        raise PositionInvalid("Ces coordonnées ne sont pas sur Terre.", "Corrigez-les ou laissez-les vides.")
    return replace(
        typed,
        name=_name(typed.name),
        description=_description(typed.description),
        field=code(typed.field),
        type=code(typed.type),
        activity=code(typed.activity),
        care_modes=_codes(typed.care_modes),
        opening=_openings(typed.opening),
        capacities=_capacities(typed.capacities),
        telecoms=telecoms(typed.telecoms),
        intervention_communes=_communes(typed.intervention_communes),
        closed=False,
        closing_kind="",
        confirmed_at=at.isoformat(),
    )


def code(text: str) -> str:
    """A code of a value set, blank if none. Raises `OfferCodeInvalid` for what can be none."""
    kept = words.tidy(text)
    if len(kept) > MAX_CODE or not words.is_readable(kept):
        raise OfferCodeInvalid("Un code s’écrit en 40 caractères lisibles au plus.", "Choisissez-en un de la liste.")
    return kept


def _name(text: str) -> str:
    name = words.tidy(text)
    if not words.search_words(name) or len(name) > MAX_NAME or not words.is_readable(name):
        raise OfferNameInvalid(
            "Le nom d’une offre a de 1 à 200 caractères lisibles.", "Donnez le nom sous lequel elle est connue."
        )
    return name


def _description(text: str) -> str:
    told = words.tidy(text)
    if len(told) > MAX_DESCRIPTION or not words.is_readable(told):
        raise OfferNameInvalid(
            "La description d’une offre a 2 000 caractères lisibles au plus.", "Raccourcissez-la ou retapez-la."
        )
    return told


def _codes(typed: Iterable[str]) -> tuple[str, ...]:
    kept = tuple(dict.fromkeys(filter(None, map(code, typed))))
    if len(kept) > MAX_CODES:
        raise OfferCodeInvalid("Pas plus de 50 codes.", "Retirez ceux qui ne servent pas.")
    return kept


def _communes(typed: Iterable[str]) -> tuple[str, ...]:
    codes = sorted({each.strip().upper() for each in typed})
    if len(codes) > MAX_COMMUNES or any(COG.fullmatch(each) is None for each in codes):
        raise OfferCodeInvalid(
            "Les communes desservies se donnent par leur code (COG, 5 caractères), 2 000 au plus.",
            "Choisissez-les dans la liste.",
        )
    return tuple(codes)


def _must_be_an_age_range(typed: OfferContent) -> None:
    first, last = typed.age_from_months, typed.age_to_months
    told = [age for age in (first, last) if age is not None]
    if any(not 0 <= age <= OLDEST_MONTHS for age in told) or told != sorted(told):
        raise AgeRangeInvalid(
            "Une tranche d’âge va du plus jeune au plus âgé, de 0 à 125 ans.", "Corrigez les deux âges."
        )


def _openings(typed: Iterable[Opening]) -> tuple[Opening, ...]:
    kept = tuple(replace(each, days=tuple(sorted(set(each.days)))) for each in typed)
    if len(kept) > MAX_OPENINGS or not all(map(_is_right, kept)):
        raise OpeningInvalid(
            "Un horaire dit ses jours, et deux heures différentes (HH:MM) ou aucune.", "Corrigez-le ou retirez-le."
        )
    return kept


def _is_right(opening: Opening) -> bool:
    days = bool(opening.days) and all(day in DAYS for day in opening.days)
    if not opening.opens and not opening.closes:
        return days
    times = all(TIME.fullmatch(time) for time in (opening.opens, opening.closes))
    return days and times and opening.opens != opening.closes


def _capacities(typed: Iterable[Capacity]) -> tuple[Capacity, ...]:
    kept = tuple(replace(each, kind=code(each.kind)) for each in typed)
    kinds = [each.kind for each in kept]
    right = all(each.kind and 0 <= (each.available or 0) <= each.total <= MAX_PLACES for each in kept)
    if not right or len(set(kinds)) < len(kinds) or len(kept) > MAX_CODES:
        raise CapacityInvalid(
            "Une capacité a un genre, donné une fois, un total, et au plus autant de places libres.",
            "Corrigez-la ou retirez-la.",
        )
    return kept
