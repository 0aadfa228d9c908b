"""How an identity sent by another system is read: what is refused, and what is kept although it looks wrong.

Names are read as typed ones are: refused, never stripped. A message is not lost for an impossible day, an unknown
place or a wrong key (R-ID4): these are kept as they came and told as warnings.
"""

import re
from dataclasses import replace
from datetime import date

from terresante_platform.refusals import Invalid

from terresante_identity.domain.births import (
    COG,
    FRANCE,
    FRENCH_POSTAL_CODE,
    OVERSEAS,
    UNKNOWN_COG,
    UNKNOWN_COUNTRY,
    BirthDate,
    BirthDateImpossible,
    BirthPlace,
    BirthPlaceCodeUnknown,
    BirthPostalCodeUnknown,
    Gazetteer,
    birth_place_of_cog,
    parsed_birth_date,
    parsed_birth_place,
)
from terresante_identity.domain.ins import Environment, Ins, received_ins
from terresante_identity.domain.names import Name, NameField, parsed_name
from terresante_identity.domain.sources import Claim, Received, SourceWarning
from terresante_identity.domain.status import FORCE_PROVISIONAL, Standing, Status, with_flags
from terresante_identity.domain.traits import Sex, Traits

DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
LONGEST_TEXT = 20
MOST_DAYS = 31
RETRIEVED = frozenset({Status.RETRIEVED, Status.QUALIFIED})
CHECKED = frozenset({Status.VALIDATED, Status.QUALIFIED})


class PlaceTextInvalid(Invalid):
    reason = "IDENTITY_BIRTH_PLACE_INVALID"


def claimed(received: Received, places: Gazetteer, environment: Environment, today: date) -> Claim:
    """What an identity received means. Refuses with the reasons of traits, INS_MALFORMED, INS_OID_UNKNOWN,
    INS_OID_OF_OTHER_ENVIRONMENT, IDENTITY_FLAGS_EXCLUSIVE.
    """
    traits, warnings = read_traits(received, places, today)
    standing, ins, more = _standing(received, environment)
    return Claim(received, traits, standing, ins, frozenset(warnings | more))


def claimed_by_asker(received: Received, places: Gazetteer, environment: Environment, today: date) -> Claim:
    """The same of somebody who is asked for: an INS given is what is looked for, although nobody says how it was
    got.
    """
    claim = claimed(received, places, environment, today)
    if not received.ins_matricule:
        return claim
    ins = received_ins(received.ins_matricule, received.ins_oid, environment)
    return replace(claim, standing=Standing(retrieved=True), ins=ins)


def read_traits(received: Received, places: Gazetteer, today: date) -> tuple[Traits, set[SourceWarning]]:
    """The traits alone, and what looks wrong in them."""
    warnings: set[SourceWarning] = set()
    given_names = parsed_name(received.first_names, NameField.GIVEN_NAMES)
    traits = Traits(
        birth_name=parsed_name(received.birth_name, NameField.BIRTH_NAME),
        first_name=first_of(given_names),
        birth_date=_birth_date(received.birth_date, today, warnings),
        sex=Sex(received.sex) if received.sex else Sex.UNKNOWN,
        birth_place=_birth_place(received, places, warnings),
        given_names=given_names if " " in given_names.insi else None,
        used_name=parsed_name(received.used_name, NameField.USED_NAME) if received.used_name else None,
        used_first_name=parsed_name(received.used_first_name, NameField.USED_FIRST_NAME)
        if received.used_first_name
        else None,
    )
    if traits.sex is Sex.UNKNOWN:
        warnings.add(SourceWarning.SEX_UNKNOWN)
    return traits, warnings


def first_of(all_first_names: Name) -> Name:
    """The first of all birth first names: up to the first space (a compound one is written with a hyphen)."""
    return Name(all_first_names.typed.split(" ", 1)[0], all_first_names.insi.split(" ", 1)[0])


