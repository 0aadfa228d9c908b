"""From identity's answers to FHIR: Patient (FR Core 2.2.0), the Bundle of $match, the Parameters of $ihe-pix.

FR Core 2.2.0 knows neither RECUP nor QUAL. What was checked against an identity document (VALI, QUAL) is told as VALI,
all else as PROV; the INS, and with it fr-core-patient-ins, goes with qualified identities only (R-ID6, EXI SI 08).
"""

import math
from typing import Any

from terresante.identity.v1 import identity_service_pb2 as identity
from terresante.identity.v1 import linkage_service_pb2 as pb

from terresante_gateway.fhir import terms
from terresante_gateway.fhir.asked import CrossReference, Match
from terresante_gateway.fhir.outcomes import issue

Json = dict[str, Any]
GENDERS = {identity.SEX_MALE: "male", identity.SEX_FEMALE: "female"}
CHECKED = frozenset({identity.IDENTITY_STATUS_VALIDATED, identity.IDENTITY_STATUS_QUALIFIED})
FLAGS = {
    identity.IDENTITY_FLAG_HOMONYM: "HOMD",
    identity.IDENTITY_FLAG_DOUBTFUL: "DOUT",
    identity.IDENTITY_FLAG_FICTITIOUS: "FICT",
}
GRADES = {pb.MATCH_DECISION_AUTO: "certain", pb.MATCH_DECISION_REVIEW: "probable"}
_UNKNOWN_COUNTRY = "ZZ"


def patient(person: identity.Person) -> Json:
    """A person as fr-core-patient-ins where an INS may go with them, else as fr-core-patient."""
    ins = _ins(person)
    traits = person.traits
    found: Json = {
        "resourceType": "Patient",
        "id": person.person_id,
        "meta": {"versionId": str(person.version), "profile": [terms.PATIENT_INS if ins else terms.PATIENT]},
        "extension": [*_reliability(person), *_birth_place(traits)],
        "identifier": [*ins, regional(person.person_id)],
        "active": not person.merged_into,
        "name": _names(traits, listed=bool(ins)),
        "gender": GENDERS.get(traits.sex, "unknown"),
    }
    if traits.birth_date.year:
        found["birthDate"] = _birth_date(traits.birth_date)
    if links := _links(person):
        found["link"] = links
    return found


def _links(person: identity.Person) -> list[Json]:
    """The person that this one became, and those that became this one."""
    became = [(person.merged_into, "replaced-by")] if person.merged_into else []
    replaced = [(id, "replaces") for id in person.absorbed_ids]
    return [{"other": {"reference": f"Patient/{id}"}, "type": type} for id, type in (*became, *replaced)]


def _ins(person: identity.Person) -> list[Json]:
    """The INS of a qualified identity that can be told as fr-core-patient-ins asks: known sex, one COG code of birth;
    none of somebody absorbed, for whom it is history.
    """
    kind = terms.INS_TYPES.get(person.ins_oid)
    qualified = person.status == identity.IDENTITY_STATUS_QUALIFIED and not person.merged_into
    whole = person.traits.sex in GENDERS and len(person.traits.birth_place_codes) == 1
    if not (kind and person.ins_matricule and qualified and whole):
        return []
    return [
        {
            "use": "official",
            "type": _type(terms.FR_IDENTIFIER_TYPES, kind),
            "system": f"{terms.OID}{person.ins_oid}",
            "value": person.ins_matricule,
        }
    ]


def regional(person_id: str) -> Json:
    """The platform's own id, as an identifier that other systems may keep."""
    return {
        "use": "secondary",
        "type": _type(terms.IDENTIFIER_TYPES, "RRI"),
        "system": terms.URIS,
        "value": f"{terms.UUID}{person_id}",
    }


