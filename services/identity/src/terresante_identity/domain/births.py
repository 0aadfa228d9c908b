"""When and where a person was born, as far as it is known."""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from terresante_platform.refusals import Invalid

# The longest life ever documented is Jeanne Calment's (21 February 1875 to 1997): whoever was born before
# that year was dead before any computer file that could feed an identity server. An earlier date is a typing
# error.
EARLIEST_BIRTH = date(1875, 1, 1)
FRANCE = "FR"
# Code of the CLDR for "unknown region": the one way to say that nobody knows where someone was born.
UNKNOWN_COUNTRY = "ZZ"
UNKNOWN_COG = "99999"
# ISO countries of territories whose communes have their own COG: born there is born in France.
OVERSEAS = frozenset({"GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC", "TF"})
COG = re.compile(r"[0-9][0-9AB][0-9]{3}")
FRENCH_POSTAL_CODE = re.compile(r"[0-9]{5}")
FOREIGN_POSTAL_CODE = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z -]{0,8}[0-9A-Za-z])?")


class BirthDateImpossible(Invalid):
    reason = "IDENTITY_BIRTH_DATE_IMPOSSIBLE"


class BirthDateInFuture(Invalid):
    reason = "IDENTITY_BIRTH_DATE_IN_FUTURE"


class BirthDateTooEarly(Invalid):
    reason = "IDENTITY_BIRTH_DATE_TOO_EARLY"


class BirthCountryUnknown(Invalid):
    reason = "IDENTITY_BIRTH_COUNTRY_UNKNOWN"


class BirthPostalCodeMissing(Invalid):
    reason = "IDENTITY_BIRTH_POSTAL_CODE_MISSING"


class BirthPostalCodeUnknown(Invalid):
    reason = "IDENTITY_BIRTH_POSTAL_CODE_UNKNOWN"


class BirthPlaceCodeUnknown(Invalid):
    reason = "IDENTITY_BIRTH_PLACE_CODE_UNKNOWN"


class Precision(StrEnum):
    """Which parts of a birth date are known. Anything but `EXACT` marks the date as uncertain (EXI ID
    11-12).
    """

    EXACT = "exact"
    DAY_UNKNOWN = "day_unknown"
    MONTH_UNKNOWN = "month_unknown"
    DAY_AND_MONTH_UNKNOWN = "day_and_month_unknown"


@dataclass(frozen=True, slots=True)
class BirthDate:
    """`value`: the date that RNIV writes for what is known; `precision`: what of it is known. Never
    printed.
    """

    value: date = field(repr=False)
    precision: Precision = field(default=Precision.EXACT, repr=False)

    @property
    def parts(self) -> tuple[int, int, int]:
        """Year, month, day as known: 0 for an unknown part."""
        month = 0 if self.precision in {Precision.MONTH_UNKNOWN, Precision.DAY_AND_MONTH_UNKNOWN} else self.value.month
        day = 0 if self.precision in {Precision.DAY_UNKNOWN, Precision.DAY_AND_MONTH_UNKNOWN} else self.value.day
        return self.value.year, month, day


def parsed_birth_date(year: int, month: int, day: int, today: date) -> BirthDate:
    """A birth date from its known parts, 0 for an unknown month or day.

    Unknown parts are written as EXI ID 11-12 says: day unknown, the 1st of the month; month unknown, January;
    both unknown, 31 December. Of an imprecise year one gives the decade (1950). Refuses dates that do not
    exist, that are in the future whatever the unknown parts, or before `EARLIEST_BIRTH`.
    """
    if day == 0 and month == 0:
        precision, parts = Precision.DAY_AND_MONTH_UNKNOWN, (year, 12, 31)
    elif day == 0:
        precision, parts = Precision.DAY_UNKNOWN, (year, month, 1)
    elif month == 0:
        precision, parts = Precision.MONTH_UNKNOWN, (year, 1, day)
    else:
        precision, parts = Precision.EXACT, (year, month, day)
    if not _exists(*parts):
        raise BirthDateImpossible(
            "Cette date de naissance n’existe pas au calendrier (EXI ID 11).",
            "Vérifiez le jour et le mois ; mettez 0 pour une partie inconnue.",
            field="birth_date",
            rule="EXI ID 11, EXI ID 12",
        )
    value = date(*parts)
    earliest = date(year, 1, 1) if precision is Precision.DAY_AND_MONTH_UNKNOWN else value
    if earliest > today:
        raise BirthDateInFuture(
            "La date de naissance est dans l’avenir (EXI ID 11).",
            "Vérifiez l’année.",
            field="birth_date",
            rule="EXI ID 11",
        )
    if value < EARLIEST_BIRTH:
        raise BirthDateTooEarly(
            f"La date de naissance est antérieure à {EARLIEST_BIRTH.year} (EXI ID 11).",
            "Vérifiez l’année.",
            field="birth_date",
            rule="EXI ID 11",
        )
    return BirthDate(value, precision)


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """What is known of places. `communes`: French postal code -> COG codes; `countries`: ISO alpha-2 -> COG
    99xxx.
    """

    communes: Mapping[str, frozenset[str]] = field(repr=False)
    countries: Mapping[str, str] = field(repr=False)
    all_communes: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class BirthPlace:
    """Country and postal code as typed, and the COG codes that they may mean (R-ID1). Never printed.

    `codes` is empty when nobody knows the place; a foreign place has one code, a French postal code usually
    several.
    """

    country: str = field(repr=False)
    postal_code: str = field(repr=False)
    codes: frozenset[str] = field(repr=False)

    def may_be(self, other: "BirthPlace") -> bool:
        """Whether both may be one place: their sets of candidates meet. An unknown place may be none
        (R-ID1).
        """
        return bool(self.codes & other.codes)