def _birth_date(text: str, today: date, warnings: set[SourceWarning]) -> BirthDate:
    found = DATE.fullmatch(text) if text.isascii() else None
    if found is None:
        raise BirthDateImpossible(
            "La date de naissance ne peut pas être lue (EXI ID 11).",
            "Écrivez-la AAAA-MM-JJ, ou AAAA-MM, ou AAAA si des parties sont inconnues.",
            field="birth_date",
            rule="EXI ID 11, EXI ID 12",
        )
    year, month, day = (int(part or 0) for part in found.groups())
    try:
        return parsed_birth_date(year, month, day, today)
    except BirthDateImpossible:
        if not (1 <= month <= 12 and 1 <= day <= MOST_DAYS):
            raise
    warnings.add(SourceWarning.BIRTH_DATE_IMPOSSIBLE)
    return parsed_birth_date(year, month, 0, today)


def _birth_place(received: Received, places: Gazetteer, warnings: set[SourceWarning]) -> BirthPlace:
    country, postal, code = received.birth_country, received.birth_postal_code, received.birth_code.upper()
    texts = (country, postal, code)
    if max(map(len, texts)) > LONGEST_TEXT or not all(map(str.isprintable, texts)):
        raise PlaceTextInvalid(
            "Le lieu de naissance ne peut pas être lu (R-ID1).",
            "Donnez un pays (deux lettres), un code postal et un code INSEE, ou laissez-les vides.",
            field="birth_place",
            rule="R-ID1",
        )
    if country:
        _require_country(country, places)
    place = _of_code(code, postal, places) or _of_postal_code(country, postal, places)
    if place is None or not place.codes:
        warnings.add(SourceWarning.BIRTH_PLACE_UNKNOWN)
    return place or BirthPlace(country.upper() or UNKNOWN_COUNTRY, _french(country, postal), frozenset())


def _require_country(country: str, places: Gazetteer) -> None:
    """Refuses with IDENTITY_BIRTH_COUNTRY_UNKNOWN what is no code of a country."""
    if country.upper() not in {FRANCE, UNKNOWN_COUNTRY, *OVERSEAS}:
        parsed_birth_place(country, "", places)


def _of_code(code: str, postal: str, places: Gazetteer) -> BirthPlace | None:
    if COG.fullmatch(code) is None or code == UNKNOWN_COG:
        return None
    try:
        place = birth_place_of_cog(code, places)
    except BirthPlaceCodeUnknown:
        return None
    own = code in places.communes.get(postal, ())
    return BirthPlace(place.country, postal if own else "", place.codes)


def _of_postal_code(country: str, postal: str, places: Gazetteer) -> BirthPlace | None:
    known = country.upper()
    if known in {"", UNKNOWN_COUNTRY}:
        return None
    if known in {FRANCE, *OVERSEAS} and postal not in places.communes:
        return None
    try:
        return parsed_birth_place(known, postal, places)
    except BirthPostalCodeUnknown:
        return parsed_birth_place(known, "", places)


def _french(country: str, postal: str) -> str:
    """The postal code of an unknown place, shown where it looks like one of the country."""
    known = country.upper() in {FRANCE, *OVERSEAS} and FRENCH_POSTAL_CODE.fullmatch(postal) is not None
    return postal if known else ""


def _standing(received: Received, environment: Environment) -> tuple[Standing, Ins | None, set[SourceWarning]]:
    """An INS counts only with RECUP or QUAL (R-ID7); doubtful or fictitious forces PROV and drops it."""
    ins, warnings = None, set()
    if received.ins_matricule or received.ins_oid or received.status in RETRIEVED:
        ins = received_ins(received.ins_matricule, received.ins_oid, environment)
        if not ins.key_agrees:
            warnings.add(SourceWarning.INS_KEY_WRONG)
        if received.status not in RETRIEVED:
            warnings.add(SourceWarning.INS_WITHOUT_STATUS)
    before = Standing(received.status in RETRIEVED, received.status in CHECKED)
    standing = with_flags(before, received.flags).standing
    kept = ins if standing.retrieved and not received.flags & FORCE_PROVISIONAL else None
    return standing, kept, warnings
