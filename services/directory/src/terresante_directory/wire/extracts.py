"""Extracts of the directory: what is asked, and what is told of each thing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import extract_service_pb2 as pb

from terresante_directory import wire
from terresante_directory.domain import words
from terresante_directory.domain.acts import moment, moment_invalid
from terresante_directory.domain.disclosure import Disclosure, Reader
from terresante_directory.domain.extracts import (
    FARTHEST_METRES,
    MOST_ALTERNATIVES,
    OLDEST_MONTHS,
    UNSAID_METRES,
    Along,
    Area,
    Dated,
    ExtractInvalid,
    Filter,
    Kind,
    Person,
    Practice,
    Stated,
)
from terresante_directory.domain.offers import OfferContent
from terresante_directory.domain.positions import Position
from terresante_directory.domain.professionals import Profession
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.gazetteer import Gazetteer
from terresante_directory.wire.contacts import position
from terresante_directory.wire.offers import Given
from terresante_directory.wire.offers import sheet_to_proto as offer_sheet
from terresante_directory.wire.structures import TYPED_LEVELS
from terresante_directory.wire.structures import sheet_to_proto as structure_sheet

KINDS = {
    pb.EXTRACTED_STRUCTURES: Kind.STRUCTURES,
    pb.EXTRACTED_OFFERS: Kind.OFFERS,
    pb.EXTRACTED_PROFESSIONALS: Kind.PROFESSIONALS,
    pb.EXTRACTED_PLACES: Kind.PLACES,
}
ALONG = {
    pb.ALONG_STRUCTURES: Along.STRUCTURES,
    pb.ALONG_PARENTS: Along.PARENTS,
    pb.ALONG_ANCESTORS: Along.ANCESTORS,
    pb.ALONG_OFFERS: Along.OFFERS,
    pb.ALONG_PLACES: Along.PLACES,
    pb.ALONG_PROFESSIONALS: Along.PROFESSIONALS,
}
CODES = (
    "finess", "siren", "siret", "rpps", "territory_codes", "fields", "types", "activities", "care_modes",
    "intervention_communes", "commune_codes", "professions", "closing_kinds",
)  # fmt: skip
Age = Literal["age_low_least", "age_low_most", "age_high_least", "age_high_most"]
AGES: tuple[Age, ...] = ("age_low_least", "age_low_most", "age_high_least", "age_high_most")
When = Literal["changed_from", "changed_before", "closed_from", "closed_before"]
MOMENTS: tuple[When, ...] = ("changed_from", "changed_before", "closed_from", "closed_before")
MOST_CODES = 200
LONGEST_CODE = 100


def kind(told: pb.ExtractRequest) -> Kind:
    """Raises `ExtractInvalid` without one."""
    if told.extracted not in KINDS:
        raise _invalid()
    return KINDS[told.extracted]


def along(told: pb.ExtractRequest) -> frozenset[Along]:
    """Raises `ExtractInvalid` for what is none of ours."""
    if not all(one in ALONG for one in told.along):
        raise _invalid()
    return frozenset(ALONG[one] for one in told.along)


def asked(told: pb.ExtractRequest, communes: Gazetteer, now: datetime) -> Filter:
    """Raises `ExtractInvalid`, `TooManyIds`, `IdInvalid`, `SearchInvalid`, `MomentInvalid`."""
    if len(told.either) > MOST_ALTERNATIVES:
        raise _invalid()
    either = [replace(_filter(each, communes, now), with_closed=False, only_closed=False) for each in told.either]
    return replace(_filter(told.filter, communes, now), either=tuple(either))


def _filter(told: pb.ExtractFilter, communes: Gazetteer, now: datetime) -> Filter:
    codes = {name: tuple(getattr(told, name)) for name in CODES}
    texts = [told.postal_code, *(code for given in codes.values() for code in given)]
    fits = max(map(len, codes.values())) <= MOST_CODES and max(map(len, texts)) <= LONGEST_CODE
    levels = [TYPED_LEVELS.get(level, "") for level in told.levels]
    ages: dict[str, Any] = {name: getattr(told, name) for name in AGES if told.HasField(name)}
    if not fits or not all(levels) or not all(0 <= age <= OLDEST_MONTHS for age in ages.values()):
        raise _invalid()
    found = Filter(
        ids=tuple(wire.ids(told.ids, "ids")),
        structure_ids=tuple(wire.ids(told.structure_ids, "structure_ids")),
        professional_ids=tuple(wire.ids(told.professional_ids, "professional_ids")),
        name=tuple(_words(told.name)),
        levels=tuple(levels),
        postal_code=told.postal_code,
        commune=" ".join(_words(told.commune)),
        family_name=" ".join(_words(told.family_name)),
        given_name=" ".join(_words(told.given_name)),
        area=_area(told, communes),
        with_closed=told.with_closed or told.only_closed,
        only_closed=told.only_closed,
    )
    moments: dict[str, Any] = {name: _moment(getattr(told, name), now) for name in MOMENTS if told.HasField(name)}
    given: dict[str, Any] = {**codes, **ages, **moments}
    return replace(found, **given)


def _words(text: str) -> list[str]:
    """Raises `SearchInvalid` for a text that is too long, or in which there is nothing to look for."""
    found = words.searched(wire.searched_text(text))
    if text and not found:
        raise wire.SearchInvalid("Ce texte n’a ni lettre ni chiffre.", "Écrivez au moins une lettre.")
    return found


def _area(told: pb.ExtractFilter, communes: Gazetteer) -> Area | None:
    middle: Position | None = None
    if told.HasField("near"):
        middle = position(told.near)
    elif told.near_commune_code:
        members = communes.members(told.near_commune_code)
        if not members:
            raise _invalid()
        middle = Position(members[0].latitude, members[0].longitude)
    right = 0 <= told.within_metres <= FARTHEST_METRES and (middle is None or middle.is_on_earth())
    if not right or (told.within_metres and middle is None) or (told.HasField("near") and told.near_commune_code):
        raise _invalid()
    return Area(middle, told.within_metres or UNSAID_METRES) if middle else None


def _moment(told: Timestamp, now: datetime) -> datetime:
    try:
        return moment(told.ToDatetime(UTC), now)
    except (ValueError, OverflowError):
        raise moment_invalid() from None


def structure_to_proto(one: Stated, disclosure: Disclosure, reader: Reader) -> pb.ExtractedStructure:
    """With the contacts that the reader may know (R-ROR1)."""
    said = StructureContent.of(one.told.fact.content)
    contacts = disclosure.contacts(said.telecoms, reader, said.territory_code)
    sheet = structure_sheet(one.told, replace(said, telecoms=contacts), one.version)
    return pb.ExtractedStructure(sheet=sheet, dates=_dates(one.dated))


def offer_to_proto(one: Stated, disclosure: Disclosure, reader: Reader) -> pb.ExtractedOffer:
    """With the contacts that the reader may know (R-ROR1)."""
    said = OfferContent.of(one.told.fact.content)
    contacts = disclosure.contacts(said.telecoms, reader, one.territory)
    given = Given(one.structure_name, one.territory, one.distance)
    sheet = offer_sheet(one.told, replace(said, telecoms=contacts), one.version, given)
    return pb.ExtractedOffer(sheet=sheet, dates=_dates(one.dated))


def professional_to_proto(one: Person, professions: Mapping[str, Profession]) -> pb.ExtractedProfessional:
    """A profession that the data file no longer has is shown by its code."""
    known = professions.get(one.profession)
    return pb.ExtractedProfessional(
        professional_id=str(one.id),
        rpps=one.rpps or "",
        family_name=one.family_name,
        given_name=one.given_name,
        profession=one.profession,
        profession_label=known.label if known else one.profession,
        version=one.version,
        dates=_dates(one.dated),
    )


def place_to_proto(one: Practice, now: datetime) -> pb.ExtractedPlace:
    return pb.ExtractedPlace(
        place_id=str(one.id),
        professional_id=str(one.professional),
        structure_id=str(one.structure),
        role=one.role,
        since=wire.timestamp(one.since),
        until=wire.timestamp(one.until) if one.until else None,
        active=one.is_active(now),
        territory_code=one.territory,
        dates=_dates(one.dated),
    )


def _dates(dated: Dated) -> pb.ExtractDates:
    return pb.ExtractDates(changed_at=wire.timestamp(dated.changed_at), known_since=wire.timestamp(dated.known_since))


def _invalid() -> ExtractInvalid:
    return ExtractInvalid("Cette extraction n’est pas lisible.", "Corrigez ce qui est demandé, et ses critères.")
