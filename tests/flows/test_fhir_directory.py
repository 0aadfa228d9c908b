"""The directory in FHIR through the gateway, by real logins: a hospital's software extracts offers and who provides them.

Each test goes on from where the one before left things; they are one telling.
"""

import json
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from terresante_dev.portal import Answer, Person
from terresante_dev.recording.directory import HOSPITAL, OFFERS, SHEETS
from terresante_dev.recording.vigilance import registered_feeder
from terresante_dev.story import STEPS, Stage
from terresante_dev.story.stage import done, now

pytestmark = pytest.mark.timeout(300)
FHIR = "/fhir/R4"
EXTRACTION = (
    "_include=HealthcareService:organization&_include:iterate=Organization:partof&_include=HealthcareService:location"
    "&_revinclude=PractitionerRole:service&_include=PractitionerRole:practitioner"
)


class Region:
    """An administrator who enrols, a doctor who practises, a hospital's software that reads."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self.stage = Stage(stack, secrets.randbelow(10**9))
        for step in STEPS[:1]:
            step.play(self.stage)
        self.admin, self.gp = self.stage.who("admin"), self.stage.who("gp")
        self.software = registered_feeder(self.stage)
        self.began = now()
        self.word = f"ror{self.stage.seed}"
        entity = self.enrol(name=f"Groupe {self.word}", level="legal_entity")
        self.site = self.enrol(name=f"Site {self.word}", part_of=entity)
        telecoms = [
            {"channel": "2", "value": "01 00 00 00 02", "confidentiality": level, "label": str(level)}
            for level in (1, 2, 3)
        ]
        self.open = self.offer(f"Consultation {self.word}", telecoms=telecoms)
        self.sensitive = self.offer(f"Unité {self.word}", sensitive=True)

    def enrol(self, **changes: Any) -> str:
        return str(done(self.admin.post(SHEETS, {"content": HOSPITAL | changes}), 201)["id"])

    def offer(self, name: str, **changes: Any) -> str:
        codes = {"field": "01", "activity": "099", "care_modes": ["28"]}
        content = {"structure_id": self.site, "name": name} | codes | changes
        return str(done(self.admin.post(OFFERS, {"content": content}), 201)["id"])

    def found(self, who: Person, query: str) -> dict[str, list[dict[str, Any]]]:
        """The resources of a page, by type."""
        told: dict[str, list[dict[str, Any]]] = {}
        for entry in done(who.get(f"{FHIR}/{query}")).get("entry", []):
            told.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
        return told


@pytest.fixture(scope="module")
def region(stack: dict[str, Any]) -> Iterator[Region]:
    yield Region(stack)


def levels(service: dict[str, Any]) -> list[str]:
    """The levels of confidentiality of an offer's contacts."""
    contacts = [one for one in service["extension"] if one["url"].endswith("/ror-healthcareservice-contact")]
    return [one["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] for one in contacts]


def refused(answer: Answer, status: int, reason: str) -> None:
    (issue,) = answer.body["issue"]
    assert (answer.status, issue["details"]["coding"][0]["code"]) == (status, reason), answer.body


def test_software_extracts_an_offer_with_all_that_provides_it(region: Region) -> None:
    told = region.found(region.software, f"HealthcareService?name={region.word}&{EXTRACTION}")

    (service,) = told["HealthcareService"]
    assert (service["id"], service["active"]) == (region.open, True)
    assert {one["name"] for one in told["Organization"]} == {f"Groupe {region.word}", f"Site {region.word}"}
    assert [one["id"] for one in told["Location"]] == [region.open]
    assert told["Location"][0]["address"]["city"] == HOSPITAL["commune"]


def test_each_reader_gets_the_contacts_of_their_level_and_the_sensitive_offers_they_may_see(region: Region) -> None:
    def seen(who: Person) -> tuple[list[str], set[str]]:
        services = region.found(who, f"HealthcareService?organization={region.site}")["HealthcareService"]
        known = next(one for one in services if one["id"] == region.open)
        return levels(known), {one["id"] for one in services}

    assert seen(region.software) == (["1"], {region.open})
    assert seen(region.gp) == (["1", "2"], {region.open, region.sensitive})
    assert seen(region.admin) == (["1", "2", "3"], {region.open, region.sensitive})
    refused(region.software.get(f"{FHIR}/Location/{region.sensitive}"), 404, "FHIR_RESOURCE_UNKNOWN")


def test_who_practises_somewhere_is_found_from_there_and_from_themselves(region: Region) -> None:
    told = region.found(
        region.software,
        f"Practitioner?_id={region.gp.uid}&_revinclude=PractitionerRole:practitioner"
        "&_include=PractitionerRole:organization",
    )

    (role, *_) = told["PractitionerRole"]
    assert role["practitioner"] == {"reference": f"Practitioner/{region.gp.uid}"}
    assert role["organization"]["reference"] in {f"Organization/{one['id']}" for one in told["Organization"]}


def test_pages_are_followed_to_the_end_and_their_total_is_exact(region: Region) -> None:
    path = f"{FHIR}/Organization?name={region.word}&_count=1"
    ids = []
    while path:
        bundle = done(region.gp.get(path))
        assert bundle["total"] == 2
        ids += [one["resource"]["id"] for one in bundle["entry"]]
        following = [urlsplit(one["url"]) for one in bundle["link"] if one["relation"] == "next"]
        path = f"{FHIR}/Organization?{following[0].query}" if following else ""

    assert len(ids) == len(set(ids)) == 2


def test_a_closed_offer_is_told_only_if_asked_for(region: Region) -> None:
    offer = f"{OFFERS}/{region.open}"
    kind = {"closing_kind": "DEF", "why": "Fin"}
    done(region.admin.call("POST", f"{offer}/closing", kind, if_match=region.admin.get(offer).etag))

    assert region.found(region.software, f"HealthcareService?_id={region.open}") == {}
    (closed,) = region.found(region.software, f"HealthcareService?_id={region.open}&active=false")["HealthcareService"]
    assert (closed["active"], closed["notAvailable"][0]["id"]) == (False, "closingReopeningDate")
    refused(region.software.get(f"{FHIR}/HealthcareService/{region.open}"), 404, "FHIR_RESOURCE_UNKNOWN")


def exported(region: Region, since: str) -> set[str]:
    """Ids of the offers in an export of what changed since then."""
    query = (
        f"_type=HealthcareService&_since={quote(since)}"
        "&_typeFilter=HealthcareService%3Factive%3Dtrue,false"
    )  # fmt: skip
    begun = region.software.call("GET", f"{FHIR}/$export?{query}", prefer="respond-async")
    assert begun.status == 202, begun.body
    status = urlsplit(begun.headers["content-location"])
    (file,) = done(region.software.get(f"{FHIR}/$export-status?{status.query}"))["output"]

    answer = region.software.get(f"{FHIR}/$export-file?{urlsplit(file['url']).query}")

    assert answer.headers["content-type"] == "application/fhir+ndjson"
    return {json.loads(line)["id"] for line in answer.content.splitlines()}


def test_an_export_since_then_has_what_changed_closed_ones_included(region: Region) -> None:
    ids = exported(region, region.began)

    assert region.open in ids
    assert region.sensitive not in ids
    assert region.open not in exported(region, now())


def test_nobody_extracts_without_a_login(region: Region) -> None:
    refused(region.stage.gateway.call("GET", f"{FHIR}/Organization"), 401, "LOGIN_REQUIRED")


def test_what_is_not_searched_by_is_refused(region: Region) -> None:
    refused(region.gp.get(f"{FHIR}/Organization?_elements=name"), 400, "FIELDS_INVALID")
