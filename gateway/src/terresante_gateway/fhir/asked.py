"""From FHIR to identity's questions: who a Patient may be ($match), as what an identifier is known ($ihe-pix)."""

from dataclasses import dataclass

from terresante.identity.v1 import identity_service_pb2 as identity
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.refusals import Denied, Invalid

from terresante_gateway import binding
from terresante_gateway.fhir import terms
from terresante_gateway.fhir.given import Address, Extension, HumanName, Identifier, Parameters, Patient, refused

MOST_CANDIDATES = 10
_SEXES = {"male": identity.SEX_MALE, "female": identity.SEX_FEMALE}
_RESOURCE = "Parameters.parameter.where(name = 'resource').resource"


class SourceSystemUnknown(Invalid):
    """A `sourceIdentifier` of a domain that can be none of the platform's (PIXm: 400, code-invalid)."""

    reason = "FHIR_SOURCE_SYSTEM_UNKNOWN"


class TargetSystemUnknown(Denied):
    """A `targetSystem` that can be none of the platform's (PIXm: 403, code-invalid)."""

    reason = "FHIR_TARGET_SYSTEM_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Match:
    """Who is asked for, and how much of the answer is wanted."""

    request: pb.MatchRequest
    only_certain: bool
    count: int


@dataclass(frozen=True, slots=True)
class CrossReference:
    """What is known of a person, and which systems are asked for (none: all)."""

    request: pb.CrossReferenceRequest
    system: str
    value: str
    targets: frozenset[str]


def match(parameters: Parameters) -> Match:
    """The arguments of $match. Refuses with FIELDS_INVALID."""
    parameters.only("resource", "onlyCertainMatches", "count")
    patient: Patient = parameters.one("resource", "resource", "le Patient cherché")
    only_certain = parameters.one("onlyCertainMatches", "value_boolean") or False
    count = parameters.one("count", "value_integer")
    if count is not None and count < 1:
        raise refused("Parameters.parameter.where(name = 'count')", "Le nombre de candidats est au moins 1.")
    count = min(count or MOST_CANDIDATES, MOST_CANDIDATES)
    ins = _ins(patient)
    request = pb.MatchRequest(
        traits=_traits(patient),
        ins_matricule=(ins.value or "") if ins else "",
        ins_oid=terms.oid_of(ins.system or "") if ins else "",
        limit=MOST_CANDIDATES if only_certain else count,
    )
    return Match(request, only_certain, count)


def _traits(patient: Patient) -> pb.ReceivedTraits:
    """The strict traits. The name in use is passed over: it may be an old one, and the platform never guesses it."""
    if patient.modifier_extension or patient.implicit_rules:
        raise refused(_RESOURCE, "Ce Patient porte une extension ou des règles qui en changent le sens.")
    official = [name for name in patient.name if name.use == "official"]
    if len(official) != 1:
        raise refused(f"{_RESOURCE}.name", "Il faut un nom de naissance, et un seul (use = official).")
    place = _address(patient.extension)
    country = (place.country or "").strip()
    return pb.ReceivedTraits(
        birth_name=official[0].family or "",
        first_names=_first_names(official[0]),
        birth_date=patient.birth_date or "",
        sex=_SEXES.get(patient.gender or "", identity.SEX_UNKNOWN),
        birth_country=terms.TWO_LETTERS.get(country.upper(), country),
        birth_postal_code=place.postal_code or "",
        birth_code=_insee_code(place),
    )


def _first_names(name: HumanName) -> str:
    """The list of the birth certificate where it is given, else what `given` has. Refuses with FIELDS_INVALID."""
    listed = next((one.value_string for one in name.extension if one.url == terms.GIVEN_NAMES), None)
    return listed or " ".join(given for given in name.given if given)


def _address(extensions: list[Extension]) -> Address:
    found = next((one.value_address for one in extensions if one.url == terms.BIRTH_PLACE), None)
    return found or Address()


def _insee_code(place: Address) -> str:
    found = next((one.value_coding for one in place.extension if one.url == terms.INSEE_CODE), None)
    return (found.code if found else None) or ""


def _ins(patient: Patient) -> Identifier | None:
    """The INS in force, if one is given; an old one names nobody any more. Refuses with FIELDS_INVALID two of them."""
    found = [one for one in patient.identifier if one.use != "old" and is_ins(one)]
    if len({(one.system, one.value) for one in found}) > 1:
        raise refused(f"{_RESOURCE}.identifier", "Ce Patient a deux INS en vigueur.")
    if found and not found[0].value:
        raise refused(f"{_RESOURCE}.identifier", "L’INS n’a pas de matricule (value).")
    return found[0] if found else None


def is_ins(identifier: Identifier) -> bool:
    """By its OID; a number of social security under the same OID is none."""
    types = identifier.type.coding if identifier.type else []
    known = terms.oid_of(identifier.system or "") in terms.INS_TYPES
    return known and all(one.code != terms.SOCIAL_SECURITY for one in types)


def cross_reference(parameters: Parameters) -> CrossReference:
    """The arguments of $ihe-pix. Refuses with FIELDS_INVALID, ID_INVALID, FHIR_SOURCE_SYSTEM_UNKNOWN,
    FHIR_TARGET_SYSTEM_UNKNOWN.
    """
    parameters.only("sourceIdentifier", "targetSystem")
    source: Identifier = parameters.one("sourceIdentifier", "value_identifier", "l’identifiant connu")
    targets = list(parameters.every("targetSystem", "value_uri"))
    if not source.system or not source.value:
        raise refused(
            "Parameters.parameter.where(name = 'sourceIdentifier')", "Il faut system et value : qui, et quel numéro."
        )
    request = _reference(source, source.system, source.value)
    if not all(target == terms.URIS or terms.oid_of(target) for target in targets):
        raise TargetSystemUnknown(
            "Un des systèmes demandés n’est pas connu.",
            "Donnez des OID (urn:oid:…), ou aucun système pour tout recevoir.",
        )
    return CrossReference(request, _canonical(source.system), source.value, frozenset(map(_canonical, targets)))


def _canonical(system: str) -> str:
    """In the spelling of the answers."""
    oid = terms.oid_of(system)
    return f"{terms.OID}{oid}" if oid else system


def _reference(source: Identifier, system: str, value: str) -> pb.CrossReferenceRequest:
    oid = terms.oid_of(system)
    if system == terms.URIS and value.lower().startswith(terms.UUID):
        return pb.CrossReferenceRequest(person_id=binding.checked_id(value[len(terms.UUID) :], "sourceIdentifier"))
    if is_ins(source):
        return pb.CrossReferenceRequest(ins_matricule=value, ins_oid=oid)
    if oid and oid not in terms.INS_TYPES:
        return pb.CrossReferenceRequest(issuer=oid, local_id=value)
    raise SourceSystemUnknown(
        "Le système de cet identifiant n’est pas connu.",
        "Donnez l’OID de l’émetteur (urn:oid:…), de l’INS, ou urn:ietf:rfc:3986 pour une personne de la plateforme.",
    )
