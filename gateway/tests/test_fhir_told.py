"""What FHIR clients are told of a person: Patient as FR Core 2.2.0 has it."""

from typing import Any

import pytest
from terresante.identity.v1 import identity_service_pb2 as identity
from terresante_gateway.fhir import told

from .fhir_calls import BIRTH_PLACE, CORE, INS, INS_SYSTEM, READ, fhir
from .things import OTHER, PATIENT, PERSON

PLAIN = f"{CORE}/fr-core-patient|2.2.0"
WITH_INS = f"{CORE}/fr-core-patient-ins|2.2.0"
STATUSES = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445"
COMMUNES = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"
RRI = {
    "use": "secondary",
    "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "RRI"}]},
    "system": "urn:ietf:rfc:3986",
    "value": f"urn:uuid:{PATIENT}",
}


def person(traits: dict[str, Any] | None = None, **changed: Any) -> identity.Person:
    """The story's person, who is qualified and whose commune is known, with changes."""
    made = identity.Person()
    made.CopyFrom(PERSON)
    made.traits.birth_place_codes.append("94028")
    for name, value in changed.items():
        made.ClearField(name)
        made.MergeFrom(identity.Person(**{name: value}))
    for name, value in (traits or {}).items():
        made.traits.ClearField(name)
        made.traits.MergeFrom(identity.Traits(**{name: value}))
    return made


def statuses(patient: dict[str, Any]) -> list[str]:
    """The codes of all identityReliability extensions."""
    return [
        one["extension"][0]["valueCoding"]["code"]
        for one in patient["extension"]
        if one["url"] == f"{CORE}/fr-core-identity-reliability"
    ]


def place(patient: dict[str, Any]) -> Any:
    """The place of birth."""
    return next((one["valueAddress"] for one in patient["extension"] if one["url"] == BIRTH_PLACE), None)


def ins(patient: dict[str, Any]) -> list[Any]:
    """The INS of a Patient."""
    return [one for one in patient["identifier"] if one["system"] == INS_SYSTEM]


async def test_a_qualified_person_is_told_as_fr_core_patient_ins(gateway: Any, http: Any) -> None:
    answer = await fhir(http, gateway, READ, reply=identity.BatchGetPersonsResponse(persons=[person(flags=[])]))

    assert answer.json() == {
        "resourceType": "Patient",
        "id": PATIENT,
        "meta": {"versionId": "4", "profile": [WITH_INS]},
        "extension": [
            {
                "url": f"{CORE}/fr-core-identity-reliability",
                "extension": [{"url": "identityStatus", "valueCoding": {"system": STATUSES, "code": "VALI"}}],
            },
            {
                "url": BIRTH_PLACE,
                "valueAddress": {
                    "extension": [
                        {
                            "url": f"{CORE}/fr-core-address-insee-code",
                            "valueCoding": {"system": COMMUNES, "code": "94028"},
                        }
                    ],
                    "postalCode": "94000",
                    "country": "FRA",
                },
            },
        ],
        "identifier": [
            {
                "use": "official",
                "type": {
                    "coding": [
                        {"system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203", "code": "INS-NIR-TEST"}
                    ]
                },
                "system": INS_SYSTEM,
                "value": INS,
            },
            RRI,
        ],
        "active": True,
        "name": [
            {
                "use": "official",
                "family": "CARADEC",
                "given": ["SOLENE"],
                "extension": [{"url": f"{CORE}/fr-core-patient-birth-list-given-name", "valueString": "SOLENE"}],
            }
        ],
        "gender": "female",
        "birthDate": "1951-03",
    }


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (identity.IDENTITY_STATUS_PROVISIONAL, "PROV"),
        (identity.IDENTITY_STATUS_RETRIEVED, "PROV"),
        (identity.IDENTITY_STATUS_VALIDATED, "VALI"),
    ],
)
def test_only_a_qualified_identity_goes_with_its_ins(status: Any, code: str) -> None:
    """R-ID6, EXI SI 08. VALI without INS would break fr-core-1 of fr-core-patient-ins: it is a plain one."""
    patient = told.patient(person(status=status, flags=[]))

    assert patient["meta"]["profile"] == [PLAIN]
    assert statuses(patient) == [code]
    assert ins(patient) == []
    assert [one["use"] for one in patient["identifier"]] == ["secondary"]


