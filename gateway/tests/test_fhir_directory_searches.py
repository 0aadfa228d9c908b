"""Searches of the directory in FHIR: what reaches the directory for each parameter, and what is refused."""

from typing import Any
from urllib.parse import quote

import pytest
from terresante.directory.v1 import extract_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante_gateway.fhir.directory.resources import RESOURCES

from .fhir_calls import outcome_of
from .fhir_directory_calls import (
    EXTRACT,
    PARENT,
    asked,
)
from .things import DOCTOR, OTHER, PRACTICE, THING, at

NOS = "https://mos.esante.gouv.fr/NOS"
ACTIVITIES = f"{NOS}/TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle"
COMMUNES = f"{NOS}/TRE_R13-Commune/FHIR/TRE-R13-Commune"
CRETEIL = ror.Position(latitude=48.79, longitude=2.45)


@pytest.mark.parametrize(
    ("path", "filter"),
    [
        (f"HealthcareService?_id={THING},{OTHER}", {"ids": [THING, OTHER]}),
        (f"HealthcareService?_id={THING}&location=Location/{THING}", {"ids": [THING]}),
        (f"HealthcareService?_id={THING}&location={OTHER}", {"ids": ["00000000-0000-0000-0000-000000000000"]}),
        (f"HealthcareService?identifier=urn:ietf:rfc:3986|urn:uuid:{THING}", {"ids": [THING]}),
        (f"HealthcareService?specialty={ACTIVITIES}|005,481", {"activities": ["005", "481"]}),
        (f"HealthcareService?service-category={NOS}/TRE_R244-CategorieOrganisation/FHIR/TRE-R244-CategorieOrganisation|50"
         "&service-type=01&characteristic=28", {"types": ["50"], "fields": ["01"], "care_modes": ["28"]}),
        ("HealthcareService?age-range-low=le35|https://unitsofmeasure.org|a&age-range-high=ge35",
         {"age_low_most": 420, "age_high_least": 420}),
        ("HealthcareService?age-range-low=gt6|x|mo&age-range-high=lt3", {"age_low_least": 7, "age_high_most": 35}),
        ("HealthcareService?age-range-low=18", {"age_low_least": 216, "age_low_most": 216}),
        ("HealthcareService?age-range-low=ge3&age-range-low=ge1&age-range-low=lt9&age-range-low=lt10",
         {"age_low_least": 36, "age_low_most": 107}),
        (f"HealthcareService?intervention-zone={COMMUNES}|94028", {"intervention_communes": ["94028"]}),
        (f"HealthcareService?organization=Organization/{PRACTICE}", {"structure_ids": [PRACTICE]}),
        ("HealthcareService?location.near-insee-code=94028|15|km",
         {"near_commune_code": "94028", "within_metres": 15000}),
        ("HealthcareService?location.address-postalcode=94", {"postal_code": "94"}),
        ("HealthcareService?name=m%C3%A9moire", {"name": "mémoire"}),
        ("HealthcareService?active=true", {}),
        ("HealthcareService?active=false", {"with_closed": True, "only_closed": True}),
        ("HealthcareService?active=true,false", {"with_closed": True}),
        ("HealthcareService?notavailable-closing-reopeningdate=ge2026-03-01",
         {"with_closed": True, "only_closed": True, "closed_from": at("2026-03-01T00:00:00Z")}),
        ("Organization?closing-type=DEF,PRO&period-end=ge2026-03-01&period-end=lt2026-04",
         {"with_closed": True, "only_closed": True, "closing_kinds": ["DEF", "PRO"],
          "closed_from": at("2026-03-01T00:00:00Z"), "closed_before": at("2026-04-01T00:00:00Z")}),
        (f"HealthcareService?_tag={NOS}/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM|11", {}),
        ("HealthcareService?_tag=urn:terresante:territories|94-ouest", {"territory_codes": ["94-ouest"]}),
        ("HealthcareService?_lastUpdated=ge2026-03-02T08:15:00.25Z", {"changed_from": at()}),
        ("HealthcareService?_lastUpdated=gt2026-03-01&_lastUpdated=lt2026-03-03",
         {"changed_from": at("2026-03-02T00:00:00Z"), "changed_before": at("2026-03-03T00:00:00Z")}),
        ("HealthcareService?_lastUpdated=2026-12",
         {"changed_from": at("2026-12-01T00:00:00Z"), "changed_before": at("2027-01-01T00:00:00Z")}),
        ("HealthcareService?_lastUpdated=le2026",
         {"changed_before": at("2027-01-01T00:00:00Z")}),
        ("Location?near=48.79|2.45|2|km", {"near": CRETEIL, "within_metres": 2000}),
        ("Location?near=48.79|2.45", {"near": CRETEIL, "within_metres": 20000}),
        ("Location?near-insee-code=94028|500|m", {"near_commune_code": "94028", "within_metres": 500}),
        (f"Location?commune-cog={COMMUNES}|94028&address-city=Cr&address-postalcode=940",
         {"commune_codes": ["94028"], "commune": "Cr", "postal_code": "940"}),
        (f"Location?status=inactive&organization={PRACTICE}",
         {"with_closed": True, "only_closed": True, "structure_ids": [PRACTICE]}),
        ("Organization?identifier=https://finess.esante.gouv.fr|940000014", {"finess": ["940000014"]}),
        ("Organization?identifier=940000014", {"finess": ["940000014"], "siren": ["940000014"]}),
        ("Organization?identifier=https://sirene.fr|73282932000074", {"siret": ["73282932000074"]}),
        ("Organization?identifier=urn:oid:1.2.250.1.71.4.2.2|1940000014,urn:oid:1.2.250.1.71.4.2.2|2732829320",
         {"finess": ["940000014"], "siren": ["732829320"]}),
        (f"Organization?identifier=urn:uuid:{PRACTICE}&partof={PARENT}",
         {"ids": [PRACTICE], "structure_ids": [PARENT]}),
        ("Organization?type=LEGAL-ENTITY,urn:terresante:structure-levels|OI",
         {"levels": [ror.STRUCTURE_LEVEL_LEGAL_ENTITY, ror.STRUCTURE_LEVEL_INTERNAL]}),
        ("Practitioner?identifier=https://rpps.esante.gouv.fr|10003456785", {"rpps": ["10003456785"]}),
        ("Practitioner?identifier=urn:oid:1.2.250.1.71.4.2.1|810003456785", {"rpps": ["10003456785"]}),
        ("Practitioner?identifier=810003456785", {"rpps": ["10003456785"]}),
        ("Practitioner?family=Le&given=An&name=le%20an&qualification-code=10",
         {"family_name": "Le", "given_name": "An", "name": "le an", "professions": ["10"]}),
        (f"PractitionerRole?practitioner=Practitioner/{DOCTOR}&organization={PRACTICE}&active=true",
         {"professional_ids": [DOCTOR], "structure_ids": [PRACTICE]}),
    ],
)  # fmt: skip
async def test_each_parameter_reaches_the_directory_as_it_means(
    path: str, filter: dict[str, Any], gateway: Any, http: Any
) -> None:
    answer = await asked(http, gateway, path)

    assert answer.status_code == 200, answer.text
    assert gateway.services.of(EXTRACT).request.filter == pb.ExtractFilter(**filter)


