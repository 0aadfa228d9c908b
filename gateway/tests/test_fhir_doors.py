"""The FHIR operations at the door: who may call them, what reaches identity, and refusals as OperationOutcomes."""

import json
from typing import Any

import pytest
from terresante.identity.v1 import identity_service_pb2 as identity
from terresante_gateway import app
from terresante_gateway.fhir import doors, outcomes
from terresante_gateway.openapi import DESCRIPTION
from terresante_gateway.problems import Fault
from terresante_platform import refusals
from terresante_platform.rpc.allow import rule_of

from .fhir_calls import FHIR, FHIR_JSON, MATCH, PIX, READ, ROOT, fhir, outcome_of
from .fhir_directory_calls import EXPORT, READS, SEARCHES
from .things import PATIENT, PLACE, Right

OPERATIONS = {one.operation_id: one for one in doors.operations("https://api.test")}
every = pytest.mark.parametrize("right", FHIR, ids=lambda right: right.operation)


def test_every_fhir_operation_has_its_right_call() -> None:
    right = {one.operation for one in (*FHIR, *READS, *SEARCHES, EXPORT)}
    files = {"get_export_status", "get_export_file"}
    assert {name for name, one in OPERATIONS.items() if one.declared.authz.kinds} == right | files
    assert {name for name, one in OPERATIONS.items() if not one.declared.authz.kinds} == {"get_capabilities"}


def test_the_openapi_of_the_portals_leaves_fhir_to_its_own_description() -> None:
    described = {one.path for one in app.described(app.State())[1]}

    assert not any(path.startswith("/fhir") for path in described)
    assert f"{ROOT}/metadata" in DESCRIPTION


@every
def test_a_fhir_operation_lets_in_whom_its_rpc_lets_in(right: Right) -> None:
    from terresante_identity.rpc.matching import Matching
    from terresante_identity.rpc.service import IdentityService

    method = right.rpc.partition(".")[2]
    rule = rule_of(getattr(IdentityService if method == "BatchGetPersons" else Matching, method))

    assert rule is not None and set(OPERATIONS[right.operation].declared.authz.kinds) == rule.people


@every
@pytest.mark.parametrize("media", [FHIR_JSON, "application/json", f"{FHIR_JSON}; fhirVersion=4.0"])
async def test_a_right_call_reaches_identity_and_is_answered_in_fhir(
    right: Right, media: str, gateway: Any, http: Any
) -> None:
    answer = await fhir(http, gateway, right, headers={"content-type": media, "terresante-place": PLACE})

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == FHIR_JSON
    assert answer.headers["cache-control"] == "no-store"
    asked = gateway.services.of(right.rpc)
    assert asked.request == right.request
    assert asked.call.place == PLACE


@every
async def test_without_a_token_nothing_is_asked(right: Right, gateway: Any, http: Any) -> None:
    answer = await http.request(right.method, right.path, json=right.json)

    assert (answer.status_code, outcome_of(answer)) == (401, ("LOGIN_REQUIRED", "login"))
    assert answer.headers["www-authenticate"] == 'Bearer realm="terresante"'
    assert gateway.services.asked == []


@every
async def test_kinds_of_people_not_named_are_refused(right: Right, gateway: Any, http: Any) -> None:
    for kind in {"professional", "administrator", "patient", "system"} - set(
        OPERATIONS[right.operation].declared.authz.kinds
    ):
        answer = await fhir(http, gateway, right, kind=kind)
        assert (answer.status_code, outcome_of(answer)) == (403, ("KIND_NOT_ALLOWED", "forbidden")), kind

    assert gateway.services.asked == []


@every
@pytest.mark.parametrize(
    ("refusal", "status", "reason", "code"),
    [
        (refusals.Invalid("Non.", "Faites ceci.", field="birth_date"), 400, "REQUEST_INVALID", "invalid"),
        (refusals.Denied("Non.", "Faites ceci."), 403, "ACCESS_DENIED", "forbidden"),
        (refusals.Unknown("Non.", "Faites ceci."), 404, "NOT_FOUND", "not-found"),
        (refusals.TooMany("Non.", "Faites ceci.", retry_after="47"), 429, "RATE_LIMITED", "throttled"),
        (refusals.Unavailable("Non.", "Faites ceci."), 503, "PART_UNAVAILABLE", "transient"),
    ],
)
async def test_a_refusal_of_identity_is_an_outcome(
    right: Right, refusal: Any, status: int, reason: str, code: str, gateway: Any, http: Any
) -> None:
    answer = await fhir(http, gateway, right, reply=refusal)

    assert (answer.status_code, outcome_of(answer)) == (status, (reason, code))
    (issue,) = answer.json()["issue"]
    assert issue["details"]["text"] == "Non. Faites ceci."
    assert issue["diagnostics"] == f"trace_id {answer.headers['traceresponse'].split('-')[1]}"
    assert issue.get("expression") == (["Patient.birthDate"] if status == 400 else None)
    assert ("retry-after" in answer.headers) == (status in (429, 503))