def parsed_birth_place(country: str, postal_code: str, gazetteer: Gazetteer) -> BirthPlace:
    """Country (ISO 3166-1 alpha-2, or ZZ if unknown) and postal code -> the set of candidate communes
    (R-ID1).
    """
    code = country.upper() if len(country) == 2 and country.isascii() else ""
    if code == UNKNOWN_COUNTRY and not postal_code:
        return BirthPlace(code, "", frozenset())
    if code == FRANCE or code in OVERSEAS:
        return BirthPlace(FRANCE, postal_code, _communes(postal_code, gazetteer))
    if code not in gazetteer.countries:
        raise BirthCountryUnknown(
            "Le pays de naissance n’est pas un code ISO 3166-1 à deux lettres (R-ID1).",
            "Par exemple FR, DZ, PT ; ZZ si le lieu de naissance est inconnu.",
            field="birth_country",
            rule="R-ID1",
        )
    if postal_code and FOREIGN_POSTAL_CODE.fullmatch(postal_code) is None:
        raise _postal_code_unknown("Le code postal étranger n’a que des lettres, chiffres, espaces et tirets (R-ID1).")
    cog = gazetteer.countries[code]
    return BirthPlace(code, postal_code, frozenset() if cog == UNKNOWN_COG else frozenset({cog}))


def birth_place_of_cog(cog: str, gazetteer: Gazetteer) -> BirthPlace:
    """The place that a COG code names, as INSi gives it. Refuses a code that is neither a commune nor a
    country.
    """
    if cog == UNKNOWN_COG:
        return BirthPlace(UNKNOWN_COUNTRY, "", frozenset())
    if cog in gazetteer.all_communes:
        return BirthPlace(FRANCE, "", frozenset({cog}))
    countries = [country for country, code in gazetteer.countries.items() if code == cog]
    if not countries or COG.fullmatch(cog) is None:
        raise BirthPlaceCodeUnknown(
            "Ce code de lieu de naissance n’est pas au code officiel géographique (R-ID1).",
            "Recopiez le code de cinq caractères de la réponse d’INSi ; 99999 si le lieu est inconnu.",
            field="birth_place_codes",
            rule="R-ID1",
        )
    return BirthPlace(countries[0], "", frozenset({cog}))


def _communes(postal_code: str, gazetteer: Gazetteer) -> frozenset[str]:
    if not postal_code:
        raise BirthPostalCodeMissing(
            "Le code postal du lieu de naissance est obligatoire pour la France (R-ID1).",
            "Donnez un code postal de la commune ; si le lieu est inconnu, le pays ZZ.",
            field="birth_postal_code",
            rule="R-ID1",
        )
    if FRENCH_POSTAL_CODE.fullmatch(postal_code) is None or postal_code not in gazetteer.communes:
        raise _postal_code_unknown("Aucune commune française n’a ce code postal (R-ID1).")
    return gazetteer.communes[postal_code]


def _postal_code_unknown(sentence: str) -> BirthPostalCodeUnknown:
    return BirthPostalCodeUnknown(
        sentence,
        "Cinq chiffres pour la France, sans CEDEX : celui de la commune de naissance, pas celui du domicile.",
        field="birth_postal_code",
        rule="R-ID1",
    )