async def test_a_filter_is_read_into_the_ways_to_fit(gateway: Any, http: Any) -> None:
    wanted = (
        "(((service-category eq 102) or (specialty eq "
        f"{ACTIVITIES}|233)) and (age-range-low le 35|https://unitsofmeasure.org|a and age-range-high ge 35))"
    )
    answer = await asked(http, gateway, f"HealthcareService?active=true&_filter={quote(wanted)}")

    assert answer.status_code == 200, answer.text
    ages = {"age_low_most": 420, "age_high_least": 420}
    assert list(gateway.services.of(EXTRACT).request.either) == [
        pb.ExtractFilter(types=["102"], **ages),
        pb.ExtractFilter(activities=["233"], **ages),
    ]


@pytest.mark.parametrize(
    ("filter", "ways"),
    [
        ('name eq "le port"', [{"name": "le port"}]),
        ('name sw "a,b" and type eq LEGAL-ENTITY', [{"name": "a,b", "levels": [1]}]),
        ("_lastUpdated ge 2026-03-01 and _lastUpdated lt 2026-03-02",
         [{"changed_from": at("2026-03-01T00:00:00Z"), "changed_before": at("2026-03-02T00:00:00Z")}]),
        ("(name eq a or name eq b) and (type eq LEGAL-ENTITY or type eq GEOGRAPHICAL-ENTITY)",
         [{"name": name, "levels": [level]} for name in "ab" for level in (1, 2)]),
    ],
)  # fmt: skip
async def test_what_a_filter_may_say(filter: str, ways: list[dict[str, Any]], gateway: Any, http: Any) -> None:
    answer = await asked(http, gateway, f"Organization?_filter={quote(filter)}")

    assert answer.status_code == 200, answer.text
    assert list(gateway.services.of(EXTRACT).request.either) == [pb.ExtractFilter(**way) for way in ways]


