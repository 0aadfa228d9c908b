"""What FHIR clients send: what is read of a Patient, and what is refused without asking anybody."""

import json
from copy import deepcopy
from typing import Any

import pytest
from terresante.identity.v1 import identity_service_pb2 as identity
from terresante_gateway.fhir import terms

from .fhir_calls import (
    BIRTH_PLACE,
    FHIR_JSON,
    INS,
    INS_SYSTEM,
    MATCH,
    PIX,
    ROOT,
    SENT_PATIENT,
    asking,
    fhir,
    known_as,
    outcome_of,
    parameters,
)
from .linkage_calls import ISSUER
from .things import PATIENT

CERTAIN = {"name": "onlyCertainMatches", "valueBoolean": True}


def changed(**elements: Any) -> dict[str, Any]:
    """The right Patient with other elements; None takes one away."""
    patient = deepcopy(SENT_PATIENT) | elements
    return {name: value for name, value in patient.items() if value is not None}


def official(**more: Any) -> dict[str, Any]:
    return {"use": "official", "family": "CARADEC", "given": ["SOLENE"], **more}


async def heard(http: Any, gateway: Any, patient: dict[str, Any]) -> Any:
    """What identity is asked for a Patient."""
    answer = await fhir(http, gateway, MATCH, json=asking(patient))
    assert answer.status_code == 200, answer.text
    return gateway.services.of(MATCH.rpc).request


async def test_without_the_list_the_given_names_are_it(gateway: Any, http: Any) -> None:
    asked = await heard(http, gateway, changed(name=[official(given=["SOLENE", None, "ANNE"])]))

    assert asked.traits.first_names == "SOLENE ANNE"


async def test_the_name_in_use_is_passed_over(gateway: Any, http: Any) -> None:
    asked = await heard(http, gateway, SENT_PATIENT)

    assert (asked.traits.used_name, asked.traits.used_first_name) == ("", "")


@pytest.mark.parametrize(
    ("gender", "sex"),
    [
        ("male", identity.SEX_MALE),
        ("female", identity.SEX_FEMALE),
        ("other", identity.SEX_UNKNOWN),
        ("unknown", identity.SEX_UNKNOWN),
        (None, identity.SEX_UNKNOWN),
    ],
)
async def test_sexes_are_those_of_the_rniv(gender: str | None, sex: int, gateway: Any, http: Any) -> None:
    assert (await heard(http, gateway, changed(gender=gender))).traits.sex == sex


@pytest.mark.parametrize(
    ("country", "told"), [("FRA", "FR"), ("prt", "PT"), ("PT", "PT"), ("GLP", "GP"), ("Portugal", "Portugal"), ("", "")]
)
async def test_a_country_has_two_letters_or_three(country: str, told: str, gateway: Any, http: Any) -> None:
    place = {"url": BIRTH_PLACE, "valueAddress": {"country": country}}

    traits = (await heard(http, gateway, changed(extension=[place]))).traits

    assert (traits.birth_country, traits.birth_postal_code, traits.birth_code) == (told, "", "")


def test_the_countries_are_those_that_identity_knows() -> None:
    from terresante_identity.domain.births import OVERSEAS
    from terresante_identity.gazetteer import gazetteer

    assert set(terms.THREE_LETTERS) == set(gazetteer().countries) | OVERSEAS | {"FR"}
    assert len(terms.TWO_LETTERS) == len(terms.THREE_LETTERS)


@pytest.mark.parametrize(
    "identifiers",
    [
        [],
        [{"use": "old", "system": INS_SYSTEM, "value": INS}],
        [{"system": f"urn:oid:{ISSUER}", "value": "0004711"}],
        [{"system": "https://hopital.example/ipp", "value": "0004711"}],
        [{"use": "official", "type": {"coding": [{"code": "NH"}]}, "system": INS_SYSTEM, "value": INS}],
    ],
    ids=["none", "an old INS", "a number of a hospital", "a number under a URL", "social security"],
)
async def test_only_an_ins_in_force_is_one(identifiers: list[Any], gateway: Any, http: Any) -> None:
    asked = await heard(http, gateway, changed(identifier=identifiers))

    assert (asked.ins_matricule, asked.ins_oid) == ("", "")


@pytest.mark.parametrize(
    ("more", "limit"),
    [
        ([], 10),
        ([{"name": "count", "valueInteger": 3}], 3),
        ([{"name": "count", "valueInteger": 10**30}], 10),
        ([{"name": "count", "valueInteger": 1}, CERTAIN], 10),
    ],
)
async def test_as_many_candidates_are_asked_for_as_the_answer_needs(
    more: list[Any], limit: int, gateway: Any, http: Any
) -> None:
    await fhir(http, gateway, MATCH, json=asking(None, *more))

    assert gateway.services.of(MATCH.rpc).request.limit == limit


