"""Right calls of the FHIR operations, what the services answer to them, and how an OperationOutcome is read."""

from typing import Any

import httpx2
from terresante.identity.v1 import identity_service_pb2 as identity
from terresante.identity.v1 import linkage_service_pb2 as linkage

from .conftest import Running
from .linkage_calls import BARE_SOURCE, CANDIDATE, ISSUER, SOURCE
from .things import PATIENT, PERSON, Right

ROOT = "/fhir/R4"
FHIR_JSON = "application/fhir+json"
INS = "251039402812392"
INS_SYSTEM = "urn:oid:1.2.250.1.213.1.4.10"
CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
LISTED = {"url": f"{CORE}/fr-core-patient-birth-list-given-name", "valueString": "SOLENE ANNE"}
COMMUNE = {"url": f"{CORE}/fr-core-address-insee-code", "valueCoding": {"system": "x", "code": "94028"}}
SENT_PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "meta": {"profile": [f"{CORE}/fr-core-patient-ins|2.2.0"]},
    "identifier": [
        {"use": "usual", "type": {"coding": [{"code": "PI"}]}, "system": f"urn:oid:{ISSUER}", "value": "0004711"},
        {"use": "official", "system": INS_SYSTEM, "value": INS},
    ],
    "name": [
        {"use": "usual", "family": "LE GOFF", "given": ["SOLY"]},
        {"use": "official", "family": "CARADEC", "given": ["SOLENE"], "extension": [LISTED]},
    ],
    "gender": "female",
    "birthDate": "1951-03",
    "extension": [
        {
            "url": BIRTH_PLACE,
            "valueAddress": {"city": "Créteil", "postalCode": "94000", "country": "FRA", "extension": [COMMUNE]},
        }
    ],
    "telecom": [{"system": "phone", "value": "01 99 00 00 00"}],
}
ASKED_TRAITS = linkage.ReceivedTraits(
    birth_name="CARADEC",
    first_names="SOLENE ANNE",
    birth_date="1951-03",
    sex=identity.SEX_FEMALE,
    birth_country="FR",
    birth_postal_code="94000",
    birth_code="94028",
)


def parameters(*given: dict[str, Any]) -> dict[str, Any]:
    """A Parameters resource."""
    return {"resourceType": "Parameters", "parameter": list(given)}


def asking(patient: dict[str, Any] | None = None, *more: dict[str, Any]) -> dict[str, Any]:
    """The arguments of $match."""
    return parameters({"name": "resource", "resource": patient or SENT_PATIENT}, *more)


def known_as(system: str, value: str, *targets: str, **more: Any) -> dict[str, Any]:
    """The arguments of $ihe-pix."""
    source = {"name": "sourceIdentifier", "valueIdentifier": {"system": system, "value": value, **more}}
    return parameters(source, *({"name": "targetSystem", "valueUri": one} for one in targets))


FHIR = [
    Right("match_patient", "POST", f"{ROOT}/Patient/$match", "system", "identity.Match",
        linkage.MatchResponse(candidates=[CANDIDATE]), json=asking(),
        request=linkage.MatchRequest(traits=ASKED_TRAITS, ins_matricule=INS, ins_oid="1.2.250.1.213.1.4.10", limit=10)),
    Right("cross_reference_patient", "POST", f"{ROOT}/Patient/$ihe-pix", "system", "identity.CrossReference",
        linkage.CrossReferenceResponse(person_id=PATIENT, sources=[SOURCE, BARE_SOURCE]),
        json=known_as(f"urn:oid:{ISSUER}", "0004711"),
        request=linkage.CrossReferenceRequest(issuer=ISSUER, local_id="0004711")),
    Right("read_patient", "GET", f"{ROOT}/Patient/{PATIENT}", "professional", "identity.BatchGetPersons",
        identity.BatchGetPersonsResponse(persons=[PERSON]),
        request=identity.BatchGetPersonsRequest(person_ids=[PATIENT], with_absorbed=True)),
]  # fmt: skip
MATCH, PIX, READ = FHIR


def outcome_of(answer: httpx2.Response) -> tuple[str, str]:
    """The reason and the issue type of a refusal, after checking that it is a whole one."""
    outcome = answer.json()
    assert answer.headers["content-type"] == FHIR_JSON
    assert outcome["resourceType"] == "OperationOutcome"
    for issue in outcome["issue"]:
        assert issue["severity"] == "error" and issue["details"]["text"] and issue["diagnostics"]
    (reason,) = {issue["details"]["coding"][0]["code"] for issue in outcome["issue"]}
    return reason, outcome["issue"][0]["code"]


async def fhir(http: httpx2.AsyncClient, gateway: Running, right: Right, **changed: Any) -> httpx2.Response:
    """The answer to a right call with what a test changes of it."""
    gateway.services.answer(right.rpc, changed.pop("reply", right.reply))
    headers = gateway.bearer(changed.pop("kind", right.kind)) | {"content-type": FHIR_JSON} | changed.pop("headers", {})
    path = right.path + changed.pop("query", "")
    given = {"json": right.json} | changed
    if right.method == "GET":
        headers.pop("content-type")
    return await http.request(right.method, path, headers=headers, **given)