def _type(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _reliability(person: identity.Person) -> list[Json]:
    """The status, then one more extension for each attribute: each holds one code."""
    codes = ["VALI" if person.status in CHECKED else "PROV", *(FLAGS[flag] for flag in person.flags if flag in FLAGS)]
    return [
        {
            "url": terms.RELIABILITY,
            "extension": [{"url": "identityStatus", "valueCoding": {"system": terms.IDENTITY_STATUSES, "code": code}}],
        }
        for code in codes
    ]


def _birth_place(traits: identity.Traits) -> list[Json]:
    """Several communes share a postal code: none of them is told then."""
    codes = traits.birth_place_codes
    place: Json = {}
    if len(codes) == 1:
        coding = {"system": terms.COMMUNES, "code": codes[0]}
        place["extension"] = [{"url": terms.INSEE_CODE, "valueCoding": coding}]
    if traits.birth_postal_code:
        place["postalCode"] = traits.birth_postal_code
    if traits.birth_country not in ("", _UNKNOWN_COUNTRY):
        place["country"] = terms.THREE_LETTERS.get(traits.birth_country, traits.birth_country)
    return [{"url": terms.BIRTH_PLACE, "valueAddress": place}] if place else []


def _names(traits: identity.Traits, listed: bool) -> list[Json]:
    """Birth name, and the name in use as far as it is known. `listed`: all first names are told even if only one is."""
    born: Json = {"use": "official", "family": traits.birth_name, "given": [traits.first_name]}
    every = traits.given_names or (traits.first_name if listed else "")
    if every:
        born["extension"] = [{"url": terms.GIVEN_NAMES, "valueString": every}]
    used: Json = {"use": "usual"}
    if traits.used_name:
        used["family"] = traits.used_name
    if traits.used_first_name:
        used["given"] = [traits.used_first_name]
    return [born, used] if len(used) > 1 else [born]


def _birth_date(date: identity.BirthDate) -> str:
    """YYYY-MM-DD as far as it is known from the left: FHIR has no date without its month."""
    if not date.month:
        return f"{date.year:04}"
    return f"{date.year:04}-{date.month:02}" + (f"-{date.day:02}" if date.day else "")


def matches(reply: pb.MatchResponse, asked: Match, address: str) -> Json:
    """The candidates, best first. `address`: address of this FHIR server, blank if it does not know it."""
    found = list(reply.candidates)
    if asked.only_certain:
        certain = [one for one in found if one.evidence.decision == pb.MATCH_DECISION_AUTO]
        found = certain if len(certain) == 1 else []
    found = found[: asked.count]
    entries = [_candidate(one, address) for one in found] + _left_out(reply)
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    return bundle | ({"entry": entries} if entries else {})


def _candidate(candidate: pb.MatchCandidate, address: str) -> Json:
    id, evidence = candidate.person.person_id, candidate.evidence
    grade = GRADES.get(evidence.decision, "possible")
    return {
        "fullUrl": f"{address}/Patient/{id}" if address else f"{terms.UUID}{id}",
        "resource": patient(candidate.person),
        "search": {
            "extension": [{"url": terms.MATCH_GRADE, "valueCode": grade}],
            "mode": "match",
            "score": 1.0 if evidence.same_ins else probability(evidence.score),
        },
    }


def probability(score: float) -> float:
    """Of a natural logarithm of odds, 0 to 1 with six decimals: 1 / (1 + exp(-score)), without its overflow."""
    return round((1 + math.tanh(score / 2)) / 2, 6)


def _left_out(reply: pb.MatchResponse) -> list[Json]:
    """A warning that somebody may be missing, if some keys had to be left out."""
    if not reply.capped_keys:
        return []
    told = issue(
        "warning",
        "incomplete",
        "MATCH_KEYS_CAPPED",
        "Des rapprochements ont été écartés, trop de personnes les partageant : il peut manquer quelqu’un.",
        diagnostics=", ".join(reply.capped_keys),
    )
    return [{"resource": {"resourceType": "OperationOutcome", "issue": [told]}, "search": {"mode": "outcome"}}]


def cross_references(reply: pb.CrossReferenceResponse, asked: CrossReference) -> Json:
    """The other identifiers of a person, and who that is. Never an INS: a source's is only what its issuer claims."""
    own = regional(reply.person_id)
    numbers = [own, *(_number(one) for one in reply.sources if one.issuer[:1].isdigit())]
    known = (asked.system, asked.value)
    wanted = [
        one
        for one in numbers
        if (one["system"], one["value"]) != known and (not asked.targets or one["system"] in asked.targets)
    ]
    parameters: list[Json] = [{"name": "targetIdentifier", "valueIdentifier": one} for one in wanted]
    parameters.append({"name": "targetId", "valueReference": {"reference": f"Patient/{reply.person_id}"}})
    return {"resourceType": "Parameters", "parameter": parameters}


def _number(source: pb.SourceIdentity) -> Json:
    """An issuer's number; what was typed on the platform has none, and does not come here."""
    return {
        "use": "usual",
        "type": _type(terms.IDENTIFIER_TYPES, "PI"),
        "system": f"{terms.OID}{source.issuer}",
        "value": source.local_id,
    }
