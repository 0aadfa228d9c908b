"""What stands here in the words of `said`, field by field, and what stands once some of these fields are taken."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from terresante_directory.domain import words
from terresante_directory.domain.facts import Content, SubjectKind
from terresante_directory.domain.imports.said import Texts
from terresante_directory.domain.offers import Capacity, OfferContent
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.structures import StructureKind, StructureLevel
from terresante_directory.domain.telecoms import Telecom

MOBILE, FIXED = "1", "2"
"""TRE_R200: how a telephone is reached."""
PLACES_KIND = "02"
"""TRE_R329: what a capacity counts when a source says only how many."""
CLOSED_FOR_GOOD = "DEF"
YES = "true"
PLAIN = ("finess", "siren", "siret", "address_line", "postal_code", "commune", "commune_code", "part_of")
CODES = ("field", "type", "activity")
AGES = ("age_from_months", "age_to_months")
PERSON = ("family_name", "given_name", "profession")
FOLDED = frozenset({"name", "address_line", "commune", "family_name", "given_name", "role"})
"""Compared without accents, capitals nor signs: national extracts write them otherwise."""


def view(kind: SubjectKind, content: Content) -> Texts:
    """The fields that sources speak of, blank ones too."""
    return _VIEWS[kind](content)


def same(field: str, one: str, other: str) -> bool:
    """Whether both say the same to a reader."""
    if one == other:
        return True
    if field in FOLDED:
        return words.search_words(one) == words.search_words(other)
    return field == "phone" and _digits(one) == _digits(other)


def corrected(kind: SubjectKind, content: Content, fields: Texts, at: datetime) -> Content:
    """The content with these fields as the source says them; closing is another thing."""
    plain = {name: value for name, value in fields.items() if name != "closed"}
    return _CORRECTED[kind](content, plain, at)


def new_structure(said: Texts, territory: str, part_of: str) -> StructureContent:
    """Open, as said."""
    blank = StructureContent(
        name=said["name"],
        level=said.get("level", StructureLevel.SITE.value),
        kind=said.get("kind", StructureKind.OTHER.value),
        territory_code=territory,
    )
    known: dict[str, Any] = {name: said.get(name, "") for name in PLAIN} | {"part_of": part_of}
    return replace(blank, **known, telecoms=_reached((), said.get("phone", ""), 1))


def new_offer(said: Texts, structure: str, at: datetime) -> OfferContent:
    """Open, as said; its source's saying so is no confirmation by somebody here, and none is older."""
    blank = OfferContent(structure_id=structure, name=said["name"], confirmed_at=at.isoformat())
    level = int(said.get("confidentiality", "1")) or 1
    return replace(_offer_with(blank, said), telecoms=_reached((), said.get("phone", ""), level))


def _structure_view(content: Content) -> Texts:
    told = StructureContent.of(content)
    plain = {name: str(getattr(told, name)) for name in PLAIN}
    return {"name": told.name, **plain, "phone": _phone(told.telecoms), "closed": YES if told.closed else ""}


def _offer_view(content: Content) -> Texts:
    told = OfferContent.of(content)
    return {
        "name": told.name,
        **{name: str(getattr(told, name)) for name in CODES},
        "care_modes": ",".join(told.care_modes),
        **{name: "" if getattr(told, name) is None else str(getattr(told, name)) for name in AGES},
        "phone": _phone(told.telecoms),
        "capacity": str(told.capacities[0].total) if told.capacities else "",
        "sensitive": YES if told.sensitive else "",
        "closed": YES if told.closed else "",
    }


def _person_view(content: Content) -> Texts:
    return {name: str(content[name]) for name in PERSON}


def _place_view(content: Content) -> Texts:
    return {"role": str(content["role"])}


def _structure_corrected(content: Content, fields: Texts, _: datetime) -> Content:
    told = StructureContent.of(content)
    changed: dict[str, Any] = {name: value for name, value in fields.items() if name in (*PLAIN, "name")}
    if "phone" in fields:
        return replace(told, **changed, telecoms=_reached(told.telecoms, fields["phone"], 1)).content()
    return replace(told, **changed).content()


def _offer_corrected(content: Content, fields: Texts, at: datetime) -> Content:
    told = _offer_with(OfferContent.of(content), fields)
    if "phone" in fields:
        told = replace(told, telecoms=_reached(told.telecoms, fields["phone"], 1))
    return replace(told, confirmed_at=at.isoformat()).content()


def _texts_corrected(content: Content, fields: Texts, _: datetime) -> Content:
    return {**content, **fields}


def _offer_with(offer: OfferContent, fields: Texts) -> OfferContent:
    changed: dict[str, Any] = {name: fields[name] for name in ("name", *CODES) if name in fields}
    changed |= {name: int(fields[name]) for name in AGES if fields.get(name)}
    if "care_modes" in fields:
        changed["care_modes"] = tuple(fields["care_modes"].split(","))
    if "sensitive" in fields:
        changed["sensitive"] = fields["sensitive"] == YES
    if fields.get("capacity"):
        first = offer.capacities[0] if offer.capacities else Capacity(PLACES_KIND, 0)
        changed["capacities"] = (replace(first, total=int(fields["capacity"])), *offer.capacities[1:])
    return replace(offer, **changed)


def _phone(telecoms: tuple[Telecom, ...]) -> str:
    return next((one.value for one in telecoms if one.channel in (MOBILE, FIXED)), "")


def _reached(telecoms: tuple[Telecom, ...], phone: str, confidentiality: int) -> tuple[Telecom, ...]:
    """With this as the first telephone, which keeps the label and the level of the one it replaces."""
    if not phone:
        return telecoms
    for place, one in enumerate(telecoms):
        if one.channel in (MOBILE, FIXED):
            return (*telecoms[:place], replace(one, value=phone), *telecoms[place + 1 :])
    channel = MOBILE if _digits(phone).startswith(("06", "07")) else FIXED
    return (Telecom(channel, phone, confidentiality=confidentiality), *telecoms)


def _digits(phone: str) -> str:
    found = "".join(character for character in phone if character.isdigit())
    return f"0{found[2:]}" if len(found) == 11 and found.startswith("33") else found


_VIEWS: Mapping[SubjectKind, Callable[[Content], Texts]] = MappingProxyType(
    {
        SubjectKind.STRUCTURE: _structure_view,
        SubjectKind.OFFER: _offer_view,
        SubjectKind.PROFESSIONAL: _person_view,
        SubjectKind.PLACE: _place_view,
    }
)
_CORRECTED: Mapping[SubjectKind, Callable[[Content, Texts, datetime], Content]] = MappingProxyType(
    {
        SubjectKind.STRUCTURE: _structure_corrected,
        SubjectKind.OFFER: _offer_corrected,
        SubjectKind.PROFESSIONAL: _texts_corrected,
        SubjectKind.PLACE: _texts_corrected,
    }
)
