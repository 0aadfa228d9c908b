"""The FHIR operations on the directory at the door, and its $export: kick-off, status, files."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx2
import pytest
from terresante.directory.v1 import extract_service_pb2 as pb
from terresante_directory.rpc.extracting import ExtractService
from terresante_gateway.fhir import doors
from terresante_gateway.fhir.directory.exporting import MARGIN
from terresante_gateway.fhir.directory.resources import RESOURCES
from terresante_platform import refusals
from terresante_platform.rpc.allow import rule_of

from .fhir_calls import FHIR_JSON, ROOT, outcome_of
from .fhir_checking import faults
from .fhir_directory_calls import EXPORT, EXTRACT, OFFER, READS, SEARCHES, SITE, WHOLE, asked
from .things import Right, at

OPERATIONS = {one.operation_id: one for one in doors.operations("https://api.test")}
every = pytest.mark.parametrize("right", [*READS, *SEARCHES], ids=lambda right: right.operation)
NDJSON = "application/fhir+ndjson"


@every
def test_an_operation_lets_in_whom_its_rpc_lets_in(right: Right) -> None:
    rule = rule_of(ExtractService.Extract)

    assert rule is not None and set(OPERATIONS[right.operation].declared.authz.kinds) == rule.people
    assert OPERATIONS["export_directory"].declared.authz == OPERATIONS[right.operation].declared.authz


@every
async def test_a_right_call_asks_the_directory_once_and_is_answered_in_fhir(
    right: Right, gateway: Any, http: Any
) -> None:
    answer = await asked(http, gateway, right.path, right.kind)

    assert (answer.status_code, answer.headers["content-type"]) == (200, FHIR_JSON), answer.text
    assert gateway.services.of(EXTRACT).request == right.request


@pytest.mark.parametrize("path", [*(right.path for right in (*READS, *SEARCHES)), EXPORT.path])
async def test_nobody_and_patients_get_nothing(path: str, gateway: Any, http: Any) -> None:
    nobody = await http.get(path)
    patient = await http.get(path, headers=gateway.bearer("patient"))

    assert (nobody.status_code, outcome_of(nobody)) == (401, ("LOGIN_REQUIRED", "login"))
    assert (patient.status_code, outcome_of(patient)) == (403, ("KIND_NOT_ALLOWED", "forbidden"))
    assert gateway.services.asked == []


@every
@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (refusals.Invalid("Non.", "Faites ceci."), 400, "invalid"),
        (refusals.Denied("Non.", "Faites ceci."), 403, "forbidden"),
        (refusals.Unavailable("Non.", "Faites ceci."), 503, "transient"),
    ],
)
async def test_a_refusal_of_the_directory_is_an_outcome(
    right: Right, refusal: Any, status: int, code: str, gateway: Any, http: Any
) -> None:
    answer = await asked(http, gateway, right.path, reply=refusal)

    assert (answer.status_code, outcome_of(answer)[1]) == (status, code)
    assert faults(answer.json()) == []


@pytest.mark.parametrize("right", READS, ids=lambda right: right.operation)
@pytest.mark.parametrize("query", ["?_format=xml", "?name=x", "?_include=x"])
async def test_a_reading_has_no_other_parameters(right: Right, query: str, gateway: Any, http: Any) -> None:
    answer = await asked(http, gateway, right.path + query)

    assert (answer.status_code, outcome_of(answer)) == (400, ("FIELDS_INVALID", "invalid"))
    assert gateway.services.asked == []


async def test_an_id_of_another_form_is_refused(gateway: Any, http: Any) -> None:
    answer = await asked(http, gateway, "Practitioner/CARADEC")

    assert (answer.status_code, outcome_of(answer)) == (400, ("ID_INVALID", "invalid"))
    assert "CARADEC" not in answer.text


async def test_the_capabilities_declare_what_is_served_and_no_more(gateway: Any, http: Any) -> None:
    (rest,) = (await http.get(f"{ROOT}/metadata")).json()["rest"]
    declared = {one["type"]: one for one in rest["resource"] if one["type"] != "Patient"}

    assert declared.keys() == RESOURCES.keys()
    for type, one in declared.items():
        assert [parameter["name"] for parameter in one["searchParam"]] == [
            *RESOURCES[type].parameters,
            "_filter",
        ]
        assert {each["code"] for each in one["interaction"]} == {"read", "search-type"}
        included = {*one.get("searchInclude", []), *one.get("searchRevInclude", [])}
        assert included == set(RESOURCES[type].inclusions)
        for name in ("searchInclude", "searchRevInclude"):
            asks = "_include" if name == "searchInclude" else "_revinclude"
            for inclusion in one.get(name, []):
                answer = await asked(http, gateway, f"{type}?{asks}={inclusion}")
                assert answer.status_code == 200, answer.text
    assert [one["name"] for one in rest["operation"]] == ["export"]
    served = {one.path for one in OPERATIONS.values()}
    assert {f"{ROOT}/{type}" for type in declared} | {f"{ROOT}/$export"} <= served


async def export(http: httpx2.AsyncClient, headers: dict[str, str], query: str = "") -> dict[str, Any]:
    """The manifest of an export."""
    begun = await http.get(f"{ROOT}/$export{query}", headers=headers | {"prefer": "respond-async"})
    assert begun.status_code == 202, begun.text
    status = await http.get(path_of(begun.headers["content-location"]), headers=headers)
    assert (status.status_code, status.headers["content-type"]) == (200, "application/json")
    manifest: dict[str, Any] = status.json()
    return manifest


def path_of(url: str) -> str:
    assert url.startswith(f"https://api.test{ROOT}/")
    return url.removeprefix("https://api.test")


async def lines(http: httpx2.AsyncClient, headers: dict[str, str], url: str) -> list[dict[str, Any]]:
    """The resources of a file."""
    answer = await http.get(path_of(url), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, NDJSON)
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_an_export_has_a_file_for_each_type_and_every_line_is_a_resource(gateway: Any, http: Any) -> None:
    headers = gateway.bearer("system")
    before = datetime.now(UTC)
    manifest = await export(http, headers)
    told = datetime.fromisoformat(manifest["transactionTime"])
    assert before - MARGIN <= told <= datetime.now(UTC) - MARGIN
    gateway.services.answer(EXTRACT, pb.ExtractResponse(offers=[OFFER], structures=[SITE], matched=1))

    assert [one["type"] for one in manifest["output"]] == list(RESOURCES)
    assert manifest["requiresAccessToken"] is True
    assert (manifest["request"], manifest["error"]) == (f"https://api.test{ROOT}/$export", [])
    urls = {one["type"]: one["url"] for one in manifest["output"]}
    (service,) = await lines(http, headers, urls["HealthcareService"])
    (location,) = await lines(http, headers, urls["Location"])
    assert (service["resourceType"], location["resourceType"]) == ("HealthcareService", "Location")
    assert faults(service) + faults(location) == []


async def test_a_file_is_read_page_by_page_to_the_end(gateway: Any, http: Any) -> None:
    headers = gateway.bearer("system")
    manifest = await export(http, headers, "?_type=HealthcareService")
    pages = [
        pb.ExtractResponse(offers=[OFFER] * 2, matched=2, next_cursor="a"),
        pb.ExtractResponse(offers=[OFFER], matched=1),
    ]
    gateway.services.asked.clear()
    gateway.services.answer(EXTRACT, lambda request: pages[1] if request.cursor == "a" else pages[0])

    (file,) = manifest["output"]
    assert len(await lines(http, headers, file["url"])) == 3
    assert [(one.request.cursor, one.request.limit) for one in gateway.services.asked] == [("", 200), ("a", 200)]


async def test_an_export_keeps_to_what_was_asked(gateway: Any, http: Any) -> None:
    headers = gateway.bearer("administrator")
    query = (
        "?_type=HealthcareService,Organization&_since=2026-03-02T08:15:00.25Z&_outputFormat=application/fhir%2Bndjson"
        "&_typeFilter=HealthcareService%3Factive%3Dtrue,false%26characteristic%3D28"
    )
    manifest = await export(http, headers, query)
    gateway.services.answer(EXTRACT, pb.ExtractResponse())

    for file in manifest["output"]:
        assert await lines(http, headers, file["url"]) == []
    offers, structures = [one.request.filter for one in gateway.services.asked]
    assert offers == pb.ExtractFilter(with_closed=True, care_modes=["28"], changed_from=at())
    assert structures == pb.ExtractFilter(changed_from=at())


async def test_a_file_that_breaks_off_is_no_whole_file(gateway: Any, http: Any) -> None:
    headers = gateway.bearer("system")
    manifest = await export(http, headers, "?_type=Practitioner")
    more = pb.ExtractResponse(professionals=WHOLE.professionals, matched=1, next_cursor="a")

    def answers(request: pb.ExtractRequest) -> pb.ExtractResponse:
        if request.cursor:
            raise refusals.Denied("Votre compte est suspendu.", "")
        return more

    gateway.services.answer(EXTRACT, answers)
    with pytest.raises(httpx2.TransportError):
        await http.get(path_of(manifest["output"][0]["url"]), headers=headers)


async def test_a_file_that_the_service_refuses_is_refused(gateway: Any, http: Any) -> None:
    headers = gateway.bearer("system")
    manifest = await export(http, headers, "?_type=Practitioner")
    gateway.services.answer(EXTRACT, refusals.Denied("Votre compte est suspendu.", ""))

    answer = await http.get(path_of(manifest["output"][0]["url"]), headers=headers)

    assert answer.status_code == 403


async def test_an_export_is_who_asked_for_its(gateway: Any, http: Any) -> None:
    manifest = await export(http, gateway.bearer("system"), "?_type=Practitioner")
    url = path_of(manifest["output"][0]["url"])
    job = dict(parse_qsl(urlsplit(url).query))["job"]
    gateway.services.asked.clear()

    for path in (url, f"{ROOT}/$export-status?job={job}", f"{ROOT}/$export-file?type=Practitioner&job=x{job}"):
        answer = await http.get(path, headers=gateway.bearer("system"))
        assert (answer.status_code, outcome_of(answer)) == (400, ("CURSOR_INVALID", "invalid"))
    assert gateway.services.asked == []


@pytest.mark.parametrize(
    ("query", "prefer"),
    [
        ("", ""),
        ("", "handling=strict"),
        ("?_type=Patient", "respond-async"),
        ("?_type=Location,Location", "respond-async"),
        ("?_since=hier", "respond-async"),
        ("?_outputFormat=csv", "respond-async"),
        ("?_typeFilter=Location", "respond-async"),
        ("?_typeFilter=Location%3Fcolour%3Dred", "respond-async"),
        ("?_typeFilter=Location%3F_count%3D5", "respond-async"),
        ("?_typeFilter=Patient%3Fname%3Dx", "respond-async"),
        ("?_typeFilter=Location%3Fstatus%3Dactive&_typeFilter=Location%3Fstatus%3Dactive", "respond-async"),
        ("?_type=Location&_typeFilter=Organization%3Fname%3Dx", "respond-async"),
        ("?includeAssociatedData=_myCompleteExtract", "respond-async"),
        ("?patient=1", "respond-async"),
        ("?_typeFilter=Location%3F_id%3D" + ",".join([str(UUID(int=9))] * 25), "respond-async"),
    ],
)
async def test_an_export_of_something_else_is_refused(query: str, prefer: str, gateway: Any, http: Any) -> None:
    headers = gateway.bearer("system") | ({"prefer": prefer} if prefer else {})

    answer = await http.get(f"{ROOT}/$export{query}", headers=headers)

    assert (answer.status_code, outcome_of(answer)) == (400, ("FIELDS_INVALID", "invalid"))


@pytest.mark.parametrize("path", ["$export-status", "$export-file", "$export-file?type=Practitioner"])
async def test_a_file_of_no_export_is_refused(path: str, gateway: Any, http: Any) -> None:
    answer = await http.get(f"{ROOT}/{path}", headers=gateway.bearer("system"))

    assert (answer.status_code, outcome_of(answer)) == (400, ("FIELDS_INVALID", "invalid"))


async def test_a_file_of_a_type_that_was_not_exported_is_refused(gateway: Any, http: Any) -> None:
    headers = gateway.bearer("system")
    manifest = await export(http, headers, "?_type=Practitioner")
    url = path_of(manifest["output"][0]["url"]).replace("type=Practitioner", "type=Organization")

    answer = await http.get(url, headers=headers)

    assert (answer.status_code, outcome_of(answer)) == (400, ("FIELDS_INVALID", "invalid"))
