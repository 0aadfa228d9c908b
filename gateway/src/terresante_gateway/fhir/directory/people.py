"""Professionals as Practitioner, where they practise as PractitionerRole."""

from terresante.directory.v1 import extract_service_pb2 as pb

from terresante_gateway.fhir import terms
from terresante_gateway.fhir.directory import names, parts
from terresante_gateway.fhir.directory.parts import Json


def practitioner(one: pb.ExtractedProfessional) -> Json:
    """A professional; in the profiles that require a national number only with an RPPS."""
    profiles = [names.ROR_PRACTITIONER, names.AS_PRACTITIONER] if one.rpps else [names.CORE_PRACTITIONER]
    numbers: list[Json] = []
    if one.rpps:
        national = f"{names.RPPS_PREFIX}{one.rpps}"
        numbers = [
            parts.number("IDNPS", names.NATIONAL_PERSON, national),
            parts.number("RPPS", names.RPPS, one.rpps),
        ]
    return {
        "resourceType": "Practitioner",
        "id": one.professional_id,
        "meta": parts.meta(one.dates, profiles, version=one.version),
        "extension": [parts.created(one.dates)],
        "identifier": [*numbers, parts.own_number(one.professional_id, terms.IDENTIFIER_TYPES, "RRI")],
        "active": True,
        "name": [{"use": "usual", "family": one.family_name, "given": [one.given_name]}],
        "qualification": [{"code": _profession(one)}],
    }


def _profession(one: pb.ExtractedProfessional) -> Json:
    """Codes of TRE_G15 are digits; others are this platform's own."""
    system = names.PROFESSIONS if one.profession.isdigit() else names.PROFESSION_CODES
    return parts.concept(system, one.profession) | {"text": one.profession_label}


def practitioner_role(one: pb.ExtractedPlace) -> Json:
    """A place of practice: in a structure. Which offers somebody takes part in, the directory does not know."""
    period = {"start": parts.instant(one.since)}
    if one.HasField("until"):
        period["end"] = parts.instant(one.until)
    found: Json = {
        "resourceType": "PractitionerRole",
        "id": one.place_id,
        "meta": parts.meta(one.dates, [names.AS_ROLE], one.territory_code),
        "extension": [parts.created(one.dates)],
        "identifier": [parts.own_number(one.place_id, terms.IDENTIFIER_TYPES, "RRI")],
        "active": one.active,
        "period": period,
        "practitioner": parts.reference("Practitioner", one.professional_id),
        "organization": parts.reference("Organization", one.structure_id),
    }
    return found | ({"code": [{"text": one.role}]} if one.role else {})