@pytest.mark.parametrize(
    ("body", "element"),
    [
        ({}, "Parameters"),
        ([], "Parameters"),
        (None, "Parameters"),
        ({"resourceType": "Bundle"}, "Parameters.resourceType"),
        ({"resourceType": ["Parameters"]}, "Parameters.resourceType"),
        (SENT_PATIENT, "Parameters.resourceType"),
        (parameters(), "Parameters.parameter"),
        (parameters(CERTAIN), "Parameters.parameter"),
        (asking(SENT_PATIENT, asking()["parameter"][0]), "Parameters.parameter"),
        (asking({"resourceType": "Observation"}), "Parameters.parameter[0].resource.resourceType"),
        (asking({"id": "x"}), "Parameters.parameter[0].resource"),
        (parameters({"name": "resource"}), "Parameters.parameter[0]"),
        (parameters({"resource": SENT_PATIENT}), "Parameters.parameter[0]"),
        (parameters({"name": "resource", "valueString": "CARADEC"}), "Parameters.parameter[0]"),
        (asking(None, {"name": "CARADEC", "valueBoolean": True}), "Parameters.parameter[1].name"),
        (asking(None, {"name": "onlyCertainMatches", "valueBoolean": "true"}), "Parameters.parameter[1].valueBoolean"),
        (asking(None, {"name": "onlyCertainMatches", "valueString": "true"}), "Parameters.parameter[1]"),
        (asking(None, CERTAIN, CERTAIN), "Parameters.parameter"),
        (asking(None, {"name": "count", "valueInteger": 0}), "Parameters.parameter.where(name = 'count')"),
        (asking(None, {"name": "count", "valueInteger": 1.5}), "Parameters.parameter[1].valueInteger"),
        (asking() | {"implicitRules": "https://x.test"}, "Parameters.implicitRules"),
        (asking(changed(name=None)), "Parameters.parameter.where(name = 'resource').resource.name"),
        (asking(changed(name=[official(use="usual")])), "Parameters.parameter.where(name = 'resource').resource.name"),
        (asking(changed(name=[official()] * 2)), "Parameters.parameter.where(name = 'resource').resource.name"),
        (asking(changed(name="CARADEC")), "Parameters.parameter[0].resource.name"),
        (asking(changed(name=[official(family=["X"])])), "Parameters.parameter[0].resource.name[0].family"),
        (asking(changed(name=[official(family="X" * 301)])), "Parameters.parameter[0].resource.name[0].family"),
        (asking(changed(birthDate=19510314)), "Parameters.parameter[0].resource.birthDate"),
        (asking(changed(birthDate="1" * 33)), "Parameters.parameter[0].resource.birthDate"),
        (asking(changed(gender="CARADEC")), "Parameters.parameter[0].resource.gender"),
        (asking(changed(identifier=[{"system": INS_SYSTEM}])),
            "Parameters.parameter.where(name = 'resource').resource.identifier"),
        (asking(changed(identifier=[{"system": INS_SYSTEM, "value": v} for v in "12"])),
            "Parameters.parameter.where(name = 'resource').resource.identifier"),
        (asking(changed(identifier=[{}] * 51)), "Parameters.parameter[0].resource.identifier"),
        (asking(changed(modifierExtension=[{"url": "x"}])), "Parameters.parameter.where(name = 'resource').resource"),
    ],
)  # fmt: skip
async def test_what_is_no_question_is_refused_by_its_element(body: Any, element: str, gateway: Any, http: Any) -> None:
    answer = await fhir(http, gateway, MATCH, json=None, content=json.dumps(body).encode())

    assert (answer.status_code, outcome_of(answer)) == (400, ("FIELDS_INVALID", "invalid"))
    (issue,) = answer.json()["issue"]
    assert issue["expression"] == [element]
    assert "CARADEC" not in answer.text
    assert gateway.services.asked == []


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, "BODY_MISSING"),
        (b"{", 400, "JSON_INVALID"),
        (b"<Parameters/>", 400, "JSON_INVALID"),
        (b'{"resourceType": "Parameters", "resourceType": "Parameters"}', 400, "JSON_INVALID"),
        (b'{"a": "\\u0000"}', 400, "JSON_INVALID"),
        (b"[" * 100_000, 400, "JSON_INVALID"),
        (b'{"extension":[' * 40 + b"]}" * 40, 400, "JSON_INVALID"),
        (b" " * 300_000, 413, "BODY_TOO_LARGE"),
    ],
    ids=["nothing", "half", "XML", "a key twice", "NUL", "deep", "deep extensions", "huge"],
)
@pytest.mark.parametrize("right", [MATCH, PIX], ids=lambda right: right.operation)
async def test_what_is_not_strict_json_is_refused(
    right: Any, body: bytes, status: int, reason: str, gateway: Any, http: Any
) -> None:
    answer = await fhir(http, gateway, right, json=None, content=body)

    assert (answer.status_code, outcome_of(answer)[0]) == (status, reason)
    assert gateway.services.asked == []


