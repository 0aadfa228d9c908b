"""Resources of the ROR in FHIR: organisations and what they offer. Others are kept out, and told.

Profiles ror-organization, ror-healthcareservice (domain §3.1). A FINESS is an identifier whose system is FINESS's
(`https://finess.esante.gouv.fr`, whatever its edition) or whose type is FINEJ or FINEG (fr-core-cs-v2-0203).
"""

from collections.abc import Mapping
from typing import Any

from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.imports.said import Line, NotSaid, Said, filled, formulas, structure_texts
from terresante_directory.domain.structures import StructureLevel

PHONES = ("phone", "sms")
LEVELS = {
    "LEGAL-ENTITY": StructureLevel.LEGAL_ENTITY.value,
    "EJ": StructureLevel.LEGAL_ENTITY.value,
    "GEOGRAPHICAL-ENTITY": StructureLevel.SITE.value,
    "EG": StructureLevel.SITE.value,
    "INTERNAL-ORGANIZATION": StructureLevel.INTERNAL.value,
    "OI": StructureLevel.INTERNAL.value,
}
Resource = Mapping[str, Any]


def line(number: int, resource: object) -> Line:
    """Raises `NotSaid`."""
    if not isinstance(resource, Mapping):
        raise NotSaid("JSON_INVALID")
    try:
        if resource.get("resourceType") == "Organization":
            return _organisation(number, resource)
        if resource.get("resourceType") == "HealthcareService":
            return _offer(number, resource)
    except (AttributeError, KeyError, TypeError, IndexError):
        raise NotSaid("JSON_INVALID") from None
    return Line(number, (), ("RESOURCE_NOT_TAKEN",))


def _organisation(number: int, resource: Resource) -> Line:
    id = _text(resource.get("id"))
    if not id:
        raise NotSaid("KEY_MISSING")
    finess = _identifier(resource, "finess", ("FINEG", "FINEJ"))
    address: Mapping[str, Any] = next(iter(resource.get("address") or []), {})
    texts = filled(
        name=_text(resource.get("name")),
        level=_level(resource, finess),
        finess=finess,
        siret=_identifier(resource, "siret", ("SIRET",)),
        address_line=" ".join(map(_text, address.get("line") or [])),
        postal_code=_text(address.get("postalCode")),
        commune=_text(address.get("city")),
        commune_code=_commune(address),
        phone=_phone(resource),
    )
    content, doubts = structure_texts(texts)
    if above := _referred(resource.get("partOf")):
        content["parent"] = f"id:{above}"
    return Line(number, (Said(SubjectKind.STRUCTURE, f"id:{id}", content),), tuple(doubts))


def _offer(number: int, resource: Resource) -> Line:
    id, structure = _text(resource.get("id")), _referred(resource.get("providedBy"))
    if not id or not structure:
        raise NotSaid("STRUCTURE_UNKNOWN" if id else "KEY_MISSING")
    content = filled(
        structure=f"id:{structure}",
        name=_text(resource.get("name"))[:200],
        type=_coded(resource.get("category")),
        field=_coded(resource.get("type")),
        activity=_coded(resource.get("specialty")),
        phone=_phone(resource),
    )
    if "name" not in content:
        raise NotSaid("STRUCTURE_NAME_INVALID")
    return Line(number, (Said(SubjectKind.OFFER, f"id:{id}", content),), formulas(content))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _identifier(resource: Resource, system: str, types: tuple[str, ...]) -> str:
    for one in resource.get("identifier") or []:
        codes = {_text(coding.get("code")) for coding in (one.get("type") or {}).get("coding") or []}
        if system in _text(one.get("system")).lower() or codes & set(types):
            return _text(one.get("value"))
    return ""


def _level(resource: Resource, finess: str) -> str:
    """As its type says; else a site if it has a FINESS, an internal organisation if it has none."""
    for concept in resource.get("type") or []:
        for coding in concept.get("coding") or []:
            if level := LEVELS.get(_text(coding.get("code")).upper()):
                return level
    return StructureLevel.SITE.value if finess or not resource.get("partOf") else StructureLevel.INTERNAL.value


def _commune(address: Mapping[str, Any]) -> str:
    """The extension fr-core-address-insee-code."""
    told = (one for one in address.get("extension") or [] if "insee-code" in _text(one.get("url")))
    return next((_text((one.get("valueCoding") or {}).get("code")) for one in told), "")


def _phone(resource: Resource) -> str:
    told = (_text(one.get("value")) for one in resource.get("telecom") or [] if one.get("system") in PHONES)
    return next((value[:250] for value in told if value), "")


def _referred(reference: Any) -> str:
    return _text((reference or {}).get("reference")).rpartition("/")[2]


def _coded(concepts: Any) -> str:
    for concept in concepts or []:
        for coding in concept.get("coding") or []:
            if code := _text(coding.get("code")):
                return code[:40]
    return ""
