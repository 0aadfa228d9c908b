"""Structures as Organization: ror-organization for legal entities and sites, ror-internal-organization below them."""

from terresante.directory.v1 import extract_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror

from terresante_gateway.fhir import terms
from terresante_gateway.fhir.directory import names, parts
from terresante_gateway.fhir.directory.parts import Json

LEGAL_ENTITY, SITE, INTERNAL = (
    ror.STRUCTURE_LEVEL_LEGAL_ENTITY,
    ror.STRUCTURE_LEVEL_SITE,
    ror.STRUCTURE_LEVEL_INTERNAL,
)
LEVEL_CODES = {
    "LEGAL-ENTITY": LEGAL_ENTITY,
    "GEOGRAPHICAL-ENTITY": SITE,
}
"""Of fr-core-cs-v2-3307, which has no code for an internal organisation that we have seen published."""
INTERNAL_CODE = "OI"
FINESS_KINDS = {LEGAL_ENTITY: "FINEJ", SITE: "FINEG"}


def organization(one: pb.ExtractedStructure) -> Json:
    """A structure."""
    sheet, content = one.sheet, one.sheet.content
    internal = content.level == INTERNAL
    profiles = [names.ROR_INTERNAL] if internal else [names.ROR_ORGANIZATION, names.AS_ORGANIZATION]
    found: Json = {
        "resourceType": "Organization",
        "id": sheet.structure_id,
        "meta": parts.meta(one.dates, profiles, content.territory_code, sheet.version),
        "extension": [parts.created(one.dates), *_closed(sheet)],
        "identifier": [*_numbers(content), parts.own_number(sheet.structure_id, terms.IDENTIFIER_TYPES, "RRI")],
        "active": not sheet.closed,
        "type": [_type(content.level)],
        "name": content.name,
    }
    if mailboxes := parts.secure(content.telecoms, True):
        found["telecom"] = [parts.contact_point(each) for each in mailboxes]
    if address := _address(content):
        found["address"] = [address]
    if content.part_of:
        found["partOf"] = parts.reference("Organization", content.part_of)
    if ways := parts.secure(content.telecoms, False):
        found["contact"] = [_contact(each) for each in ways]
    return found


def _numbers(content: ror.StructureContent) -> list[Json]:
    """The national identifier is made of the first number that there is: FINESS, SIRET, SIREN."""
    found: list[Json] = []
    prefixed = [
        (names.FINESS_PREFIX, content.finess),
        (names.SIRET_PREFIX, content.siret),
        (names.SIREN_PREFIX, content.siren),
    ]
    national = next((prefix + value for prefix, value in prefixed if value), "")
    if national and content.level != INTERNAL:
        found.append(parts.number("IDNST", names.NATIONAL_STRUCTURE, national))
    if content.finess and content.level in FINESS_KINDS:
        found.append(parts.number(FINESS_KINDS[content.level], names.FINESS, content.finess))
    if content.siren:
        found.append(parts.number("SIREN", names.SIRENE, content.siren))
    if content.siret:
        found.append(parts.number("SIRET", names.SIRENE, content.siret))
    return found


def _type(level: int) -> Json:
    if level == INTERNAL:
        return parts.concept(names.STRUCTURE_LEVELS, INTERNAL_CODE)
    code = next(code for code, known in LEVEL_CODES.items() if known == level)
    mark = {"url": names.ORGANIZATION_TYPES, "valueCode": "organizationType"}
    return {"extension": [mark]} | parts.concept(names.ORGANIZATION_LEVELS, code)


def _closed(sheet: ror.StructureSheet) -> list[Json]:
    """Since when, and how, it is closed."""
    if not sheet.closed:
        return []
    found: list[Json] = []
    if sheet.closing_kind:
        kind = parts.concept(names.CLOSING_KINDS, sheet.closing_kind)
        found.append({"url": names.CLOSING, "valueCodeableConcept": kind})
    if sheet.HasField("valid_from"):
        found.append({"url": names.PERIOD, "valuePeriod": {"end": parts.instant(sheet.valid_from)}})
    return found


def _address(content: ror.StructureContent) -> Json:
    found = parts.address(content)
    if found and content.HasField("position"):
        where = content.position
        spot = [
            {"url": "latitude", "valueDecimal": where.latitude},
            {"url": "longitude", "valueDecimal": where.longitude},
        ]
        found.setdefault("extension", []).append({"url": names.GEOLOCATION, "extension": spot})
    return found


def _contact(telecom: ror.Telecom) -> Json:
    mark = parts.confidential(names.ORGANIZATION_CONTACT_LEVEL, telecom)
    return {"extension": [mark], "telecom": [parts.contact_point(telecom)]}