@every
async def test_a_fault_says_nothing_of_it(right: Right, gateway: Any, http: Any) -> None:
    answer = await fhir(http, gateway, right, reply=lambda _: 1 / 0)

    assert (answer.status_code, outcome_of(answer)) == (503, ("IDENTITY_FAULT", "transient"))
    assert "division" not in answer.text


def test_a_fault_of_ours_is_an_exception_and_a_kind_that_is_new_is_processing() -> None:
    class Odd(Fault):
        """Of a status that FHIR has no word for."""

        status = 418

    for fault, status, code in (
        (Fault("Panne.", "Réessayez."), 500, "exception"),
        (Odd("Non.", ""), 418, "processing"),
    ):
        written, body, _ = outcomes.written(fault, "0" * 32)
        (issue,) = json.loads(body)["issue"]
        assert (written, issue["code"], issue["details"]["coding"][0]["code"]) == (status, code, "FAULT")


@pytest.mark.parametrize("path", [f"{ROOT}/Observation", ROOT, f"{ROOT}/Patient/{PATIENT}/x", f"{ROOT}/Patient/"])
async def test_what_is_not_served_is_an_outcome(path: str, gateway: Any, http: Any) -> None:
    answer = await http.get(path, headers=gateway.bearer())

    assert (answer.status_code, outcome_of(answer)) == (404, ("ROUTE_UNKNOWN", "not-found"))


@pytest.mark.parametrize("right", [MATCH, PIX], ids=lambda right: right.operation)
async def test_no_number_may_come_in_an_address(right: Right, gateway: Any, http: Any, spans: Any) -> None:
    query = "?sourceIdentifier=urn:oid:1.2.250.1.213.1.4.10%7C251039402812392"

    answer = await http.get(right.path + query, headers=gateway.bearer("system"))

    assert (answer.status_code, outcome_of(answer)) == (405, ("METHOD_NOT_ALLOWED", "not-supported"))
    assert answer.headers["allow"] == "POST"
    assert "ne se mettent pas dans une adresse" in answer.json()["issue"][0]["details"]["text"]
    assert "251039402812392" not in answer.text + "".join(span.to_json() for span in spans())
    assert gateway.services.asked == []


async def test_an_encoded_dollar_is_the_same_address(gateway: Any, http: Any) -> None:
    gateway.services.answer(MATCH.rpc, MATCH.reply)

    answer = await http.post(f"{ROOT}/Patient/%24match", json=MATCH.json, headers=gateway.bearer("system"))

    assert answer.status_code == 200


@every
@pytest.mark.parametrize(
    "query", ["?_format=json", "?_format=application/fhir%2Bjson", "?_format=application/fhir+json"]
)
async def test_the_form_may_be_named(right: Right, query: str, gateway: Any, http: Any) -> None:
    assert (await fhir(http, gateway, right, query=query)).status_code == 200


@every
@pytest.mark.parametrize("query", ["?_format=xml", "?name=CARADEC", "?_format=json&_format=json", "?_pretty=x"])
async def test_another_parameter_is_refused(right: Right, query: str, gateway: Any, http: Any) -> None:
    answer = await fhir(http, gateway, right, query=query)

    assert (answer.status_code, outcome_of(answer)[1]) == (400, "invalid")
    assert "CARADEC" not in answer.text
    assert gateway.services.asked == []


async def test_an_id_of_another_form_is_refused(gateway: Any, http: Any) -> None:
    answer = await http.get(f"{ROOT}/Patient/CARADEC", headers=gateway.bearer())

    assert (answer.status_code, outcome_of(answer)) == (400, ("ID_INVALID", "invalid"))
    assert "CARADEC" not in answer.text


async def test_somebody_withheld_is_unknown(gateway: Any, http: Any) -> None:
    answer = await fhir(http, gateway, READ, reply=identity.BatchGetPersonsResponse(withheld_ids=[PATIENT]))

    assert (answer.status_code, outcome_of(answer)) == (404, ("PERSON_UNKNOWN", "not-found"))


async def test_the_capabilities_need_nobody_and_name_what_is_served(gateway: Any, http: Any) -> None:
    answer = await http.get(f"{ROOT}/metadata?mode=full&_format=json")

    statement = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, FHIR_JSON)
    assert (statement["resourceType"], statement["fhirVersion"], statement["kind"]) == (
        "CapabilityStatement",
        "4.0.1",
        "instance",
    )
    assert statement["implementation"]["url"] == f"https://api.test{ROOT}"
    (resource,) = [one for one in statement["rest"][0]["resource"] if one["type"] == "Patient"]
    named = {f"{ROOT}/Patient/${one['name']}" for one in resource["operation"]}
    read = {f"{ROOT}/Patient/{{patient}}"} if [one["code"] for one in resource["interaction"]] == ["read"] else set()
    served = {one.path for one in OPERATIONS.values() if one.declared.authz.resource != "directory"}
    assert named | read | {f"{ROOT}/metadata"} == served
    assert gateway.services.asked == []


async def test_the_portals_refusals_stay_problems(gateway: Any, http: Any) -> None:
    for path in ("/fhir", "/fhir/R4B", "/v1/nothing"):
        assert (await http.get(path)).headers["content-type"] == "application/problem+json"