@pytest.mark.parametrize(
    "filter",
    [
        "(" * 9 + "name eq a" + ")" * 9,
        " and ".join(["(name eq a or type eq LEGAL-ENTITY)"] * 5),
        "name eq",
        "name eq a name eq b",
        "name eq a)",
        'name eq "a',
        "name eq a and name eq b",
        "active eq false",
        "closing-type eq DEF",
    ],
)
async def test_a_filter_that_cannot_be_read_or_has_too_many_ways_is_refused(
    filter: str, gateway: Any, http: Any
) -> None:
    answer = await asked(http, gateway, f"Organization?_filter={quote(filter)}")

    assert (answer.status_code, outcome_of(answer)) == (400, ("FIELDS_INVALID", "invalid"))
    assert gateway.services.asked == []


@pytest.mark.parametrize("type", RESOURCES)
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("_count=0", "_count"),
        ("_count=201", "_count"),
        ("_count=1e2", "_count"),
        ("_count=%C2%B2", "_count"),
        ("_total=maybe", "_total"),
        ("_sort=name", "_sort"),
        ("_summary=true", "_summary"),
        ("_elements=name", "_elements"),
        ("_filter=(name%20eq%20x", "_filter"),
        ("_filter=colour%20eq%20x", "colour"),
        ("_filter=identifier%20gt%20x", "identifier"),
        ("_filter=_id%20eq%20a%20and%20_id%20eq%20b%20or%20_id%20eq%20c", "_filter"),
        ("_filter=not%20(_id%20eq%20a)", "_filter"),
        ("_has:PractitionerRole:service:active=true", "_has:PractitionerRole:service:active"),
        ("_content=x", "_content"),
        ("name:exact=Port", "name:exact"),
        ("_format=xml", "_format"),
        ("_id=CARADEC", "_id"),
        ("_id=", "_id"),
        ("_id=a&_id=b", "_id"),
        ("_tag=https://example.org|11", "_tag"),
        ("_tag=12", "_tag"),
        ("_lastUpdated=hier", "_lastUpdated"),
        ("_lastUpdated=2026-13-01", "_lastUpdated"),
        ("_lastUpdated=2026-03-01T08:00:00", "_lastUpdated"),
        ("_lastUpdated=ap2026", "_lastUpdated"),
        ("identifier=https://example.org|1", "identifier"),
        ("_include=Patient:organization", "_include"),
        ("_revinclude=Organization:partof", "_revinclude"),
        ("%3Cscript%3E=1", "?"),
        ("_id=%00", "_id"),
    ],
)  # fmt: skip
async def test_what_is_not_searched_by_is_refused_and_named(
    type: str, query: str, told: str, gateway: Any, http: Any
) -> None:
    answer = await asked(http, gateway, f"{type}?{query}")

    assert (answer.status_code, outcome_of(answer)) == (400, ("FIELDS_INVALID", "invalid"))
    assert f"« {told} »" in answer.json()["issue"][0]["details"]["text"]
    assert "CARADEC" not in answer.text and "<script>" not in answer.text
    assert gateway.services.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "HealthcareService?age-range-low=young",
        "HealthcareService?age-range-low=35|x|wk",
        "HealthcareService?age-range-low=ne35",
        "HealthcareService?characteristic=https://example.org|28",
        "HealthcareService?active=maybe",
        "HealthcareService?specialty=,",
        "HealthcareService?organization=Patient/1",
        "Location?near=48.79",
        "Location?near=91|2|1|km",
        "Location?near=nan|2|1|km",
        "Location?near=48|2|1|mi",
        "Location?near=48|2|201|km",
        "Location?near-insee-code=940|1|km",
        "Location?near-insee-code=94028|one|km",
        "Organization?type=CABINET",
        "Organization?closing-type=DEF&active=true",
        "Organization?closing-type=https://example.org|DEF",
        "Organization?identifier=urn:oid:1.2.250.1.71.4.2.2|9123",
        f"Organization?identifier=urn:uuid:{PRACTICE},940000014",
        "Practitioner?identifier=urn:oid:1.2.250.1.71.4.2.1|010003456785",
        "Practitioner?active=true",
        "Practitioner?_tag=urn:terresante:territories|94-ouest",
        "Practitioner?name=" + "x" * 101,
        "PractitionerRole?service=x",
    ],
)  # fmt: skip
async def test_a_value_that_means_nothing_is_refused(path: str, gateway: Any, http: Any) -> None:
    answer = await asked(http, gateway, path)

    assert (answer.status_code, outcome_of(answer)) == (400, ("FIELDS_INVALID", "invalid")), path
    assert gateway.services.asked == []


async def test_no_query_of_a_search_is_in_a_span(gateway: Any, http: Any, spans: Any) -> None:
    await asked(http, gateway, "Practitioner?family=CARADEC")

    assert "CARADEC" not in "".join(span.to_json() for span in spans())
