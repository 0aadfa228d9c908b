"""Each operation: what reaches the service, and the shape of the answer."""

import hashlib
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest
from terresante.consent.v1 import consent_service_pb2 as consent
from terresante.consent.v1 import journal_service_pb2 as journal
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.identity.v1 import identity_service_pb2 as identity
from terresante.records.v1 import records_service_pb2 as records
from terresante_gateway import app, openapi

from .calling import programmed, reason_of, sent
from .operations import RIGHT
from .things import (
    AT,
    DOCTOR,
    DOCUMENT,
    ENTRY,
    NAMES,
    NURSE,
    OTHER,
    PATIENT,
    PERSON,
    PLACE,
    PRACTICE,
    RECORD,
    THING,
    Right,
)

BY_ID = {right.operation: right for right in RIGHT}
DESCRIPTION = openapi.document(*app.described(app.State()))


def described(operation: str) -> dict[str, Any]:
    """An operation as the OpenAPI describes it."""
    return next(
        one for methods in DESCRIPTION["paths"].values() for one in methods.values() if one["operationId"] == operation
    )


def test_every_operation_has_its_right_call() -> None:
    _, operations = app.described(app.State())
    guarded = {one.operation_id for one in operations if one.declared.authz.kinds}

    assert guarded == {right.operation for right in RIGHT}


@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.operation)
async def test_a_right_call_reaches_its_service_and_is_answered_as_described(
    right: Right, gateway: Any, http: Any, services: Any
) -> None:
    programmed(gateway, right)

    answer = await sent(http, gateway, right, {"terresante-place": PLACE})

    assert answer.status_code == right.status, answer.text
    asked = next(one for one in services.asked if one.rpc == right.rpc)
    assert right.request is None or asked.request == right.request
    assert asked.call.place == PLACE
    assert asked.call.service == "gateway"
    success = described(right.operation)["responses"][str(right.status)]
    assert ("ETag" in success["headers"]) == ("etag" in answer.headers)
    content = success.get("content", {})
    if "application/json" in content and right.operation != "export_journal":
        schema = content["application/json"]["schema"] | {"components": DESCRIPTION["components"]}
        jsonschema_rs.validate(schema, answer.json(), validate_formats=True)
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.operation)
async def test_answers_are_never_kept_nor_sniffed_and_tell_their_time(right: Right, gateway: Any, http: Any) -> None:
    programmed(gateway, right)

    answer = await sent(http, gateway, right)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["server-timing"].startswith("total;dur=")
    assert "server" not in answer.headers


async def test_a_person_is_shown_in_the_words_of_the_rniv(gateway: Any, http: Any) -> None:
    programmed(gateway, BY_ID["get_patient"])

    person = (await sent(http, gateway, BY_ID["get_patient"])).json()

    assert person["traits"]["birth_date"] == "1951-03-00"
    assert (person["traits"]["sex"], person["status"], person["flags"]) == ("F", "QUAL", ["homonyme"])
    assert person["ins"] == {"matricule": "251039402812392", "oid": "1.2.250.1.213.1.4.10"}
    assert person["created_at"] == AT


async def test_a_withheld_person_is_unknown(gateway: Any, http: Any, services: Any) -> None:
    services.answer("identity.BatchGetPersons", identity.BatchGetPersonsResponse(withheld_ids=[PATIENT]))

    answer = await http.get(RECORD, headers=gateway.bearer())

    assert (answer.status_code, reason_of(answer)) == (404, "PERSON_UNKNOWN")


async def test_my_patients_come_even_when_their_identity_does_not(gateway: Any, http: Any, services: Any) -> None:
    programmed(gateway, BY_ID["list_my_patients"])
    services.answer("identity.BatchGetPersons", identity.BatchGetPersonsResponse(withheld_ids=[PATIENT]))

    (patient,) = (await sent(http, gateway, BY_ID["list_my_patients"])).json()["items"]

    assert (patient["id"], patient["person"]) == (PATIENT, None)


async def test_creating_somebody_known_gives_the_candidates_and_makes_no_one(
    gateway: Any, http: Any, services: Any
) -> None:
    candidate = identity.Candidate(person=PERSON, equal_traits=["birth_date"])
    services.answer("identity.CreatePerson", identity.CreatePersonResponse(candidates=[candidate]))

    answer = await sent(http, gateway, BY_ID["create_person"])

    assert (answer.status_code, reason_of(answer)) == (409, "IDENTITY_CANDIDATES")
    assert answer.json()["candidates"][0]["person"]["id"] == PATIENT


