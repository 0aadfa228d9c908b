"""The traits that make an identity: the five that people type (R-ID1), and what else belongs with them."""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from terresante_platform.refusals import Invalid

from terresante_identity.domain.births import (
    UNKNOWN_COG,
    UNKNOWN_COUNTRY,
    BirthDate,
    BirthPlace,
    Gazetteer,
    birth_place_of_cog,
    parsed_birth_date,
    parsed_birth_place,
)
from terresante_identity.domain.names import (
    Name,
    NameField,
    comparable,
    parsed_name,
    parsed_prefix,
    require_first_of,
)


class SexMissing(Invalid):
    reason = "IDENTITY_SEX_MISSING"


class SexUnknownToInsi(Invalid):
    reason = "IDENTITY_SEX_UNKNOWN_TO_INSI"


class Sex(StrEnum):
    """INSi knows M and F; a local identity may be I (indéterminé)."""

    MALE = "M"
    FEMALE = "F"
    UNKNOWN = "I"


@dataclass(frozen=True, slots=True)
class TypedTraits:
    """Traits as they were typed, not yet looked at: empty text for what was left blank. Never printed."""

    birth_name: str = field(default="", repr=False)
    first_name: str = field(default="", repr=False)
    given_names: str = field(default="", repr=False)
    birth_year: int = field(default=0, repr=False)
    birth_month: int = field(default=0, repr=False)
    birth_day: int = field(default=0, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    birth_country: str = field(default="", repr=False)
    birth_postal_code: str = field(default="", repr=False)
    birth_cog: str = field(default="", repr=False)
    used_name: str = field(default="", repr=False)
    used_first_name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Traits:
    """Checked traits. `given_names` is the whole list of birth first names, when known. Never printed.

    `used_name` and `used_first_name` are complementary: what the person goes by. Only the person's word fills
    them (EXI ID 08).
    """

    birth_name: Name = field(repr=False)
    first_name: Name = field(repr=False)
    birth_date: BirthDate = field(repr=False)
    sex: Sex = field(repr=False)
    birth_place: BirthPlace = field(repr=False)
    given_names: Name | None = field(default=None, repr=False)
    used_name: Name | None = field(default=None, repr=False)
    used_first_name: Name | None = field(default=None, repr=False)


def parsed_traits(typed: TypedTraits, gazetteer: Gazetteer, today: date) -> Traits:
    """The five traits, all compulsory (R-ID1), and the complementary ones. Raises the first refusal that applies.

    The place is the COG code where one was given (an identity document, INSi), else country and postal code.
    """
    if typed.birth_cog:
        return _traits(typed, birth_place_of_cog(typed.birth_cog, gazetteer), today)
    return _traits(typed, parsed_birth_place(typed.birth_country, typed.birth_postal_code, gazetteer), today)


def parsed_insi_traits(typed: TypedTraits, gazetteer: Gazetteer, today: date) -> Traits:
    """Traits as INSi gives them: sex M or F, and a COG code for the birth place (99999 if it gave none)."""
    traits = _traits(typed, birth_place_of_cog(typed.birth_cog or UNKNOWN_COG, gazetteer), today)
    if traits.sex is Sex.UNKNOWN:
        raise SexUnknownToInsi(
            "INSi ne connaît que les sexes M et F.",
            "Recopiez le sexe de la réponse d’INSi.",
            field="sex",
            rule="INSi, format du sexe",
        )
    return traits


def _traits(typed: TypedTraits, birth_place: BirthPlace, today: date) -> Traits:
    birth_name = parsed_name(typed.birth_name, NameField.BIRTH_NAME)
    first_name = parsed_name(typed.first_name, NameField.FIRST_NAME)
    given_names = _optional(typed.given_names, NameField.GIVEN_NAMES)
    if given_names is not None:
        require_first_of(first_name, given_names)
    if typed.sex is None:
        raise SexMissing(
            "Le sexe est obligatoire (R-ID1).",
            "Masculin, féminin, ou indéterminé s’il n’est pas connu.",
            field="sex",
            rule="R-ID1",
        )
    return Traits(
        birth_name=birth_name,
        first_name=first_name,
        birth_date=parsed_birth_date(typed.birth_year, typed.birth_month, typed.birth_day, today),
        sex=typed.sex,
        birth_place=birth_place,
        given_names=given_names,
        used_name=_optional(typed.used_name, NameField.USED_NAME),
        used_first_name=_optional(typed.used_first_name, NameField.USED_FIRST_NAME),
    )


def _optional(typed: str, which: NameField) -> Name | None:
    return parsed_name(typed, which) if typed else None


def strict_differences(ours: Traits, theirs: Traits) -> tuple[str, ...]:
    """Names of the strict traits (those of the INS) that are not equal; hyphen, apostrophe and space count as
    one.

    The list of first names counts only when both know it. Two birth places are equal when they may be one
    commune.
    """
    differing = {
        "birth_name": comparable(ours.birth_name.insi) != comparable(theirs.birth_name.insi),
        "first_name": comparable(ours.first_name.insi) != comparable(theirs.first_name.insi),
        "given_names": ours.given_names is not None
        and theirs.given_names is not None
        and comparable(ours.given_names.insi) != comparable(theirs.given_names.insi),
        "birth_date": ours.birth_date != theirs.birth_date,
        "sex": ours.sex != theirs.sex,
        "birth_place": not ours.birth_place.may_be(theirs.birth_place),
    }
    return tuple(name for name, differs in differing.items() if differs)


def overwritten_by_insi(ours: Traits, insi: Traits) -> Traits:
    """The strict traits become INSi's; the postal code typed stays where INSi's commune is one of its own."""
    kept_code = ours.birth_place.postal_code if ours.birth_place.may_be(insi.birth_place) else ""
    return replace(
        insi,
        birth_place=replace(insi.birth_place, postal_code=kept_code),
        used_name=ours.used_name,
        used_first_name=ours.used_first_name,
    )


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: the birth date, and what else is known (R-ID2). Never printed.

    `birth_name` and `first_name`: comparable beginnings of at most three characters, "" if not given; `whole`
    holds the full traits when all five were given, so that the very same person can be told apart.
    """

    birth_date: BirthDate = field(repr=False)
    birth_name: str = field(default="", repr=False)
    first_name: str = field(default="", repr=False)
    sex: Sex | None = field(default=None, repr=False)
    birth_place: BirthPlace | None = field(default=None, repr=False)
    whole: Traits | None = field(default=None, repr=False)


def parsed_search(typed: TypedTraits, gazetteer: Gazetteer, today: date) -> Search:
    """The birth date is compulsory; names may be beginnings or blank; the place needs its postal code in
    France.
    """
    named = bool(typed.birth_name and typed.first_name and typed.sex is not None and typed.birth_country)
    placed = typed.birth_country not in {"", UNKNOWN_COUNTRY} and bool(
        typed.birth_postal_code or typed.birth_country.upper() in gazetteer.countries
    )
    search = Search(
        birth_date=parsed_birth_date(typed.birth_year, typed.birth_month, typed.birth_day, today),
        birth_name=parsed_prefix(typed.birth_name, NameField.BIRTH_NAME),
        first_name=parsed_prefix(typed.first_name, NameField.FIRST_NAME),
        sex=typed.sex,
        birth_place=parsed_birth_place(typed.birth_country, typed.birth_postal_code, gazetteer) if placed else None,
    )
    return replace(search, whole=parsed_traits(typed, gazetteer, today)) if named and placed else search