@pytest.mark.parametrize(
    "changed",
    [
        {"ins_matricule": ""},
        {"ins_oid": "1.2.250.1.213.1.4.2"},
        {"traits": {"birth_place_codes": []}},
        {"traits": {"birth_place_codes": ["94028", "94046"]}},
        {"traits": {"sex": identity.SEX_UNKNOWN}},
        {"merged_into": OTHER},
    ],
)
def test_what_fr_core_patient_ins_cannot_say_is_said_without_an_ins(changed: dict[str, Any]) -> None:
    patient = told.patient(person(**changed))

    assert patient["meta"]["profile"] == [PLAIN]
    assert ins(patient) == []


def test_each_attribute_is_a_reliability_of_its_own() -> None:
    flags = [identity.IDENTITY_FLAG_HOMONYM, identity.IDENTITY_FLAG_DOUBTFUL, identity.IDENTITY_FLAG_FICTITIOUS]

    patient = told.patient(person(status=identity.IDENTITY_STATUS_PROVISIONAL, flags=flags))

    assert statuses(patient) == ["PROV", "HOMD", "DOUT", "FICT"]


def test_somebody_absorbed_leads_to_who_stays() -> None:
    patient = told.patient(person(merged_into=OTHER))

    assert patient["active"] is False
    assert patient["link"] == [{"other": {"reference": f"Patient/{OTHER}"}, "type": "replaced-by"}]
    assert "link" not in told.patient(person())


def test_who_stays_leads_to_those_absorbed() -> None:
    patient = told.patient(person(absorbed_ids=[OTHER]))

    assert patient["active"] is True
    assert patient["link"] == [{"other": {"reference": f"Patient/{OTHER}"}, "type": "replaces"}]


@pytest.mark.parametrize(
    ("date", "text"),
    [((1951, 3, 14), "1951-03-14"), ((1951, 3, 0), "1951-03"), ((1951, 0, 0), "1951"), ((1951, 0, 14), "1951")],
)
def test_an_unknown_part_of_a_date_is_left_out(date: tuple[int, int, int], text: str) -> None:
    year, month, day = date

    made = told.patient(person({"birth_date": identity.BirthDate(year=year, month=month, day=day)}))

    assert made["birthDate"] == text


@pytest.mark.parametrize(
    ("sex", "gender"),
    [(identity.SEX_MALE, "male"), (identity.SEX_UNKNOWN, "unknown"), (identity.SEX_UNSPECIFIED, "unknown")],
)
def test_an_unknown_sex_is_unknown(sex: Any, gender: str) -> None:
    assert told.patient(person({"sex": sex}))["gender"] == gender


def test_all_first_names_and_the_name_in_use_are_told_as_far_as_they_are_known() -> None:
    patient = told.patient(person({"given_names": "SOLENE ANNE", "used_name": "LE GOFF"}))

    born, used = patient["name"]
    assert (born["given"], born["extension"][0]["valueString"]) == (["SOLENE"], "SOLENE ANNE")
    assert used == {"use": "usual", "family": "LE GOFF"}
    assert told.patient(person({"used_first_name": "SOLY"}))["name"][1] == {"use": "usual", "given": ["SOLY"]}


@pytest.mark.parametrize(
    ("traits", "told_place"),
    [
        (
            {"birth_country": "PT", "birth_postal_code": "", "birth_place_codes": ["99139"]},
            {
                "extension": [
                    {
                        "url": f"{CORE}/fr-core-address-insee-code",
                        "valueCoding": {"system": COMMUNES, "code": "99139"},
                    }
                ],
                "country": "PRT",
            },
        ),
        ({"birth_place_codes": ["94028", "94046"]}, {"postalCode": "94000", "country": "FRA"}),
        ({"birth_country": "ZZ", "birth_postal_code": "", "birth_place_codes": []}, None),
    ],
)
def test_a_place_of_birth_is_told_as_far_as_it_is_known(traits: dict[str, Any], told_place: Any) -> None:
    assert place(told.patient(person(traits))) == told_place