async def test_a_professional_reads_where_they_practise(gateway: Any, http: Any, services: Any) -> None:
    for rpc, reply in NAMES.items():
        services.answer(rpc, reply)

    me = (await http.get("/v1/me", headers=gateway.bearer("professional", UUID(DOCTOR), acr=3))).json()

    assert (me["id"], me["kind"], me["acr"]) == (DOCTOR, "professional", 3)
    (place,) = me["professional"]["places"]
    assert (place["id"], place["structure"], place["role"]) == (PLACE, "Cabinet des Lilas", "généraliste")


async def test_a_patient_reads_who_they_are(gateway: Any, http: Any, services: Any) -> None:
    services.answer("identity.BatchGetPersons", identity.BatchGetPersonsResponse(persons=[PERSON]))

    me = (await http.get("/v1/me", headers=gateway.bearer("patient", UUID(PATIENT)))).json()

    assert me["person"]["traits"]["birth_name"] == "CARADEC"
    assert me["professional"] is None


@pytest.mark.parametrize(
    ("sent_with", "replace"),
    [({}, False), ({"json": {}}, False), ({"json": {"replace": False}}, False), ({"json": {"replace": True}}, True)],
    ids=str,
)
async def test_a_code_replaces_an_account_in_use_only_where_that_is_asked(
    sent_with: dict[str, Any], replace: bool, gateway: Any, http: Any, services: Any
) -> None:
    right = next(right for right in RIGHT if right.operation == "issue_activation")
    programmed(gateway, right)

    answer = await http.request("POST", right.path, headers=gateway.bearer(), **sent_with)

    assert answer.status_code == 201
    assert services.of("identity.IssueActivation").request.replace is replace


async def test_who_is_suspended_in_haste_needs_no_reason(gateway: Any, http: Any, services: Any) -> None:
    right = BY_ID["suspend_account"]
    programmed(gateway, right)

    answer = await http.post(right.path, headers=gateway.bearer("administrator"))

    assert answer.status_code == 201
    assert services.of("directory.SuspendAccount").request.why == ""


async def test_the_circle_names_members_and_who_invited_them(gateway: Any, http: Any, services: Any) -> None:
    programmed(gateway, BY_ID["get_circle"])

    circle = (await sent(http, gateway, BY_ID["get_circle"])).json()

    nurse, practice = circle["members"]
    assert (nurse["professional"]["name"], nurse["invited_by"]["name"]) == ("Inès Caradec", "Maud Ferrandi")
    assert practice["structure"]["structure"] == "Cabinet des Lilas"
    assert (practice["invited_by"]["kind"], practice["invited_by"]["id"]) == ("patient", PATIENT)
    batch = services.of("directory.BatchGetProfessionals").request.professional_ids
    assert sorted(batch) == sorted([NURSE, DOCTOR, PATIENT])
    assert not [asked for asked in services.asked if asked.rpc == "identity.BatchGetPersons"]


async def test_a_document_list_costs_one_call_unless_names_are_asked(gateway: Any, http: Any, services: Any) -> None:
    programmed(gateway, BY_ID["list_documents"])

    bare = (await http.get(f"{RECORD}/documents", headers=gateway.bearer())).json()
    calls = [asked.rpc for asked in services.asked]
    named = (await http.get(f"{RECORD}/documents?names=true", headers=gateway.bearer())).json()

    assert calls == ["records.ListDocuments"]
    assert bare["items"][0]["author"] is None and bare["total"] is None
    assert named["items"][0]["author"]["name"] == "Maud Ferrandi"