@pytest.mark.parametrize("media", ["application/fhir+xml", "text/plain", "", f"{FHIR_JSON}; fhirVersion=5.0"])
async def test_another_media_type_is_415(media: str, gateway: Any, http: Any) -> None:
    answer = await fhir(http, gateway, MATCH, headers={"content-type": media})

    assert (answer.status_code, outcome_of(answer)) == (415, ("MEDIA_TYPE_UNSUPPORTED", "not-supported"))


async def test_a_body_that_stops_coming_is_408(gateway: Any) -> None:
    reader, writer = await gateway.raw()
    token = gateway.bearer("system")["authorization"]
    writer.write(
        f"POST {ROOT}/Patient/$match HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\n"
        f"content-type: {FHIR_JSON}\r\ncontent-length: 100\r\n\r\n{{".encode()
    )

    head = await reader.readuntil(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 408 ")
    writer.close()


@pytest.mark.parametrize(
    ("body", "request_"),
    [
        (known_as(f"URN:OID:{ISSUER}", "0004711"), {"issuer": ISSUER, "local_id": "0004711"}),
        (known_as(INS_SYSTEM, INS), {"ins_matricule": INS, "ins_oid": "1.2.250.1.213.1.4.10"}),
        (known_as(terms.URIS, f"urn:uuid:{PATIENT}"), {"person_id": PATIENT}),
    ],
)
async def test_an_identifier_is_a_number_an_ins_or_a_person(
    body: Any, request_: dict[str, str], gateway: Any, http: Any
) -> None:
    answer = await fhir(http, gateway, PIX, json=body)

    assert answer.status_code == 200
    asked = gateway.services.of(PIX.rpc).request
    assert {field.name: value for field, value in asked.ListFields()} == request_


@pytest.mark.parametrize(
    ("body", "status", "reason", "diagnostics"),
    [
        (known_as("https://hopital.example/ipp", "1"), 400, "FHIR_SOURCE_SYSTEM_UNKNOWN",
            "sourceIdentifier Assigning Authority not found"),
        (known_as("", "1"), 400, "FIELDS_INVALID", ""),
        (known_as(f"urn:oid:{ISSUER}", ""), 400, "FIELDS_INVALID", ""),
        (known_as(terms.URIS, "urn:uuid:CARADEC"), 400, "ID_INVALID", ""),
        (known_as(terms.URIS, "https://x.test"), 400, "FHIR_SOURCE_SYSTEM_UNKNOWN",
            "sourceIdentifier Assigning Authority not found"),
        (known_as(INS_SYSTEM, INS, type={"coding": [{"code": "NH"}]}), 400, "FHIR_SOURCE_SYSTEM_UNKNOWN",
            "sourceIdentifier Assigning Authority not found"),
        (known_as(f"urn:oid:{ISSUER}", "1", "https://hopital.example/ipp"), 403, "FHIR_TARGET_SYSTEM_UNKNOWN",
            "targetSystem not found"),
        (known_as(f"urn:oid:{ISSUER}", "1" * 129), 400, "FIELDS_INVALID", ""),
        (parameters(), 400, "FIELDS_INVALID", ""),
        (parameters({"name": "sourceIdentifier", "valueString": f"urn:oid:{ISSUER}|1"}), 400, "FIELDS_INVALID", ""),
        (parameters(*known_as("urn:oid:1.2", "1")["parameter"] * 2), 400, "FIELDS_INVALID", ""),
        (asking(), 400, "FIELDS_INVALID", ""),
    ],
)  # fmt: skip
async def test_what_names_nobody_is_refused_as_pixm_says(
    body: Any, status: int, reason: str, diagnostics: str, gateway: Any, http: Any
) -> None:
    answer = await fhir(http, gateway, PIX, json=body)

    assert (answer.status_code, outcome_of(answer)[0]) == (status, reason)
    assert not diagnostics or answer.json()["issue"][0]["diagnostics"] == diagnostics
    assert "CARADEC" not in answer.text
    assert gateway.services.asked == []


async def test_an_unknown_number_is_404_as_pixm_says(gateway: Any, http: Any) -> None:
    from terresante_identity.domain.sources import unknown_source

    answer = await fhir(http, gateway, PIX, reply=unknown_source())

    assert (answer.status_code, outcome_of(answer)) == (404, ("SOURCE_UNKNOWN", "not-found"))
    assert answer.json()["issue"][0]["diagnostics"] == "sourceIdentifier Patient Identifier not found"