async def test_content_comes_back_identical_as_an_attachment(gateway: Any, http: Any, services: Any) -> None:
    content = bytes(range(256)) * 1000
    about = records.Document()
    about.CopyFrom(DOCUMENT)
    about.size, about.sha256 = len(content), hashlib.sha256(content).hexdigest()
    pieces = [records.ReadContentResponse(chunk=content[at : at + 65536]) for at in range(0, len(content), 65536)]
    services.answer("records.ReadContent", [records.ReadContentResponse(document=about), *pieces])

    answer = await http.get(f"{RECORD}/documents/{THING}/content", headers=gateway.bearer())

    assert answer.content == content
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="{THING}.pdf"'
    assert answer.headers["repr-digest"].startswith("sha-256=:")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_journal_reads_in_french_with_names_joined_in_one_call_each(
    gateway: Any, http: Any, services: Any
) -> None:
    programmed(gateway, BY_ID["list_journal"])
    own = journal.Entry()
    own.CopyFrom(ENTRY)
    own.actor_kind, own.actor_id, own.allowed = "patient", PATIENT, True
    services.answer("consent.ListEntries", journal.ListEntriesResponse(entries=[ENTRY, own]))

    headers = gateway.bearer("patient", UUID(PATIENT))
    refused, mine = (await http.get(f"{RECORD}/journal", headers=headers)).json()["items"]

    assert refused["who"] == {
        "kind": "professional",
        "id": DOCTOR,
        "name": "Maud Ferrandi",
        "profession": "10",
        "profession_label": "Médecin",
    }
    assert refused["place"] == {
        "place_id": PLACE,
        "role": "généraliste",
        "structure_id": PRACTICE,
        "structure": "Cabinet des Lilas",
    }
    assert refused["what"]["label"] == "Lecture : document"
    assert (refused["outcome"], refused["why"]["reasons"]) == ("refused", ["NOT_IN_CIRCLE"])
    assert (mine["yourself"], refused["yourself"], mine["outcome"]) == (True, False, "allowed")
    assert sorted(asked.rpc for asked in services.asked) == [
        "consent.ListEntries",
        "directory.BatchGetProfessionals",
        "directory.BatchGetStructures",
    ]


async def test_the_proof_is_streamed_as_it_is(gateway: Any, http: Any) -> None:
    programmed(gateway, BY_ID["export_journal"])

    answer = await sent(http, gateway, BY_ID["export_journal"])

    assert answer.content == b'{"entries":[]}'
    assert answer.headers["content-disposition"] == 'attachment; filename="journal.json"'


async def test_an_unknown_structure_or_professional_is_not_found(gateway: Any, http: Any, services: Any) -> None:
    services.answer("directory.BatchGetStructures", directory.BatchGetStructuresResponse())
    services.answer("directory.BatchGetProfessionals", directory.BatchGetProfessionalsResponse())

    structure = await http.get(f"/v1/structures/{OTHER}", headers=gateway.bearer())
    professional = await http.get(f"/v1/professionals/{OTHER}", headers=gateway.bearer())

    assert (structure.status_code, reason_of(structure)) == (404, "STRUCTURE_UNKNOWN")
    assert (professional.status_code, reason_of(professional)) == (404, "PROFESSIONAL_UNKNOWN")


async def test_a_name_that_the_directory_does_not_know_is_null(gateway: Any, http: Any, services: Any) -> None:
    programmed(gateway, BY_ID["list_blocks"])
    services.answer("directory.BatchGetProfessionals", directory.BatchGetProfessionalsResponse())

    (block,) = (await sent(http, gateway, BY_ID["list_blocks"])).json()["items"]

    assert (block["professional"]["id"], block["professional"]["name"]) == (NURSE, None)


async def test_an_emergency_says_from_where(gateway: Any, http: Any) -> None:
    programmed(gateway, BY_ID["list_emergency_accesses"])

    (access,) = (await sent(http, gateway, BY_ID["list_emergency_accesses"])).json()["items"]

    assert (access["professional"]["name"], access["place"]["role"]) == ("Maud Ferrandi", "généraliste")


async def test_a_large_circle_asks_for_names_in_batches_of_200(gateway: Any, http: Any, services: Any) -> None:
    ids = [f"0190f3c2-0000-7cc1-9d20-{number:012x}" for number in range(1000, 1450)]
    members = [consent.Member(member_id=id, professional_id=id) for id in ids]
    circle = consent.Circle(patient_id=PATIENT, members=members, version=1)
    services.answer("consent.GetCircle", consent.GetCircleResponse(circle=circle))
    services.answer("directory.BatchGetProfessionals", directory.BatchGetProfessionalsResponse())

    answer = await http.get(f"{RECORD}/circle", headers=gateway.bearer())

    asked = [one.request.professional_ids for one in services.asked if one.rpc == "directory.BatchGetProfessionals"]
    assert answer.status_code == 200
    assert sorted(len(batch) for batch in asked) == [50, 200, 200]
